package storm

import (
	"context"
	"errors"
	"maps"
	"strings"
)

// collectMails notes what is in the mailbox, which keeps the last ten thousand emails only, and returns the Message-ID of each that ever
// came. The mailbox reads each by emersion's go-message; one that this library cannot read, or that has no subject or text, is noted.
func (s *System) collectMails() map[int]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, message := range s.Stack.Mailbox.Messages() {
		if message.Problem != "" || message.Subject == "" || message.Text == "" {
			s.unreadable[message.MessageID] = message.Problem
		}
		s.arrived[message.ID] = message.MessageID
		s.noteLinks(message.Text)
	}
	return maps.Clone(s.arrived)
}

// checkMails checks promise 12: each email that the books have as sent is in the mailbox, none was given up that the server did not refuse
// for good, and none is queued. It returns how many there are, and how many came more than once, which a lost acknowledgement or a death
// between sending and recording allows.
func (s *System) checkMails(ctx context.Context) (sent, doubled int, err error) {
	arrived := map[string]int{}
	for _, id := range s.collectMails() {
		arrived[id]++
		if arrived[id] == 2 {
			doubled++
		}
	}
	for id, why := range s.unreadableMails() {
		s.violated("email %s cannot be read by go-message, or has no subject or text: %s", id, why)
	}
	rows, err := s.Root.QueryContext(ctx, "SELECT id, kind, status, message_id FROM emails")
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	var refused int64
	for rows.Next() {
		var id uint64
		var kind, status, message string
		if err := rows.Scan(&id, &kind, &status, &message); err != nil {
			return 0, 0, err
		}
		switch status {
		case "sent":
			sent++
			if arrived[strings.Trim(message, "<>")] == 0 {
				s.violated("promise 12: email %d (%s) is recorded as sent and did not arrive", id, kind)
			}
		case "queued":
			s.violated("promise 12: email %d (%s) is still queued", id, kind)
		default:
			refused++
		}
	}
	if most := s.refusedMails.Load(); refused > most {
		s.violated("promise 12: %d emails were given up, and the server refused %d for good", refused, most)
	}
	return sent, doubled, rows.Err()
}

func (s *System) unreadableMails() map[string]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.unreadable)
}

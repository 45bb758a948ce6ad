package testkit

import (
	"strings"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/mailbox"
)

// Mails returns the emails about a booking that the mail server accepted, oldest first.
func (s *Stack) Mails(reference string) []mailbox.Message {
	var mails []mailbox.Message
	for _, message := range s.Mailbox.Messages() {
		if strings.Contains(message.Subject+message.Text, reference) {
			mails = append(mails, message)
		}
	}
	return mails
}

// MailCount counts a booking's emails of one kind that are recorded as sent. It waits for those of the kind that are still queued: the
// row that a test has waited for is often written in the transaction that queues its email.
func (s *Stack) MailCount(reference, kind string) int {
	s.T.Helper()
	return s.countSent("booking_id = (SELECT id FROM bookings WHERE reference = ?) AND kind = ?", reference, kind)
}

// FinanceMailCount counts the emails of one kind to finance that are recorded as sent, and waits for queued ones as MailCount does.
func (s *Stack) FinanceMailCount(kind string) int {
	s.T.Helper()
	return s.countSent("audience = 'finance' AND kind = ?", kind)
}

func (s *Stack) countSent(where string, args ...any) int {
	s.T.Helper()
	s.Eventually(func() bool {
		return s.DB.Count(s.T, "SELECT COUNT(*) FROM emails WHERE status = 'queued' AND "+where, args...) == 0
	}, "an email stays queued; logs:\n%s", s.Logs)
	return s.DB.Count(s.T, "SELECT COUNT(*) FROM emails WHERE status = 'sent' AND "+where, args...)
}

// RequireMails requires exactly these kinds of email, each once: in the books and in the mailbox.
func (s *Stack) RequireMails(reference string, kinds ...string) {
	s.T.Helper()
	for _, kind := range kinds {
		require.Equal(s.T, 1, s.MailCount(reference, kind), "emails of kind %s", kind)
	}
	subjects := []string{} // a whole email says too much
	for _, mail := range s.Mails(reference) {
		subjects = append(subjects, mail.Subject)
	}
	require.Len(s.T, subjects, len(kinds), "emails in the mailbox")
}

// RefuseMails has the mail server answer the next emails with an SMTP code, that many times.
func (s *Stack) RefuseMails(code, times int) {
	s.T.Helper()
	require.NoError(s.T, s.Mailbox.Script(mailbox.Fault{Stage: mailbox.StageRcpt, Code: code, Text: "not now", Times: times}))
}

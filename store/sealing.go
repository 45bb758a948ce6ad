package store

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"gorm.io/gorm"

	"farebook/notice"
)

// SealingAllowance is how old the oldest transaction without a seal may become: three runs of the hourly schedule.
const SealingAllowance = 3 * time.Hour

// Sealing is how far the ledger is sealed. Its zero value is that of a ledger without a transaction.
type Sealing struct {
	LastSeal uint64    // number of the newest seal; 0 before the first
	SealedAt time.Time // of that seal; zero before the first
	Oldest   uint64    // the oldest transaction without a seal; 0 when every transaction is sealed
	PostedAt time.Time // of that transaction
	Now      time.Time // when this was read
}

// Overdue reports whether sealing has stopped.
func (s Sealing) Overdue() bool { return s.Oldest != 0 && s.Now.Sub(s.PostedAt) > SealingAllowance }

// Reason says what is overdue, for an operator; it is empty when nothing is. The text is the same until a further seal is made.
func (s Sealing) Reason() string {
	if !s.Overdue() {
		return ""
	}
	last := "no seal was ever made"
	if s.LastSeal != 0 {
		last = fmt.Sprintf("the last seal, %d, was made on %s", s.LastSeal, s.SealedAt.UTC().Format(time.RFC3339))
	}
	return fmt.Sprintf("sealing of the ledger has stopped: %s, and transaction %d of %s is not sealed", last, s.Oldest,
		s.PostedAt.UTC().Format(time.RFC3339))
}

// Sealing reads how far the ledger is sealed: one row of ledger_seals and one of financial_ledger, both by primary key, whatever the size
// of the ledger.
func (s *Store) Sealing(ctx context.Context) (Sealing, error) {
	found := Sealing{Now: s.Now()}
	last, err := s.LastSeal(ctx)
	if err != nil {
		return Sealing{}, err
	}
	found.LastSeal, found.SealedAt = last.Number, last.SealedAt
	var oldest struct {
		ID       uint64
		PostedAt time.Time
	}
	err = s.db.WithContext(ctx).Raw("SELECT id, posted_at FROM financial_ledger WHERE id > ? ORDER BY id LIMIT 1", last.ToID).
		Scan(&oldest).Error
	found.Oldest, found.PostedAt = oldest.ID, oldest.PostedAt
	return found, err
}

// sealingOwner has one email and one matter for each time that sealing stopped, which the last seal identifies.
func (s Sealing) sealingOwner() string {
	return "sealing-overdue-" + strconv.FormatUint(s.LastSeal, 10)
}

// ShowSealing opens a matter for operators and queues an email to finance when sealing is overdue, once for each last seal, and closes the
// matter when it is not. It returns the ids of the emails that are not sent yet. The email's UNIQUE key makes a repetition harmless: of
// two processes that check at once, the one that inserts the email opens the matter.
func (s *Store) ShowSealing(ctx context.Context, found Sealing) (emails []uint64, err error) {
	err = s.db.InTransaction(ctx, func(tx *gorm.DB) error {
		shown := matters{tx: tx, now: found.Now}
		if !found.Overdue() {
			_, err := shown.close("kind = ?", AttentionSealingOverdue)
			return err
		}
		queued, err := queue(tx, found.Now, outgoingEmail{
			kind: notice.SealingOverdue, owner: found.sealingOwner(), occasion: "overdue",
			content: &notice.Content{Sealing: &notice.SealingContent{Number: found.LastSeal, SealedAt: found.SealedAt, Waiting: found.PostedAt}},
		})
		if err != nil {
			return err
		}
		if queued {
			if _, err := shown.open(AttentionSealingOverdue, "ledger", found.Reason()); err != nil {
				return err
			}
		}
		emails, err = queuedEmails(tx, found.sealingOwner())
		return err
	})
	return emails, err
}

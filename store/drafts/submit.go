package drafts

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"farebook/access"
	"farebook/booking"
	"farebook/internal/failpoint"
	"farebook/store"
	"farebook/store/internal/db"
)

// Submission asks for a draft to be submitted as it was at a revision, under somebody's idempotency key.
type Submission struct {
	Key      store.IdempotencyKey
	Dispute  Dispute
	Revision uint32
	By       access.Actor
}

// EmptyError says that a draft has nothing to submit.
type EmptyError struct{ DisputeID string }

func (e *EmptyError) Error() string {
	return "there is no evidence for " + e.DisputeID + ": write a text or add a file first"
}

// Submit marks a draft as being submitted, and audits it, or finds what the key already stands for. Of several at once one finds a draft.
// The claim's resource is Attempt. Errors: *NotAwaitedError, *EmptyError, *ChangedError, *SubmittedError, *TooLargeError,
// *store.IdempotencyConflictError.
func (d *Drafts) Submit(ctx context.Context, in Submission) (store.Claim, error) {
	now := d.books.Now()
	return d.books.ClaimNew(ctx, in.Key, now, func(tx *gorm.DB) (string, *uint64, error) {
		draft, err := lock(tx, in.Dispute.ID)
		if errors.Is(err, store.ErrNotFound) {
			err = &EmptyError{in.Dispute.ID}
		}
		if err != nil {
			return "", nil, err
		}
		if err := draft.mayBeSubmitted(tx, in); err != nil {
			return "", nil, err
		}
		digest := draft.digest()
		draft.Attempts++
		err = tx.Model(&draftRow{}).Where("id = ?", draft.id).Updates(map[string]any{
			"state": Submitting, "attempts": draft.Attempts, "submitted_at": now, "submitted_by": db.Truncate(in.By.Name, 200),
			"digest": digest[:], "refused_at": nil, "refusal": "",
		}).Error
		if err != nil {
			return "", nil, err
		}
		failpoint.Hit("before-ask-to-submit-evidence")
		return Attempt(in.Dispute.ID, draft.Attempts), &in.Dispute.BookingID, store.AuditIn(tx, now, store.AuditEntry{
			Actor: in.By, Action: store.ActionEvidenceSubmit, Subject: in.Dispute.ID, BookingID: &in.Dispute.BookingID,
			Detail: fmt.Sprintf("attempt %d, revision %d, %d texts of %d characters, %d files of %d bytes and %d pages, SHA-256 %x", draft.Attempts,
				draft.Revision, len(draft.Texts), characters(draft.Texts), len(draft.Files), draft.Bytes(), draft.Pages(), digest),
		})
	})
}

// Attempt names a submission: dp_3Pabc/1.
func Attempt(disputeID string, number uint32) string { return fmt.Sprintf("%s/%d", disputeID, number) }

func (d Draft) mayBeSubmitted(tx *gorm.DB, in Submission) error {
	of, err := disputeIn(tx, d.DisputeID) // as it is now
	switch {
	case err != nil:
		return err
	case d.State != Editing:
		return d.submitted()
	case !of.Status.NeedsResponse():
		return &NotAwaitedError{of.ID, of.Status}
	case d.Revision != in.Revision:
		return d.changed()
	case d.Empty():
		return &EmptyError{d.DisputeID}
	}
	if len(d.Files) == 0 {
		return nil
	}
	return d.fits(of.CardBrand, d.Files[len(d.Files)-1].Field)
}

// digest is over the texts and the contents of the files. encoding/json writes a map in the order of its names.
func (d Draft) digest() [sha256.Size]byte {
	files := map[string]string{}
	for _, file := range d.Files {
		files[file.Field] = fmt.Sprintf("%x", file.SHA256)
	}
	content, err := json.Marshal(struct {
		Texts booking.EvidenceTexts
		Files map[string]string
	}{d.Texts, files})
	if err != nil {
		panic("the evidence cannot be encoded: " + err.Error()) // maps of texts
	}
	return sha256.Sum256(content)
}

// Uploaded keeps the id that Stripe has given to a file, unless one is kept.
func (d *Drafts) Uploaded(ctx context.Context, fileID uint64, stripeFileID string) error {
	return d.db.WithContext(ctx).Model(&fileRow{}).Where("id = ? AND stripe_file_id = ''", fileID).Update("stripe_file_id", stripeFileID).Error
}

// Take records that Stripe has taken the evidence of an attempt. The contents of its files are dropped: Stripe has them, and their digests
// stay. A repetition changes nothing.
func (d *Drafts) Take(ctx context.Context, of Draft) error {
	return d.settle(ctx, of, map[string]any{"state": Submitted, "taken_at": d.books.Now()}, func(tx *gorm.DB) error {
		return tx.Model(&fileRow{}).Where("draft_id = ?", of.id).Update("content", nil).Error
	})
}

// Refuse records that Stripe has refused an attempt, with its reason: the evidence is a draft again. A repetition changes nothing.
func (d *Drafts) Refuse(ctx context.Context, of Draft, reason string) error {
	return d.settle(ctx, of, map[string]any{"state": Editing, "refused_at": d.books.Now(), "refusal": db.Truncate(reason, 500)}, nil)
}

func (d *Drafts) settle(ctx context.Context, of Draft, columns map[string]any, then func(*gorm.DB) error) error {
	return d.db.InTransaction(ctx, func(tx *gorm.DB) error {
		settled := tx.Model(&draftRow{}).Where("id = ? AND state = ? AND attempts = ?", of.id, Submitting, of.Attempts).Updates(columns)
		if settled.Error != nil || settled.RowsAffected == 0 || then == nil {
			return settled.Error
		}
		return then(tx)
	})
}

// Unsubmitted is a draft that somebody has asked to submit, and that Stripe has neither taken nor refused.
type Unsubmitted struct {
	RowID         uint64
	DisputeID     string
	Attempts      uint32
	Reference     booking.Reference
	CorrelationID string
}

// ListUnsubmitted lists them by their rows, after one, if they were asked for before a time.
func (d *Drafts) ListUnsubmitted(ctx context.Context, before time.Time, after uint64, limit int) (found []Unsubmitted, err error) {
	err = d.db.WithContext(ctx).Table("evidence_drafts e FORCE INDEX (idx_drafts_state)").
		Joins("JOIN bookings b ON b.id = e.booking_id").
		Select("e.id AS row_id, e.stripe_dispute_id AS dispute_id, e.attempts, b.reference, b.correlation_id").
		Where("e.state = ? AND e.id > ? AND e.submitted_at < ?", Submitting, after, before.UTC()).Order("e.id").Limit(limit).Scan(&found).Error
	return found, err
}

// Open is a draft of a dispute that waits for evidence, without its content.
type Open struct {
	DisputeID string
	Reference booking.Reference
	State     State
	Reason    string
	DueBy     *time.Time
	EditedAt  time.Time
	EditedBy  string
	Refusal   string
}

// ListOpen lists the drafts of disputes that wait for evidence, the soonest deadline first, up to limit.
func (d *Drafts) ListOpen(ctx context.Context, limit int) (found []Open, err error) {
	conn := d.db.WithContext(ctx)
	var reads []*gorm.DB
	for _, status := range []booking.DisputeStatus{booking.DisputeNeedsResponse, booking.DisputeWarningNeedsResponse} {
		reads = append(reads, conn.Table("disputes t FORCE INDEX (idx_disputes_due)").
			Joins("STRAIGHT_JOIN evidence_drafts e ON e.stripe_dispute_id = t.stripe_dispute_id").
			Joins("STRAIGHT_JOIN bookings b ON b.id = t.booking_id").
			Select("t.id, t.stripe_dispute_id AS dispute_id, b.reference, e.state, t.reason, t.due_by, e.edited_at, e.edited_by, e.refusal").
			Where("t.status = ? AND e.state IN ?", status, []State{Editing, Submitting}))
	}
	err = db.Merge(conn, "due_by, id", limit, reads).Scan(&found).Error
	return found, err
}

package drafts

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"time"
	"unicode/utf8"

	"gorm.io/gorm"

	"farebook/access"
	"farebook/booking"
	"farebook/store"
	"farebook/store/internal/db"
)

// Saving are the texts of a draft, in place of those that it has. Revision is the one that was changed; zero for a new draft.
type Saving struct {
	Dispute  Dispute
	Texts    booking.EvidenceTexts // valid
	Revision uint32
	By       access.Actor
}

// Save keeps the texts of a draft. The same texts change nothing, whoever sends them. Errors: *ChangedError, *SubmittedError.
func (d *Drafts) Save(ctx context.Context, in Saving) (saved Draft, err error) {
	now := d.books.Now()
	texts := in.Texts.Present()
	err = d.db.InTransaction(ctx, func(tx *gorm.DB) error {
		draft, err := d.open(tx, in.Dispute, in.By, now)
		if err != nil {
			return err
		}
		if maps.Equal(draft.Texts, texts) {
			saved = draft
			return nil
		}
		if draft.Revision != in.Revision {
			return draft.changed()
		}
		draft.Texts = texts
		content, err := json.Marshal(texts)
		if err != nil {
			return err
		}
		if err := d.edit(tx, &draft, string(content), in.By, now); err != nil {
			return err
		}
		saved = draft
		return store.AuditIn(tx, now, store.AuditEntry{
			Actor: in.By, Action: store.ActionEvidenceSave, Subject: draft.DisputeID, BookingID: &in.Dispute.BookingID,
			Detail: fmt.Sprintf("revision %d, %d texts of %d characters", draft.Revision, len(texts), characters(texts)),
		})
	})
	return saved, err
}

func characters(texts booking.EvidenceTexts) (sum int) {
	for _, text := range texts {
		sum += utf8.RuneCountInString(text)
	}
	return sum
}

func (d Draft) changed() error { return &ChangedError{d.DisputeID, d.EditedBy, d.EditedAt} }

// open locks the draft of a dispute, or begins it. Error: *SubmittedError.
func (d *Drafts) open(tx *gorm.DB, of Dispute, by access.Actor, now time.Time) (Draft, error) {
	draft, err := lock(tx, of.ID)
	if errors.Is(err, store.ErrNotFound) {
		row := draftRow{
			StripeDisputeID: of.ID, BookingID: of.BookingID, State: Editing, Texts: "{}", CreatedAt: now, EditedAt: now,
			EditedBy: db.Truncate(by.Name, 200),
		}
		insertErr := tx.Create(&row).Error
		if insertErr == nil {
			return row.domain()
		}
		if !db.DuplicateKey(insertErr) {
			return Draft{}, insertErr
		}
		draft, err = lock(tx, of.ID) // somebody has begun it meanwhile
		err = db.Unread(insertErr, err)
	}
	if err == nil && draft.State != Editing {
		err = draft.submitted()
	}
	return draft, err
}

func (d Draft) submitted() error {
	return &SubmittedError{d.DisputeID, d.SubmittedBy, db.TimeOrZero(d.SubmittedAt)}
}

// lock reads the draft of a dispute under a lock that every change of it takes, or store.ErrNotFound.
func lock(tx *gorm.DB, disputeID string) (Draft, error) {
	var row draftRow
	if err := tx.Clauses(db.ForUpdate).Where("stripe_dispute_id = ?", disputeID).Take(&row).Error; err != nil {
		return Draft{}, db.NotFound(err)
	}
	return withFiles(tx, row)
}

// edit writes who has changed a draft, and its texts unless they are empty.
func (d *Drafts) edit(tx *gorm.DB, draft *Draft, texts string, by access.Actor, now time.Time) error {
	draft.Revision, draft.EditedAt, draft.EditedBy = draft.Revision+1, now, db.Truncate(by.Name, 200)
	columns := map[string]any{"revision": draft.Revision, "edited_at": draft.EditedAt, "edited_by": draft.EditedBy}
	if texts != "" {
		columns["texts"] = texts
	}
	return tx.Model(&draftRow{}).Where("id = ?", draft.id).Updates(columns).Error
}

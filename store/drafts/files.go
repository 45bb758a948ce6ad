package drafts

import (
	"context"
	"crypto/sha256"
	"fmt"
	"slices"

	"gorm.io/gorm"

	"farebook/access"
	"farebook/booking"
	"farebook/store"
	"farebook/store/internal/db"
)

// NewFile is a file for a field of a draft, in place of the one that it has.
type NewFile struct {
	Dispute Dispute
	Field   string
	Name    string
	Content []byte
	// Is is what the content is.
	Is booking.EvidenceFile
	By access.Actor
}

// TooLargeError says that the files of a draft would be above a limit of Stripe's or of the card's network.
type TooLargeError struct {
	Field string
	// Bytes and Pages are those of the file, AllBytes and AllPages those of all files with it, MaxPages the limit of the network.
	Bytes, Pages, AllBytes, AllPages, MaxPages int
	Brand                                      string
}

func (e *TooLargeError) Error() string {
	if e.AllBytes > booking.MaxEvidenceBytes {
		return fmt.Sprintf("the file for %s has %s, and all files would have %s: Stripe takes %s in all", e.Field, booking.Megabytes(e.Bytes),
			booking.Megabytes(e.AllBytes), booking.Megabytes(booking.MaxEvidenceBytes))
	}
	taker := "Stripe"
	if e.Brand != "" && e.MaxPages < booking.MaxEvidencePages {
		taker = e.Brand
	}
	return fmt.Sprintf("the file for %s has %d pages, and all files would have %d: %s takes %d pages in all", e.Field, e.Pages, e.AllPages,
		taker, e.MaxPages)
}

type contentRow struct {
	File    fileRow `gorm:"embedded"`
	Content []byte
}

func (contentRow) TableName() string { return "evidence_files" }

// AddFile keeps a file of a draft, and removes the one that the field had. The same content changes nothing. Errors: *SubmittedError,
// *TooLargeError.
func (d *Drafts) AddFile(ctx context.Context, in NewFile) (changed Draft, err error) {
	now := d.books.Now()
	sum := sha256.Sum256(in.Content)
	err = d.db.InTransaction(ctx, func(tx *gorm.DB) error {
		draft, err := d.open(tx, in.Dispute, in.By, now)
		if err != nil {
			return err
		}
		before := slices.IndexFunc(draft.Files, func(f File) bool { return f.Field == in.Field })
		if before >= 0 && draft.Files[before].SHA256 == sum {
			changed = draft
			return nil
		}
		if before >= 0 {
			if err := d.drop(tx, draft.Files[before].ID); err != nil {
				return err
			}
			draft.Files = slices.Delete(draft.Files, before, before+1)
		}
		row := contentRow{File: fileRow{
			DraftID: draft.id, Field: in.Field, Name: db.Truncate(in.Name, 120), ContentType: in.Is.ContentType, Bytes: len(in.Content),
			Pages: in.Is.Pages, Sha256: sum[:], AddedAt: now, AddedBy: db.Truncate(in.By.Name, 200),
		}, Content: in.Content}
		draft.Files = append(draft.Files, row.File.domain())
		if err := draft.fits(in.Dispute.CardBrand, in.Field); err != nil {
			return err
		}
		if err := tx.Create(&row).Error; err != nil {
			return err
		}
		draft.Files[len(draft.Files)-1].ID = row.File.ID
		changed = draft
		return d.audited(tx, &changed, in.Dispute, store.ActionEvidenceAdd, in.By, fmt.Sprintf("%s, %s, %d bytes, %d pages, SHA-256 %x",
			in.Field, in.Is.ContentType, len(in.Content), in.Is.Pages, sum))
	})
	return changed, err
}

// fits checks all files against the limits; field is that of the file that was added last.
func (d Draft) fits(brand, field string) error {
	most := booking.EvidencePages(brand)
	bytes, pages := d.Bytes(), d.Pages()
	if bytes <= booking.MaxEvidenceBytes && pages <= most {
		return nil
	}
	over := &TooLargeError{Field: field, AllBytes: bytes, AllPages: pages, MaxPages: most, Brand: brand}
	for _, file := range d.Files {
		if file.Field == field {
			over.Bytes, over.Pages = file.Bytes, file.Pages
		}
	}
	return over
}

// RemoveFile removes the file of a field; its row stays without the content. A field without a file is left as it is. Errors:
// store.ErrNotFound, *SubmittedError.
func (d *Drafts) RemoveFile(ctx context.Context, of Dispute, field string, by access.Actor) (changed Draft, err error) {
	err = d.db.InTransaction(ctx, func(tx *gorm.DB) error {
		changed, err = lock(tx, of.ID)
		if err != nil {
			return err
		}
		if changed.State != Editing {
			return changed.submitted()
		}
		at := slices.IndexFunc(changed.Files, func(f File) bool { return f.Field == field })
		if at < 0 {
			return nil
		}
		if err := d.drop(tx, changed.Files[at].ID); err != nil {
			return err
		}
		changed.Files = slices.Delete(changed.Files, at, at+1)
		return d.audited(tx, &changed, of, store.ActionEvidenceDrop, by, field)
	})
	return changed, err
}

func (d *Drafts) drop(tx *gorm.DB, fileID uint64) error {
	return tx.Model(&fileRow{}).Where("id = ?", fileID).Updates(map[string]any{"removed_at": d.books.Now(), "content": nil}).Error
}

func (d *Drafts) audited(tx *gorm.DB, draft *Draft, of Dispute, action store.Action, by access.Actor, detail string) error {
	now := d.books.Now()
	if err := d.edit(tx, draft, "", by, now); err != nil {
		return err
	}
	return store.AuditIn(tx, now, store.AuditEntry{
		Actor: by, Action: action, Subject: draft.DisputeID, BookingID: &of.BookingID,
		Detail: fmt.Sprintf("revision %d, %s", draft.Revision, detail),
	})
}

// Content reads a file. It is nil for one that was removed, or that Stripe has taken. Error: store.ErrNotFound.
func (d *Drafts) Content(ctx context.Context, fileID uint64) ([]byte, error) {
	var row struct{ Content []byte }
	err := d.db.WithContext(ctx).Table("evidence_files").Select("content").Where("id = ?", fileID).Take(&row).Error
	return row.Content, db.NotFound(err)
}

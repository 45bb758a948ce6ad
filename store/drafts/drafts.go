// Package drafts keeps the evidence that people prepare for a dispute: its texts and files, who has changed them last, and its one
// submission to Stripe. It is above store, which does not know it: it imports store, store/internal/, access, booking,
// internal/failpoint and money.
package drafts

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"time"

	"gorm.io/gorm"

	"farebook/booking"
	"farebook/money"
	"farebook/store"
	"farebook/store/internal/db"
)

// Drafts keeps evidence in the books. It is safe for concurrent use.
type Drafts struct {
	books *store.Store
	db    *db.DB
}

// New returns the drafts of the books. It opens no connection and keeps no state.
func New(books *store.Store) *Drafts { return &Drafts{books: books, db: books.DB()} }

// State is what has become of a draft.
type State string

// The states. Only a draft changes; Submitting becomes Submitted, or a draft again where Stripe refuses.
const (
	Editing    State = "draft"
	Submitting State = "submitting"
	Submitted  State = "submitted"
)

// Dispute is the dispute that a draft is about.
type Dispute struct {
	ID        string // dp_...
	Reference booking.Reference
	BookingID uint64
	Status    booking.DisputeStatus
	Reason    string
	Amount    money.Money
	DueBy     *time.Time
	// CardBrand is Stripe's word, such as mastercard; empty while it is not known.
	CardBrand     string
	CorrelationID string
}

// Draft is the evidence for one dispute.
type Draft struct {
	DisputeID string
	State     State
	Revision  uint32
	Texts     booking.EvidenceTexts
	Files     []File // of different fields, in the order in which they were added
	EditedAt  time.Time
	EditedBy  string
	// Attempts is how often somebody has asked to submit it; the last time was at SubmittedAt.
	Attempts    uint32
	SubmittedAt *time.Time
	SubmittedBy string
	// TakenAt is when Stripe had taken it, and RefusedAt when it had refused the last attempt, with its reason.
	TakenAt   *time.Time
	RefusedAt *time.Time
	Refusal   string
	// Digest is that of what was submitted; nil before.
	Digest []byte

	id uint64
}

// File is one file of a draft without its content.
type File struct {
	ID    uint64
	Field string
	Name  string
	booking.EvidenceFile
	Bytes   int
	SHA256  [sha256.Size]byte
	AddedAt time.Time
	AddedBy string
	// StripeFileID is file_..., once Stripe has it.
	StripeFileID string
}

// Bytes and Pages are the sums of all files.
func (d Draft) Bytes() (sum int) {
	for _, file := range d.Files {
		sum += file.Bytes
	}
	return sum
}

// Pages is the sum of the pages of all files.
func (d Draft) Pages() (sum int) {
	for _, file := range d.Files {
		sum += file.Pages
	}
	return sum
}

// Empty reports whether there is nothing to submit.
func (d Draft) Empty() bool { return len(d.Texts) == 0 && len(d.Files) == 0 }

// ChangedError says that a draft is no longer as somebody has seen it.
type ChangedError struct {
	DisputeID string
	By        string
	At        time.Time
}

func (e *ChangedError) Error() string {
	return fmt.Sprintf("%s has changed the evidence for %s on %s: read it again", e.By, e.DisputeID, e.At.UTC().Format(time.RFC3339))
}

// SubmittedError says that the evidence was submitted, which happens once.
type SubmittedError struct {
	DisputeID string
	By        string
	At        time.Time
}

func (e *SubmittedError) Error() string {
	return fmt.Sprintf("%s has submitted the evidence for %s on %s, which happens once", e.By, e.DisputeID, e.At.UTC().Format(time.RFC3339))
}

// NotAwaitedError says that Stripe waits for no evidence.
type NotAwaitedError struct {
	DisputeID string
	Status    booking.DisputeStatus
}

func (e *NotAwaitedError) Error() string {
	return fmt.Sprintf("%s is %s: Stripe takes evidence only while it needs a response", e.DisputeID, e.Status)
}

type draftRow struct {
	ID              uint64
	StripeDisputeID string
	BookingID       uint64
	State           State
	Revision        uint32
	Texts           string
	CreatedAt       time.Time
	EditedAt        time.Time
	EditedBy        string
	Attempts        uint32
	SubmittedAt     *time.Time
	SubmittedBy     string
	Digest          []byte
	TakenAt         *time.Time
	RefusedAt       *time.Time
	Refusal         string
}

func (draftRow) TableName() string { return "evidence_drafts" }

func (r draftRow) domain() (Draft, error) {
	d := Draft{
		DisputeID: r.StripeDisputeID, State: r.State, Revision: r.Revision, EditedAt: r.EditedAt, EditedBy: r.EditedBy, Attempts: r.Attempts,
		SubmittedAt: r.SubmittedAt, SubmittedBy: r.SubmittedBy, TakenAt: r.TakenAt, RefusedAt: r.RefusedAt, Refusal: r.Refusal, Digest: r.Digest,
		id: r.ID,
	}
	if err := json.Unmarshal([]byte(r.Texts), &d.Texts); err != nil {
		return d, fmt.Errorf("read the texts of the evidence for %s: %w", r.StripeDisputeID, err)
	}
	return d, nil
}

// fileRow has no content, which only Content reads.
type fileRow struct {
	ID           uint64
	DraftID      uint64
	Field        string
	Name         string
	ContentType  string
	Bytes        int
	Pages        int
	Sha256       []byte
	StripeFileID string
	AddedAt      time.Time
	AddedBy      string
}

func (fileRow) TableName() string { return "evidence_files" }

// fileColumns are those of fileRow.
const fileColumns = "id, draft_id, field, name, content_type, bytes, pages, sha256, stripe_file_id, added_at, added_by"

func (r fileRow) domain() File {
	return File{
		ID: r.ID, Field: r.Field, Name: r.Name, EvidenceFile: booking.EvidenceFile{ContentType: r.ContentType, Pages: r.Pages}, Bytes: r.Bytes,
		SHA256: [sha256.Size]byte(r.Sha256), AddedAt: r.AddedAt, AddedBy: r.AddedBy, StripeFileID: r.StripeFileID,
	}
}

// DisputeFor reads what a draft would be about, or store.ErrNotFound.
func (d *Drafts) DisputeFor(ctx context.Context, id string) (Dispute, error) {
	return disputeIn(d.db.WithContext(ctx), id)
}

func disputeIn(conn *gorm.DB, id string) (Dispute, error) {
	var row struct {
		BookingID     uint64
		Status        booking.DisputeStatus
		Reason        string
		Amount        int64
		Currency      money.Currency
		DueBy         *time.Time
		CardBrand     string
		Reference     booking.Reference
		CorrelationID string
	}
	err := conn.Table("disputes d").Joins("JOIN bookings b ON b.id = d.booking_id").
		Select("d.booking_id, d.status, d.reason, d.amount, d.currency, d.due_by, d.card_brand, b.reference, b.correlation_id").
		Where("d.stripe_dispute_id = ?", id).Take(&row).Error
	return Dispute{
		ID: id, Reference: row.Reference, BookingID: row.BookingID, Status: row.Status, Reason: row.Reason,
		Amount: money.Money{Value: row.Amount, Currency: row.Currency}, DueBy: row.DueBy, CardBrand: row.CardBrand,
		CorrelationID: row.CorrelationID,
	}, db.NotFound(err)
}

// DraftFor reads the evidence for a dispute, or store.ErrNotFound where nobody has begun any.
func (d *Drafts) DraftFor(ctx context.Context, disputeID string) (Draft, error) {
	return read(d.db.WithContext(ctx), disputeID)
}

func read(conn *gorm.DB, disputeID string) (Draft, error) {
	var row draftRow
	if err := conn.Where("stripe_dispute_id = ?", disputeID).Take(&row).Error; err != nil {
		return Draft{}, db.NotFound(err)
	}
	return withFiles(conn, row)
}

func withFiles(conn *gorm.DB, row draftRow) (Draft, error) {
	draft, err := row.domain()
	if err != nil {
		return draft, err
	}
	var files []fileRow
	err = conn.Select(fileColumns).Where("draft_id = ? AND is_kept = 1", row.ID).Order("id").Find(&files).Error
	for _, file := range files {
		draft.Files = append(draft.Files, file.domain())
	}
	return draft, err
}

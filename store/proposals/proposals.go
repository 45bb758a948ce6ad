// Package proposals keeps what one operator proposes because it is above the limit of their role, and what another one makes of it: a
// refund, a correction in the ledger, or nothing. It is above store, which does not know it: it imports store, store/recon,
// store/internal/, access, booking, internal/failpoint, ledger and money.
package proposals

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"farebook/access"
	"farebook/booking"
	"farebook/ledger"
	"farebook/money"
	"farebook/store"
	"farebook/store/internal/db"
	"farebook/store/recon"
)

// Proposals keeps proposals in the books. It is safe for concurrent use.
type Proposals struct {
	books *store.Store
	runs  *recon.Runs
	db    *db.DB
}

// New returns the proposals of the books. It opens no connection and keeps no state.
func New(books *store.Store) *Proposals {
	return &Proposals{books: books, runs: recon.New(books), db: books.DB()}
}

// Kind is what is proposed.
type Kind string

// The kinds.
const (
	KindRefund     Kind = "refund"
	KindCorrection Kind = "correction"
)

// State is what has become of a proposal. Only Proposed changes.
type State string

// The states.
const (
	Proposed  State = "proposed"
	Sent      State = "sent"
	Declined  State = "declined"
	Withdrawn State = "withdrawn"
)

// Proposal is what one person has proposed.
type Proposal struct {
	ID        uint64
	Code      string
	Kind      Kind
	State     State
	Reference booking.Reference // empty for a correction that is about no booking
	// Amount is what is refunded, or what the clearing account differs by from Stripe.
	Amount money.Money
	Reason booking.RefundReason // of a refund
	// ItemID and Against are those of a correction.
	ItemID   uint64
	Against  ledger.Account
	Note     string
	By       access.Actor
	At       time.Time
	Decision *Decision        // nil while it is proposed
	RefundID booking.RefundID // of a refund that was sent
	Refusal  *Refusal         // nil unless it could not be sent

	bookingID *uint64
}

// Decision says who has sent, declined or withdrawn a proposal.
type Decision struct {
	By   access.Actor
	At   time.Time
	Note string
}

// Refusal says why a proposal could not be sent when somebody last tried to. It may be sent later.
type Refusal struct {
	By   string
	At   time.Time
	Text string
}

// DecidedError says that a proposal is no longer open.
type DecidedError struct {
	Code  string
	State State
	By    string
	At    time.Time
}

func (e *DecidedError) Error() string {
	return fmt.Sprintf("proposal %s was %s by %s on %s", e.Code, e.State, e.By, e.At.UTC().Format(time.RFC3339))
}

// SamePersonError says that somebody decides about their own proposal.
type SamePersonError struct{ Code, By string }

func (e *SamePersonError) Error() string {
	return fmt.Sprintf("%s has proposed %s: somebody else sends or declines it, and who has proposed it may withdraw it", e.By, e.Code)
}

// NotProposerError says that somebody withdraws the proposal of somebody else.
type NotProposerError struct{ Code, By string }

func (e *NotProposerError) Error() string {
	return fmt.Sprintf("%s has proposed %s, and nobody else withdraws it: decline it", e.By, e.Code)
}

type proposalRow struct {
	ID               uint64
	Code             string
	Kind             Kind
	State            State
	BookingID        *uint64
	ItemID           *uint64
	Amount           int64
	Currency         money.Currency
	Reason           string
	Note             string
	ProposedAt       time.Time
	ProposedBy       string
	ProposedClientID *uint64
	ProposedKeyID    *uint64
	DecidedAt        *time.Time
	DecidedBy        string
	DecidedClientID  *uint64
	DecidedKeyID     *uint64
	DecisionNote     string
	RefundID         *booking.RefundID
	RefusedAt        *time.Time
	RefusedBy        string
	Refusal          string
}

func (proposalRow) TableName() string { return "proposals" }

type listedRow struct {
	Proposal  proposalRow `gorm:"embedded"`
	Reference booking.Reference
}

func (l listedRow) domain() Proposal {
	r := l.Proposal
	p := Proposal{
		ID: r.ID, Code: r.Code, Kind: r.Kind, State: r.State, Reference: l.Reference, ItemID: db.IDOrZero(r.ItemID),
		Amount: money.Money{Value: r.Amount, Currency: r.Currency}, Note: r.Note, At: r.ProposedAt,
		By:       access.Actor{Name: r.ProposedBy, ClientID: db.IDOrZero(r.ProposedClientID), KeyID: db.IDOrZero(r.ProposedKeyID)},
		RefundID: db.OrEmpty(r.RefundID), bookingID: r.BookingID,
	}
	if r.Kind == KindRefund {
		p.Reason = booking.RefundReason(r.Reason)
	} else {
		p.Against = ledger.Account(r.Reason)
	}
	if r.DecidedAt != nil {
		by := access.Actor{Name: r.DecidedBy, ClientID: db.IDOrZero(r.DecidedClientID), KeyID: db.IDOrZero(r.DecidedKeyID)}
		p.Decision = &Decision{By: by, At: *r.DecidedAt, Note: r.DecisionNote}
	}
	if r.RefusedAt != nil {
		p.Refusal = &Refusal{By: r.RefusedBy, At: *r.RefusedAt, Text: r.Refusal}
	}
	return p
}

func listed(conn *gorm.DB, index string) *gorm.DB {
	return conn.Table("proposals p FORCE INDEX (" + index + ")").Joins("LEFT JOIN bookings b ON b.id = p.booking_id").
		Select("p.*, COALESCE(b.reference, '') AS reference")
}

// Proposal reads a proposal, or store.ErrNotFound.
func (p *Proposals) Proposal(ctx context.Context, code string) (Proposal, error) {
	var row listedRow
	err := listed(p.db.WithContext(ctx), "idx_proposals_code").Where("p.code = ?", code).Take(&row).Error
	return row.domain(), db.NotFound(err)
}

// Filter narrows the proposals; what is zero does not.
type Filter struct {
	State     State
	BookingID uint64
	Before    uint64 // proposals with a lower id
	Limit     int
}

func (f Filter) index() string {
	switch {
	case f.BookingID != 0:
		return "idx_proposals_booking"
	case f.State != "":
		return "idx_proposals_state"
	}
	return "PRIMARY"
}

// ListProposals lists proposals, the newest first.
func (p *Proposals) ListProposals(ctx context.Context, f Filter) ([]Proposal, error) {
	query := listed(p.db.WithContext(ctx), f.index()).Order("p.id DESC").Limit(f.Limit)
	if f.State != "" {
		query = query.Where("p.state = ?", f.State)
	}
	if f.BookingID != 0 {
		query = query.Where("p.booking_id = ?", f.BookingID)
	}
	if f.Before != 0 {
		query = query.Where("p.id < ?", f.Before)
	}
	var rows []listedRow
	err := query.Find(&rows).Error
	found := make([]Proposal, len(rows))
	for i, row := range rows {
		found[i] = row.domain()
	}
	return found, err
}

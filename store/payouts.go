package store

import (
	"context"
	"time"

	"farebook/booking"
	"farebook/money"
	"farebook/store/internal/db"
)

// Proof is whether a payout's balance transactions account for it.
type Proof string

// The proofs.
const (
	ProofPending  Proof = "pending"  // Stripe has not put them together, or the ledger does not know them all yet
	ProofProven   Proof = "proven"   // they add up to it, and the ledger knows each
	ProofUnproven Proof = "unproven" // they do not, and waiting did not help: an operator has to look
	ProofManual   Proof = "manual"   // a manual payout: Stripe does not say what it pays out
)

// Payout is a payout as the books have it.
type Payout struct {
	ID           string // po_...
	Status       booking.PayoutStatus
	Amount       money.Money
	Automatic    bool
	ArrivesAt    *time.Time
	FailureCode  string
	Proof        Proof
	Transactions int   // that it pays out
	Unmatched    int   // of them, those that the ledger does not know
	Difference   int64 // minor units by which they do not add up to it
	CreatedAt    time.Time
	UpdatedAt    time.Time
}

func (r payoutRow) domain() Payout {
	return Payout{
		ID: r.StripePayoutID, Status: r.Status, Amount: money.Money{Value: r.Amount, Currency: r.Currency},
		Automatic: r.Automatic, ArrivesAt: r.ArrivesAt, FailureCode: r.FailureCode, Proof: r.Proof, Transactions: r.Transactions,
		Unmatched: r.Unmatched, Difference: r.Difference, CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt,
	}
}

// Payout reads a payout, or ErrNotFound.
func (s *Store) Payout(ctx context.Context, id string) (Payout, error) {
	var row payoutRow
	err := s.db.WithContext(ctx).Where("stripe_payout_id = ?", id).Take(&row).Error
	return row.domain(), db.NotFound(err)
}

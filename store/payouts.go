package store

import (
	"context"
	"time"

	"farebook/booking"
	"farebook/money"
	"farebook/store/internal/db"
)

// Proof says whether a payout's balance transactions account for it.
type Proof string

// The proofs.
const (
	ProofPending  Proof = "pending"  // Stripe has not listed them all yet, or the ledger does not have them all yet
	ProofProven   Proof = "proven"   // they add up to the payout, and the ledger has each
	ProofUnproven Proof = "unproven" // they do not account for it after the wait: an operator has to check
	ProofManual   Proof = "manual"   // a manual payout: Stripe does not list its balance transactions
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
	Transactions int   // how many balance transactions it pays out
	Unmatched    int   // how many of them the ledger does not have
	Difference   int64 // their sum minus the payout, in minor units
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

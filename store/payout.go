package store

import (
	"context"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"farebook/booking"
	"farebook/money"
	"farebook/store/internal/db"
	"farebook/store/internal/journal"
)

type payoutRow struct {
	ID             uint64
	StripePayoutID string
	Status         booking.PayoutStatus
	StripeStatus   string // the status at Stripe where Status is unknown
	Amount         int64
	Currency       money.Currency
	Automatic      bool
	ArrivesAt      *time.Time
	FailureCode    string
	Proof          Proof
	Transactions   int
	Unmatched      int
	Difference     int64
	Posted         bool
	FailurePosted  bool
	TraceStatus    *string // NULL, like TraceID, in rows of older releases
	TraceID        *string
	CreatedAt      time.Time
	UpdatedAt      time.Time
}

func (payoutRow) TableName() string { return "payouts" }

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
	Transactions int    // how many balance transactions it pays out
	Unmatched    int    // how many of them the ledger does not have
	Difference   int64  // their sum minus the payout, in minor units
	TraceStatus  string // of Stripe's trace_id: supported, pending, unsupported; empty when it is not known
	TraceID      string
	CreatedAt    time.Time
	UpdatedAt    time.Time
}

func (r payoutRow) domain() Payout {
	return Payout{
		ID: r.StripePayoutID, Status: r.Status, Amount: money.Money{Value: r.Amount, Currency: r.Currency},
		Automatic: r.Automatic, ArrivesAt: r.ArrivesAt, FailureCode: r.FailureCode, Proof: r.Proof, Transactions: r.Transactions,
		Unmatched: r.Unmatched, Difference: r.Difference, TraceStatus: db.OrEmpty(r.TraceStatus), TraceID: db.OrEmpty(r.TraceID),
		CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt,
	}
}

// Payout reads a payout, or ErrNotFound.
func (s *Store) Payout(ctx context.Context, id string) (Payout, error) {
	var row payoutRow
	err := s.db.WithContext(ctx).Where("stripe_payout_id = ?", id).Take(&row).Error
	return row.domain(), db.NotFound(err)
}

// PayoutPage is one page of what a payout pays out.
type PayoutPage struct {
	PayoutID string
	Page     []booking.BalanceTransaction
}

// MatchPayout keeps one page of what a payout pays out, holds it against the ledger and returns how many it does not know: neither one
// by one, nor as a part of the opening balance. Bills of Stripe's own come by no event: one that the ledger does not know yet is posted
// here, unless left says that it may be another integration's; nil without one. Repetition is harmless.
func (s *Store) MatchPayout(
	ctx context.Context, of PayoutPage, left func(booking.BalanceTransaction) bool, now time.Time,
) (unmatched int, err error) {
	ids := make([]string, len(of.Page))
	for i, balance := range of.Page {
		ids[i] = balance.ID
	}
	err = s.db.InTransaction(ctx, func(tx *gorm.DB) error {
		unmatched = 0
		if err := keepContents(tx, of); err != nil {
			return err
		}
		known, err := journal.Known(tx, ids)
		if err != nil {
			return err
		}
		opening, err := journal.Opening(tx, "")
		if err != nil {
			return err
		}
		for _, balance := range of.Page {
			switch {
			case known[balance.ID], balance.IsZero(), opening.Covers(balance.Created):
			case balance.IsAccountFee() && (left == nil || !left(balance)):
				if err := postAccountFee(tx, now, balance); err != nil {
					return err
				}
			default:
				unmatched++
			}
		}
		return nil
	})
	return unmatched, err
}

// payoutTransactionRow is a balance transaction that a payout pays out.
type payoutTransactionRow struct {
	StripePayoutID             string
	StripeBalanceTransactionID string
	ReportingCategory          string
	Net                        int64
	Currency                   money.Currency
	SettledAt                  time.Time
}

func (payoutTransactionRow) TableName() string { return "payout_transactions" }

// keepContents keeps a page of a payout's contents, each once: PRIMARY KEY.
func keepContents(tx *gorm.DB, of PayoutPage) error {
	if len(of.Page) == 0 {
		return nil
	}
	rows := make([]payoutTransactionRow, len(of.Page))
	for i, balance := range of.Page {
		rows[i] = payoutTransactionRow{
			StripePayoutID: of.PayoutID, StripeBalanceTransactionID: balance.ID, ReportingCategory: db.Code(balance.ReportingCategory),
			Net: balance.Net, Currency: balance.Currency, SettledAt: balance.Created,
		}
	}
	return tx.Clauses(clause.Insert{Modifier: "IGNORE"}).Create(&rows).Error
}

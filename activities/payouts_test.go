package activities_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/activities"
	"farebook/internal/dev/fakestripe"
	"farebook/store"
)

// What a payout pays out is read page by page. On the fast path it is read no further than a step has time for, and said to be
// large, with nothing decided; read to its end, each balance transaction counts once, also when Stripe fails in the middle and the
// next attempt continues where the last one stopped.
func TestLargePayoutIsReadPageByPageAndEachPageOnce(t *testing.T) {
	t.Parallel()
	const payments, pages = 720, 8 // 100 a page, and the payout's own balance transaction among them
	s := newStack(t)
	s.stripe.Fill(payments, 0, time.Now().Add(-2*time.Hour), time.Now().Add(-time.Hour))
	id, err := s.stripe.PayOut("usd")
	require.NoError(t, err)
	const list = "/v1/balance_transactions"

	var first activities.PayoutRecorded
	s.run(s.Payouts.RecordPayout, activities.RecordPayoutInput{PayoutID: id, LastLook: true}, &first)
	require.True(t, first.Large)
	require.Equal(t, store.ProofPending, first.Proof)
	require.Equal(t, 5, s.reads(list))

	s.stripe.Faults().Add(fakestripe.Fault{Method: http.MethodGet, Path: list, Kind: fakestripe.FaultHTML502, Skip: 3})
	reading, in := s.attempts(), activities.RecordPayoutInput{PayoutID: id, LastLook: true, All: true}
	before := s.reads(list)
	requireErrorType(t, activities.OutcomeUnknown, reading.attempt(s.Payouts.RecordPayout, in, nil))
	var all activities.PayoutRecorded
	require.NoError(t, reading.attempt(s.Payouts.RecordPayout, in, &all))
	require.Equal(t, pages+1, s.reads(list)-before, "one page is asked for twice: the one that failed")
	require.False(t, all.Large)
	require.Equal(t, store.ProofUnproven, all.Proof, "the ledger knows none of it")
	found, err := s.Store.Payout(t.Context(), id)
	require.NoError(t, err)
	require.Equal(t, payments, found.Transactions)
	require.Equal(t, payments, found.Unmatched)
	require.Zero(t, found.Difference)
}

// A payout that is proven is not read again with each of its events.
func TestProvenPayoutIsNotReadAgain(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	s.paid()
	s.stripe.SettleFunds()
	id, err := s.stripe.PayOut("usd")
	require.NoError(t, err)
	for range 3 {
		var recorded activities.PayoutRecorded
		s.run(s.Payouts.RecordPayout, activities.RecordPayoutInput{PayoutID: id}, &recorded)
		require.Equal(t, store.ProofProven, recorded.Proof)
	}
	require.Equal(t, 1, s.reads("/v1/balance_transactions"))
	require.Equal(t, s.stripe.Balance("usd"), s.clearing())
	s.requirePromises()
}

// A bill of Stripe's own is posted once, whoever meets it first: a payout that pays it out, or reconciliation.
func TestBillOfStripesIsPostedOnce(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	s.paid()
	bill := s.stripe.Bill(250, "usd", "Radar")
	s.stripe.SettleFunds()
	payout, err := s.stripe.PayOut("usd")
	require.NoError(t, err)
	s.run(s.AccountFees.RecordAccountFee, activities.AccountFeeRef{BalanceTransactionID: bill}, nil)
	var recorded activities.PayoutRecorded
	s.run(s.Payouts.RecordPayout, activities.RecordPayoutInput{PayoutID: payout}, &recorded)
	require.Equal(t, store.ProofProven, recorded.Proof)
	s.run(s.AccountFees.RecordAccountFee, activities.AccountFeeRef{BalanceTransactionID: bill}, nil)
	require.Equal(t, 1, s.Count(t, "SELECT COUNT(*) FROM financial_ledger WHERE stripe_balance_transaction_id = ?", bill))
	require.Equal(t, s.stripe.Balance("usd"), s.clearing())
	s.requirePromises()
}

package store_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/booking"
	"farebook/store"
	"farebook/store/recon"
)

// everyRow reads all pages of a sweep, by the ids of their rows.
func everyRow[T any](t *testing.T, limit int, page func(after uint64) ([]T, error), id func(T) uint64) (ids []uint64) {
	t.Helper()
	after := uint64(0)
	for {
		rows, err := page(after)
		require.NoError(t, err)
		require.LessOrEqual(t, len(rows), limit)
		for _, row := range rows {
			after = id(row)
			ids = append(ids, after)
		}
		if len(rows) < limit {
			return ids
		}
	}
}

// early and late are before and after the time of these sweeps.
var (
	sweptBefore = plantedAt.Add(time.Hour)
	early, late = plantedAt, sweptBefore.Add(time.Second)
)

// Every combination of status and postings occurs several times, in an order without a pattern: those that owe work are read in the order
// of their ids, whatever index each is found by.
func TestOpenRefundsAreReadInTheOrderOfTheirRows(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	b.plantBookings(1)
	dice := b.dice()
	statuses := []booking.RefundStatus{
		booking.RefundRequested, booking.RefundPending, booking.RefundRequiresAction, booking.RefundUnknown, booking.RefundSucceeded,
		booking.RefundFailed, booking.RefundCanceled,
	}
	var rows [][]any
	var expected []uint64
	for id := uint64(1); id <= 300; id++ {
		status, posted, failurePosted := statuses[dice.IntN(len(statuses))], dice.IntN(2) == 0, dice.IntN(2) == 0
		created := []time.Time{early, early, early, late}[dice.IntN(4)]
		owes := true
		switch status {
		case booking.RefundSucceeded:
			owes = !posted
		case booking.RefundFailed, booking.RefundCanceled:
			owes = posted && !failurePosted
		}
		if owes && created.Equal(early) {
			expected = append(expected, id)
		}
		rows = append(rows, []any{
			id, fmt.Sprintf("RF-%d", id), 1, "pi_1", "api", 1, "USD", "x", string(status), posted, failurePosted, "c", created, created,
		})
	}
	b.plant("refunds", "id, refund_id, booking_id, stripe_payment_intent_id, origin, amount, currency, reason, status, posted, "+
		"failure_posted, correlation_id, created_at, updated_at", rows)
	for _, limit := range []int{1, 7, 300} {
		require.Equal(t, expected, everyRow(t, limit, func(after uint64) ([]store.OpenRefund, error) {
			return b.Store.OpenRefunds(t.Context(), sweptBefore, after, limit)
		}, func(r store.OpenRefund) uint64 { return r.RowID }), "pages of %d", limit)
	}
}

func TestOpenDisputesAreReadInTheOrderOfTheirRows(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	b.plantBookings(1)
	dice := b.dice()
	statuses := []booking.DisputeStatus{
		booking.DisputeWarningNeedsResponse, booking.DisputeWarningUnderReview, booking.DisputeNeedsResponse, booking.DisputeUnderReview,
		booking.DisputeUnknown, booking.DisputeWon, booking.DisputeLost, booking.DisputeWarningClosed,
	}
	var rows [][]any
	var expected []uint64
	for id := uint64(1); id <= 200; id++ {
		status, withheld, loss := statuses[dice.IntN(len(statuses))], dice.IntN(2), dice.IntN(2)
		created := []time.Time{early, early, early, late}[dice.IntN(4)]
		owes := status != booking.DisputeLost && status != booking.DisputeWarningClosed && (status != booking.DisputeWon || withheld != loss)
		if owes && created.Equal(early) {
			expected = append(expected, id)
		}
		rows = append(rows, []any{id, 1, fmt.Sprintf("dp_%d", id), "pi_1", string(status), "x", 1, "USD", withheld, loss, created, created})
	}
	b.plant("disputes", "id, booking_id, stripe_dispute_id, stripe_payment_intent_id, status, reason, amount, currency, withheld, loss, "+
		"created_at, updated_at", rows)
	for _, limit := range []int{1, 7, 200} {
		require.Equal(t, expected, everyRow(t, limit, func(after uint64) ([]store.OpenDispute, error) {
			return b.Store.OpenDisputes(t.Context(), sweptBefore, after, limit)
		}, func(d store.OpenDispute) uint64 { return d.RowID }), "pages of %d", limit)
	}
}

// A payout that failed and is not compared with the ledger yet owes both, and is read once.
func TestOpenPayoutsAreReadInTheOrderOfTheirRows(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	dice := b.dice()
	statuses := []booking.PayoutStatus{booking.PayoutPending, booking.PayoutPaid, booking.PayoutFailed, booking.PayoutCanceled}
	proofs := []store.Proof{store.ProofPending, store.ProofProven, store.ProofUnproven, store.ProofManual}
	var rows [][]any
	var expected []uint64
	for id := uint64(1); id <= 200; id++ {
		status, proof, posted, failurePosted := statuses[dice.IntN(4)], proofs[dice.IntN(4)], dice.IntN(2) == 0, dice.IntN(2) == 0
		created := []time.Time{early, early, early, late}[dice.IntN(4)]
		failed := status == booking.PayoutFailed || status == booking.PayoutCanceled
		if created.Equal(early) && (proof == store.ProofPending || failed && posted && !failurePosted) {
			expected = append(expected, id)
		}
		rows = append(rows, []any{
			id, fmt.Sprintf("po_%d", id), string(status), 1, "USD", true, string(proof), posted, failurePosted, created, created,
		})
	}
	b.plant("payouts", "id, stripe_payout_id, status, amount, currency, automatic, proof, posted, failure_posted, created_at, "+
		"updated_at", rows)
	for _, limit := range []int{1, 7, 200} {
		require.Equal(t, expected, everyRow(t, limit, func(after uint64) ([]store.OpenPayout, error) {
			return b.Store.OpenPayouts(t.Context(), sweptBefore, after, limit)
		}, func(p store.OpenPayout) uint64 { return p.RowID }), "pages of %d", limit)
	}
}

// A reconciliation reads each payment that is not final once: those of its window, after one row and up to another.
func TestOpenPaymentsAreReadInTheOrderOfTheirRows(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	const planted, last = 200, 190
	b.plantBookings(planted)
	dice := b.dice()
	statuses := []booking.PaymentStatus{
		booking.PaymentPending, booking.PaymentRequiresAction, booking.PaymentProcessing, booking.PaymentAuthorized, booking.PaymentFailed,
		booking.PaymentUnknown, booking.PaymentSucceeded, booking.PaymentCanceled,
	}
	var rows [][]any
	var expected []uint64
	overdue := int64(0)
	for id := uint64(1); id <= planted; id++ {
		status := statuses[dice.IntN(len(statuses))]
		created := plantedAt.Add(time.Duration(dice.IntN(5)) * time.Hour)
		open := status != booking.PaymentSucceeded && status != booking.PaymentCanceled
		if open && created.Before(sweptBefore) {
			overdue++
		}
		if open && id <= last && !created.Before(sweptBefore) && created.Before(sweptBefore.Add(3*time.Hour)) {
			expected = append(expected, id)
		}
		rows = append(rows, []any{id, id, fmt.Sprintf("pi_%d", id), string(status), 1, "USD", created, created})
	}
	b.plant("payments", "id, booking_id, stripe_payment_intent_id, status, amount, currency, created_at, updated_at", rows)
	runs := recon.New(b.Store)
	for _, limit := range []int{1, 7, planted} {
		require.Equal(t, expected, everyRow(t, limit, func(after uint64) ([]recon.OpenPayment, error) {
			return runs.OpenPayments(t.Context(), sweptBefore, sweptBefore.Add(3*time.Hour), after, last, limit)
		}, func(p recon.OpenPayment) uint64 { return p.ID }), "pages of %d", limit)
	}
	counted, err := runs.OverduePayments(t.Context(), sweptBefore)
	require.NoError(t, err)
	require.Equal(t, overdue, counted)
}

package store_test

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/booking"
	"farebook/store"
)

// paidBooking is a confirmed booking of $459.00, fee and all.
func (b books) paidBooking() booking.Reference {
	b.t.Helper()
	held := b.held()
	_, err := b.record(paid(held, true), store.ReasonEvent)
	require.NoError(b.t, err)
	return held.Reference
}

func (b books) askRefund(reference booking.Reference, key string, amount int64) (store.Refund, error) {
	refund, _, err := b.Store.ReserveRefund(b.t.Context(), store.NewRefund{
		Key:       store.IdempotencyKey{Caller: b.caller, Key: key, Operation: store.OperationCreateRefund, Hash: [32]byte{byte(amount)}},
		Reference: reference, Request: booking.RefundRequest{Amount: amount, Reason: booking.ReasonRequestedByCustomer},
		CorrelationID: "c-1", Now: time.Now().UTC(),
	})
	return refund, err
}

func atStripe(refund store.Refund, id, status string) booking.RefundSnapshot {
	return booking.RefundSnapshot{
		StripeRefundID: id, PaymentIntentID: "pi_1", ChargeID: "ch_1", StripeStatus: status, Amount: refund.Amount.Value, Currency: "USD",
		RefundID: refund.ID, Balance: balance("txn_"+id, -refund.Amount.Value, 0, "refund"),
	}
}

func balance(id string, amount, fee int64, category string) *booking.BalanceTransaction {
	return &booking.BalanceTransaction{Created: settledAt, ID: id, Amount: amount, Fee: fee, Net: amount - fee, Currency: "USD", ReportingCategory: category}
}

func (b books) recordRefund(s booking.RefundSnapshot) store.RefundRecorded {
	b.t.Helper()
	recorded, err := b.Store.RecordRefund(b.t.Context(), store.RefundOutcome{Snapshot: s, Now: time.Now().UTC()})
	require.NoError(b.t, err)
	return recorded
}

func (b books) status() booking.Status {
	return booking.Status(b.Text(b.t, "SELECT status FROM bookings"))
}

// Fifty at once never exceed what was captured, and two of the same amount are two.
func TestFiftyRefundsAtOnceStayWithinTheCaptured(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	reference := b.paidBooking()
	failures := make([]error, 50)
	var group sync.WaitGroup
	for i := range failures {
		group.Go(func() { _, failures[i] = b.askRefund(reference, fmt.Sprintf("key-%d", i), 10000) })
	}
	group.Wait()
	refused := 0
	for _, err := range failures {
		if err == nil {
			continue
		}
		var exceeds *store.RefundExceedsCaptured
		require.ErrorAs(t, err, &exceeds)
		refused++
	}
	require.Equal(t, 46, refused)
	require.Equal(t, 4, b.Count(t, "SELECT COUNT(*) FROM refunds WHERE amount = 10000"))
	require.Equal(t, 5, b.Count(t, "SELECT COUNT(*) FROM idempotency_keys"), "a refused one leaves its key unused")
	rest, err := b.askRefund(reference, "rest", 0)
	require.NoError(t, err)
	require.Equal(t, int64(5900), rest.Amount.Value, "no amount is all that is left")
	_, err = b.askRefund(reference, "more", 0)
	require.ErrorContains(t, err, "$0.00 that is left")
	b.requirePromises()
}

func TestRefundOfWhatWasNotPaidIsRefused(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	held := b.held()
	_, err := b.askRefund(held.Reference, "refund", 100)
	var refused *store.NotRefundable
	require.ErrorAs(t, err, &refused)
	_, err = b.askRefund("FB-00000000", "refund", 100)
	require.ErrorIs(t, err, store.ErrNotFound)
	require.Equal(t, 0, b.Count(t, "SELECT COUNT(*) FROM refunds"))
}

// A refund goes through, in two parts; what was reserved is what is posted, and each mail is written once.
func TestRefundsTakeTheBookingAlong(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	reference := b.paidBooking()
	first, err := b.askRefund(reference, "first", 20000)
	require.NoError(t, err)
	again, err := b.askRefund(reference, "first", 20000)
	require.NoError(t, err)
	require.Equal(t, first, again)

	pending := b.recordRefund(atStripe(first, "re_1", "pending"))
	require.Equal(t, booking.StatusConfirmed, pending.BookingStatus, "nothing has gone back yet")
	require.Len(t, pending.EmailIDs, 1)
	for range 2 {
		done := b.recordRefund(atStripe(first, "re_1", "succeeded"))
		require.Equal(t, booking.StatusPartiallyRefunded, done.BookingStatus)
	}
	stale := b.recordRefund(atStripe(first, "re_1", "pending"))
	require.Equal(t, booking.RefundSucceeded, stale.Status, "older news moves nothing back")

	second, err := b.askRefund(reference, "second", 0)
	require.NoError(t, err)
	require.Equal(t, booking.StatusRefunded, b.recordRefund(atStripe(second, "re_2", "succeeded")).BookingStatus)
	require.Equal(t, 2, b.Count(t, "SELECT COUNT(*) FROM financial_ledger WHERE type = 'refund'"))
	require.Equal(t, 2, b.Count(t, "SELECT COUNT(*) FROM emails WHERE kind = 'refunded'"))
	require.Equal(t, 1, b.Count(t, "SELECT COUNT(*) FROM emails WHERE kind = 'refund_started'"))
	b.requirePromises()
}

// A refund that fails after it succeeded is reversed in the ledger, shown, and its amount can be refunded again.
func TestRefundFailsAfterItSucceeded(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	reference := b.paidBooking()
	refund, err := b.askRefund(reference, "all", 0)
	require.NoError(t, err)
	b.recordRefund(atStripe(refund, "re_1", "succeeded"))
	failed := atStripe(refund, "re_1", "failed")
	failed.FailureReason, failed.FailureBalance = "lost_or_stolen_card", balance("txn_back", 45900, 0, "refund_failure")
	for range 2 {
		recorded := b.recordRefund(failed)
		require.Equal(t, booking.RefundFailed, recorded.Status)
		require.Equal(t, booking.StatusConfirmed, recorded.BookingStatus)
	}
	require.Contains(t, b.Text(t, "SELECT attention FROM bookings"), "lost_or_stolen_card")
	require.Equal(t, 1, b.Count(t, "SELECT COUNT(*) FROM financial_ledger WHERE type = 'refund_failure'"))
	require.Equal(t, 1, b.Count(t, "SELECT COUNT(*) FROM emails WHERE kind = 'refund_failed'"))
	require.Equal(t, booking.RefundFailed, b.recordRefund(atStripe(refund, "re_1", "succeeded")).Status)
	again, err := b.askRefund(reference, "again", 0)
	require.NoError(t, err)
	require.Equal(t, int64(45900), again.Amount.Value)
	b.requirePromises()
}

// Stripe's refusal frees what was reserved.
func TestRefusedRefund(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	reference := b.paidBooking()
	refund, err := b.askRefund(reference, "all", 0)
	require.NoError(t, err)
	for range 2 {
		recorded, err := b.Store.RecordRefundRefused(t.Context(), refund.ID, "charge_disputed", time.Now().UTC())
		require.NoError(t, err)
		require.Equal(t, booking.RefundFailed, recorded.Status)
	}
	require.Equal(t, "charge_disputed", b.Text(t, "SELECT failure_reason FROM refunds"))
	require.Equal(t, 1, b.Count(t, `SELECT COUNT(*) FROM emails WHERE kind = 'refund_failed' AND content_json LIKE '%"obstacle":"disputed"%'`))
	require.Contains(t, b.Text(t, "SELECT attention FROM bookings"), "bank decides about the money")
	require.Equal(t, 0, b.Count(t, "SELECT COUNT(*) FROM financial_ledger WHERE type LIKE 'refund%'"))
	_, err = b.askRefund(reference, "again", 0)
	require.NoError(t, err)
	b.requirePromises()
}

// One that was made in Stripe's dashboard gets its row when we hear of it, also several times at once.
func TestRefundFromTheDashboard(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	b.paidBooking()
	made := booking.RefundSnapshot{
		StripeRefundID: "re_hand", PaymentIntentID: "pi_1", StripeStatus: "succeeded", Amount: 900, Currency: "USD", Balance: balance("txn_hand", -900, 0, "refund"),
	}
	failures := make([]error, 8)
	var group sync.WaitGroup
	for i := range failures {
		group.Go(func() {
			_, failures[i] = b.Store.RecordRefund(t.Context(), store.RefundOutcome{Snapshot: made, Now: time.Now().UTC()})
		})
	}
	group.Wait()
	for _, err := range failures {
		require.NoError(t, err)
	}
	require.Equal(t, "dashboard", b.Text(t, "SELECT origin FROM refunds"))
	require.Equal(t, booking.StatusPartiallyRefunded, b.status())
	known, err := b.Store.RefundByStripeID(t.Context(), "re_hand")
	require.NoError(t, err)
	require.NotEmpty(t, known.ID)
	made.PaymentIntentID = "pi_other"
	_, err = b.Store.RecordRefund(t.Context(), store.RefundOutcome{Snapshot: made, Now: time.Now().UTC()})
	require.ErrorIs(t, err, store.ErrNotFound)
	b.requirePromises()
}

// What is not about the refund that its metadata names is not recorded.
func TestRefundThatDoesNotFit(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	refund, err := b.askRefund(b.paidBooking(), "part", 20000)
	require.NoError(t, err)
	other := atStripe(refund, "re_1", "succeeded")
	other.Amount = 30000
	_, err = b.Store.RecordRefund(t.Context(), store.RefundOutcome{Snapshot: other, Now: time.Now().UTC()})
	var mismatch *store.AmountMismatch
	require.ErrorAs(t, err, &mismatch)
	require.NotEmpty(t, b.Text(t, "SELECT attention FROM bookings"))
	require.Equal(t, 0, b.Count(t, "SELECT COUNT(*) FROM financial_ledger WHERE type = 'refund'"))
}

func disputeAt(status booking.DisputeStatus, balances ...booking.BalanceTransaction) booking.DisputeSnapshot {
	return booking.DisputeSnapshot{
		DisputeID: "dp_1", PaymentIntentID: "pi_1", ChargeID: "ch_1", Status: status, Reason: "fraudulent", Amount: 45900, Currency: "USD", Balances: balances,
	}
}

func (b books) recordDispute(s booking.DisputeSnapshot) store.DisputeRecorded {
	b.t.Helper()
	recorded, err := b.Store.RecordDispute(b.t.Context(), store.DisputeOutcome{Snapshot: s, Now: time.Now().UTC()})
	require.NoError(b.t, err)
	return recorded
}

func (b books) balanceOf(account string) int64 {
	b.t.Helper()
	balances, err := b.Store.Balances(b.t.Context())
	require.NoError(b.t, err)
	for _, balance := range balances {
		if string(balance.Account) == account {
			return balance.Amount
		}
	}
	return 0
}

var (
	withdrawn  = *balance("txn_out", -45900, 1500, "dispute")
	reinstated = *balance("txn_in", 45900, -1500, "dispute_reversal")
)

func TestDisputeLostThenTurnedRound(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	b.paidBooking()
	opened := b.recordDispute(disputeAt(booking.DisputeNeedsResponse, withdrawn))
	require.Equal(t, booking.StatusDisputed, opened.BookingStatus)
	require.Equal(t, int64(45900), b.balanceOf("asset:disputed_funds"))
	require.Equal(t, int64(1361+1500), b.balanceOf("expense:stripe_fees"))
	b.requirePromises()

	lost := b.recordDispute(disputeAt(booking.DisputeLost, withdrawn))
	require.Equal(t, booking.StatusRefunded, lost.BookingStatus, "the money went back, by the bank")
	require.Equal(t, int64(45900), b.balanceOf("expense:chargebacks"))
	require.Zero(t, b.balanceOf("asset:disputed_funds"))
	stale := b.recordDispute(disputeAt(booking.DisputeUnderReview, withdrawn))
	require.Equal(t, booking.DisputeLost, stale.Status)
	b.requirePromises()

	won := b.recordDispute(disputeAt(booking.DisputeWon, withdrawn, reinstated))
	require.Equal(t, booking.StatusConfirmed, won.BookingStatus)
	require.False(t, won.Unreinstated)
	require.Zero(t, b.balanceOf("expense:chargebacks"))
	require.Zero(t, b.balanceOf("asset:disputed_funds"))
	require.Equal(t, int64(1361), b.balanceOf("expense:stripe_fees"))
	require.Equal(t, 3, b.Count(t, "SELECT COUNT(*) FROM emails WHERE audience = 'finance' AND kind LIKE 'dispute%'"))
	b.requirePromises()
}

// All that Stripe ever said of a dispute, in any order and at once, ends in the same books.
func TestShuffledDisputeEndsInTheSameBooks(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	b.paidBooking()
	news := []booking.DisputeSnapshot{
		disputeAt(booking.DisputeWarningNeedsResponse), disputeAt(booking.DisputeNeedsResponse, withdrawn), disputeAt(booking.DisputeUnderReview, withdrawn),
		disputeAt(booking.DisputeWon, withdrawn), disputeAt(booking.DisputeWon, withdrawn, reinstated), disputeAt(booking.DisputeWon, withdrawn, reinstated),
	}
	rand.Shuffle(len(news), func(i, j int) { news[i], news[j] = news[j], news[i] })
	failures := make([]error, len(news))
	var group sync.WaitGroup
	for i, snapshot := range news {
		group.Go(func() {
			for range 3 { // two that insert the row at once: one meets the UNIQUE key, as an activity would, and comes again
				_, failures[i] = b.Store.RecordDispute(t.Context(), store.DisputeOutcome{Snapshot: snapshot, Now: time.Now().UTC()})
				if failures[i] == nil {
					return
				}
			}
		})
	}
	group.Wait()
	for _, err := range failures {
		require.NoError(t, err)
	}
	require.Equal(t, booking.StatusConfirmed, b.status())
	require.Equal(t, int64(44539), b.balanceOf("asset:stripe_clearing"))
	require.Zero(t, b.balanceOf("asset:disputed_funds"))
	b.requirePromises()
}

// Refunded and disputed: both together exceed what was captured, which finance is told; no further refund is taken.
func TestDisputeOfARefundedPayment(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	reference := b.paidBooking()
	refund, err := b.askRefund(reference, "part", 30000)
	require.NoError(t, err)
	b.recordRefund(atStripe(refund, "re_1", "succeeded"))
	b.recordDispute(disputeAt(booking.DisputeNeedsResponse, withdrawn))
	require.Equal(t, 1, b.Count(t, `SELECT COUNT(*) FROM emails WHERE kind = 'dispute_opened' AND content_json LIKE '%"exceeds":true%'`))
	_, err = b.askRefund(reference, "more", 100)
	var refused *store.NotRefundable
	require.ErrorAs(t, err, &refused)
	b.requirePromises()
}

// Each of two disputes is within what was captured, both together are not: the second mail says so.
func TestTwoDisputesExceedTogether(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	b.paidBooking()
	const exceeding = `SELECT COUNT(*) FROM emails WHERE kind = 'dispute_opened' AND content_json LIKE '%"exceeds":true%'`
	for i, id := range []string{"dp_1", "dp_2"} {
		opened := disputeAt(booking.DisputeNeedsResponse, *balance("txn_"+id, -30000, 1500, "dispute"))
		opened.DisputeID, opened.Amount = id, 30000
		b.recordDispute(opened)
		require.Equal(t, i, b.Count(t, exceeding), "after %s", id)
	}
	b.requirePromises()
}

// A refund that comes back while the payment is disputed, or after the bank has decided, leaves nothing that we owe: the mail
// and the operator's note say who has the money.
func TestRefundFailsBesideADispute(t *testing.T) {
	t.Parallel()
	for status, says := range map[booking.DisputeStatus]string{
		booking.DisputeNeedsResponse: "bank decides about the money", booking.DisputeLost: "bank has given the money back",
	} {
		b := newBooks(t)
		refund, err := b.askRefund(b.paidBooking(), "all", 0)
		require.NoError(t, err)
		b.recordRefund(atStripe(refund, "re_1", "succeeded"))
		b.recordDispute(disputeAt(booking.DisputeNeedsResponse, withdrawn))
		b.recordDispute(disputeAt(status, withdrawn))
		failed := atStripe(refund, "re_1", "failed")
		failed.FailureReason, failed.FailureBalance = "unknown", balance("txn_back", 45900, 0, "refund_failure")
		require.Equal(t, booking.RefundFailed, b.recordRefund(failed).Status)
		require.Contains(t, b.Text(t, "SELECT attention FROM bookings"), says)
		require.NotContains(t, b.Text(t, "SELECT content_json FROM emails WHERE kind = 'refund_failed'"), `"owed"`)
		require.Contains(t, b.Text(t, "SELECT content_json FROM emails WHERE kind = 'refund_failed'"), `"obstacle"`)
		b.requirePromises()
	}
}

// contents are what an automatic payout pays out, held against the ledger.
func (b books) contents(page ...booking.BalanceTransaction) (contents booking.PayoutContents) {
	unmatched, err := b.Store.MatchPayout(b.t.Context(), page, nil, time.Now().UTC())
	require.NoError(b.t, err)
	contents.Add(page, unmatched)
	return contents
}

func TestPayouts(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	b.paidBooking()
	snapshot := booking.PayoutSnapshot{
		PayoutID: "po_1", Status: booking.PayoutPending, Amount: 44539, Currency: "USD", Automatic: true, Complete: true,
		Balance: balance("txn_po", -44539, 0, "payout"),
	}
	contents := *balance("txn_1", 45900, 1361, "charge")
	record := func(last bool) store.PayoutRecorded {
		recorded, err := b.Store.RecordPayout(t.Context(), store.PayoutOutcome{
			Snapshot: snapshot, Contents: b.contents(contents), LastLook: last, Now: time.Now().UTC(),
		})
		require.NoError(t, err)
		return recorded
	}
	for range 2 {
		require.Equal(t, store.ProofProven, record(false).Proof)
	}
	require.Zero(t, b.balanceOf("asset:stripe_clearing"))
	require.Equal(t, int64(44539), b.balanceOf("asset:bank"))
	snapshot.Status = booking.PayoutPaid
	require.Equal(t, booking.PayoutPaid, record(false).Status)
	snapshot.Status, snapshot.FailureCode, snapshot.FailureBalance = booking.PayoutFailed, "account_closed", balance("txn_po_back", 44539, 0, "payout_reversal")
	for range 2 {
		failed := record(false)
		require.Equal(t, booking.PayoutFailed, failed.Status)
		require.Len(t, failed.EmailIDs, 1)
	}
	require.Equal(t, int64(44539), b.balanceOf("asset:stripe_clearing"))
	b.requirePromises()

	unknown := snapshot
	snapshot = unknown
	snapshot.PayoutID, snapshot.Status, snapshot.Balance, snapshot.FailureBalance = "po_2", booking.PayoutPaid, balance("txn_po2", -100, 0, "payout"), nil
	snapshot.Amount, contents = 100, *balance("txn_nobody", 100, 0, "charge")
	require.Equal(t, store.ProofPending, record(false).Proof)
	require.Equal(t, store.ProofUnproven, record(true).Proof)
	found, err := b.Store.Payout(t.Context(), "po_2")
	require.NoError(t, err)
	require.Equal(t, 1, found.Unmatched)
	require.Equal(t, 1, b.Count(t, "SELECT COUNT(*) FROM emails WHERE kind = 'payout_unproven' AND booking_id IS NULL"))
	snapshot.PayoutID, snapshot.Automatic, snapshot.Balance = "po_3", false, balance("txn_po3", -100, 0, "payout")
	require.Equal(t, store.ProofManual, record(false).Proof)
}

func TestPaidCancellation(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	reference := b.paidBooking()
	in := store.Cancellation{Reference: reference, Policy: booking.Policy{{HoursBefore: 0, Percent: 50}}, Now: time.Now().UTC()}
	quote, err := b.Store.QuoteCancellation(t.Context(), in)
	require.NoError(t, err)
	require.Equal(t, int64(22950), quote.Refund.Value)
	wrong := int64(45900)
	in.ExpectedRefund = &wrong
	var changed *store.QuoteChanged
	_, err = b.Store.CancelPaid(t.Context(), in)
	require.ErrorAs(t, err, &changed)
	require.Equal(t, booking.StatusConfirmed, b.status())

	in.ExpectedRefund = &quote.Refund.Value
	answers := make([]store.Cancelled, 10)
	failures := make([]error, len(answers))
	var group sync.WaitGroup
	for i := range answers {
		group.Go(func() { answers[i], failures[i] = b.Store.CancelPaid(t.Context(), in) })
	}
	group.Wait()
	for i, err := range failures {
		require.NoError(t, err)
		require.Equal(t, answers[0], answers[i])
	}
	require.Equal(t, booking.StatusCancelled, answers[0].BookingStatus)
	require.Equal(t, 1, b.Count(t, "SELECT COUNT(*) FROM refunds WHERE origin = 'cancellation' AND amount = 22950"))
	require.Equal(t, 1, b.Count(t, "SELECT COUNT(*) FROM emails WHERE kind = 'booking_cancelled_paid'"))
	_, err = b.Store.QuoteCancellation(t.Context(), in)
	var refused *store.NotCancellable
	require.ErrorAs(t, err, &refused)
	b.requirePromises()
}

// A payment captured in part is two postings, and no refund may exceed the part.
func TestPartialCapture(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	held := b.held()
	b.Exec(t, "UPDATE bookings SET capture_method = 'manual'")
	authorised := held
	authorised.StripeStatus, authorised.CaptureBefore = "requires_capture", time.Now().Add(time.Hour).UTC()
	recorded, err := b.record(authorised, store.ReasonEvent)
	require.NoError(t, err)
	require.Equal(t, booking.StatusPendingPayment, recorded.BookingStatus)
	require.False(t, recorded.CaptureBefore.IsZero())
	captured := paid(held, true)
	captured.AmountReceived, captured.Balance.Fee = 30000, 900
	captured.Reversal = balance("txn_rest", -15900, 0, "partial_capture_reversal")
	recorded, err = b.record(captured, store.ReasonEvent)
	require.NoError(t, err)
	require.Equal(t, booking.StatusConfirmed, recorded.BookingStatus)
	require.True(t, recorded.CaptureBefore.IsZero())
	require.Equal(t, int64(30000-900), b.balanceOf("asset:stripe_clearing"))
	_, err = b.askRefund(held.Reference, "too much", 30001)
	var exceeds *store.RefundExceedsCaptured
	require.ErrorAs(t, err, &exceeds)
	b.requirePromises()
}

// Late money whose refund a dispute stood in the way of is asked for again once the dispute is won, and once only: what is
// refused after that for the same reason is over something that the books do not know.
func TestLateMoneyIsReservedOncePerDisputeWon(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	held := b.held()
	closed := held
	closed.StripeStatus = "canceled"
	_, err := b.record(closed, store.ReasonCancelled)
	require.NoError(t, err)
	late, err := b.record(paid(held, true), store.ReasonEvent)
	require.NoError(t, err)
	require.Len(t, late.RefundIDs, 1)
	refuse := func(id booking.RefundID) {
		_, err := b.Store.RecordRefundRefused(t.Context(), id, "charge_disputed", time.Now().UTC())
		require.NoError(t, err)
	}
	refuse(late.RefundIDs[0])
	require.Empty(t, b.recordDispute(disputeAt(booking.DisputeNeedsResponse, withdrawn)).RefundIDs)
	for range 2 {
		won := b.recordDispute(disputeAt(booking.DisputeWon, withdrawn, reinstated))
		require.Len(t, won.RefundIDs, 1)
		require.NotEqual(t, late.RefundIDs, won.RefundIDs)
		late.RefundIDs = append(late.RefundIDs[:1], won.RefundIDs...)
	}
	b.requirePromises()
	refuse(late.RefundIDs[1])
	require.Empty(t, b.recordDispute(disputeAt(booking.DisputeWon, withdrawn, reinstated)).RefundIDs)
	require.Equal(t, 2, b.Count(t, "SELECT COUNT(*) FROM refunds"))
}

// The bank gave back a part of late money: Stripe refunds nothing of such a payment, so that a person has to.
func TestLateMoneyThatWasChargedBackInPart(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	held := b.held()
	closed := held
	closed.StripeStatus = "canceled"
	_, err := b.record(closed, store.ReasonCancelled)
	require.NoError(t, err)
	part := disputeAt(booking.DisputeLost, *balance("txn_out", -30000, 1500, "dispute"))
	part.Amount = 30000
	b.recordDispute(part)
	late, err := b.record(paid(held, true), store.ReasonEvent)
	require.NoError(t, err)
	require.True(t, late.RefundDue)
	require.Empty(t, late.RefundIDs)
	b.recordDispute(part)
	require.Contains(t, b.Text(t, "SELECT attention FROM bookings"), "charged back")
	b.requirePromises()
}

// Exchange rates change while the bank decides, and some decisions are partial: what is not given back is booked where lost
// disputes are, in either direction, and shown.
func TestDisputeWonWithOtherMoneyThanItTook(t *testing.T) {
	t.Parallel()
	for says, back := range map[string]int64{"gave back $19.00 less than it took": 44000, "gave back $19.00 more than it took": 47800} {
		b := newBooks(t)
		b.paidBooking()
		b.recordDispute(disputeAt(booking.DisputeNeedsResponse, withdrawn))
		waiting := b.recordDispute(disputeAt(booking.DisputeWon, withdrawn))
		require.True(t, waiting.Unreinstated)
		require.Equal(t, int64(45900), b.balanceOf("asset:disputed_funds"), "it is awaited")
		other := *balance("txn_in", back, -1500, "dispute_reversal")
		for _, balances := range [][]booking.BalanceTransaction{{withdrawn, other}, {withdrawn, other}, {withdrawn}} {
			won := b.recordDispute(disputeAt(booking.DisputeWon, balances...))
			require.False(t, won.Unreinstated)
			require.Equal(t, booking.StatusConfirmed, won.BookingStatus)
		}
		require.Zero(t, b.balanceOf("asset:disputed_funds"))
		require.Equal(t, 45900-back, b.balanceOf("expense:chargebacks"))
		require.Equal(t, 1, b.Count(t, "SELECT COUNT(*) FROM financial_ledger WHERE type = 'chargeback'"))
		require.Contains(t, b.Text(t, "SELECT attention FROM bookings"), says)
		b.requirePromises()
	}
}

// Won, and the money does not come: after the last look it is a loss, until it comes after all.
func TestDisputeWonAndNotPaidBack(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	b.paidBooking()
	b.recordDispute(disputeAt(booking.DisputeNeedsResponse, withdrawn))
	recorded, err := b.Store.RecordDispute(t.Context(), store.DisputeOutcome{
		Snapshot: disputeAt(booking.DisputeWon, withdrawn), LastLook: true, Now: time.Now().UTC(),
	})
	require.NoError(t, err)
	require.False(t, recorded.Unreinstated)
	require.False(t, b.recordDispute(disputeAt(booking.DisputeWon, withdrawn)).Unreinstated, "and so it stays")
	require.Equal(t, int64(45900), b.balanceOf("expense:chargebacks"))
	b.requirePromises()
	require.False(t, b.recordDispute(disputeAt(booking.DisputeWon, withdrawn, reinstated)).Unreinstated)
	require.Zero(t, b.balanceOf("expense:chargebacks"))
	require.Zero(t, b.balanceOf("asset:disputed_funds"))
	b.requirePromises()
}

// The loss of a dispute that is turned round is taken back but for what does not come.
func TestDisputeTurnedRoundWithLess(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	b.paidBooking()
	b.recordDispute(disputeAt(booking.DisputeLost, withdrawn))
	b.recordDispute(disputeAt(booking.DisputeWon, withdrawn, *balance("txn_in", 44000, -1500, "dispute_reversal")))
	require.Equal(t, int64(1900), b.balanceOf("expense:chargebacks"))
	require.Equal(t, 1, b.Count(t, "SELECT COUNT(*) FROM financial_ledger WHERE description LIKE 'Loss taken back%'"))
	require.Contains(t, b.Text(t, "SELECT attention FROM bookings"), "less than it took")
	b.requirePromises()
}

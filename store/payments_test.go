package store_test

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/booking"
	"farebook/store"
)

func TestOutcomeRecordedFiftyTimesAtOnceIsPostedOnce(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	snapshot := paid(b.held(), true)
	var group sync.WaitGroup
	failures := make(chan error, 50)
	for range cap(failures) {
		group.Go(func() {
			if _, err := b.record(snapshot, store.ReasonEvent); err != nil {
				failures <- err
			}
		})
	}
	group.Wait()
	close(failures)
	for err := range failures {
		require.NoError(t, err)
	}
	require.Equal(t, 1, b.Count(t, "SELECT COUNT(*) FROM financial_ledger"))
	require.Equal(t, 1, b.Count(t, "SELECT COUNT(*) FROM emails"))
	b.requirePromises()
}

func TestDeclineThenSuccess(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	snapshot := b.held()
	snapshot.DeclineCode = "insufficient_funds"
	for range 2 {
		recorded, err := b.record(snapshot, store.ReasonEvent)
		require.NoError(t, err)
		require.Equal(t, booking.StatusPendingPayment, recorded.BookingStatus)
		require.Equal(t, booking.PaymentFailed, recorded.PaymentStatus)
		require.Len(t, recorded.EmailIDs, 1)
	}
	recorded, err := b.record(paid(snapshot, true), store.ReasonEvent)
	require.NoError(t, err)
	require.Equal(t, booking.StatusConfirmed, recorded.BookingStatus)
	require.Len(t, recorded.EmailIDs, 2)
	b.requirePromises()
}

func TestOlderSnapshotChangesNothing(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	before := b.held()
	_, err := b.record(paid(before, true), store.ReasonEvent)
	require.NoError(t, err)
	for _, status := range []string{"requires_payment_method", "processing", "requires_action", "canceled"} {
		before.StripeStatus = status
		recorded, err := b.record(before, store.ReasonHoldEnded)
		require.NoError(t, err)
		require.Equal(t, booking.StatusConfirmed, recorded.BookingStatus)
		require.Equal(t, booking.PaymentSucceeded, recorded.PaymentStatus)
	}
	b.requirePromises()
}

func TestFeeThatComesLater(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	snapshot := b.held()
	recorded, err := b.record(paid(snapshot, false), store.ReasonEvent)
	require.NoError(t, err)
	require.True(t, recorded.FeePending)
	for range 2 {
		recorded, err = b.record(paid(snapshot, true), store.ReasonEvent)
		require.NoError(t, err)
		require.False(t, recorded.FeePending)
	}
	transactions, err := b.Store.Ledger(t.Context(), snapshot.Reference)
	require.NoError(t, err)
	require.Len(t, transactions, 2)
	balances, err := b.Store.Balances(t.Context())
	require.NoError(t, err)
	require.Contains(t, balances, store.Balance{Account: "asset:stripe_clearing", Currency: "USD", Amount: 44539})
	b.requirePromises()
}

func TestCancellationAtStripeClosesTheBooking(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		stripeReason string
		reason       store.Reason
		want         booking.Status
	}{
		{"abandoned", store.ReasonEvent, booking.StatusExpired},
		{"", store.ReasonHoldEnded, booking.StatusExpired},
		{"requested_by_customer", store.ReasonEvent, booking.StatusCancelled},
		{"", store.ReasonCancelled, booking.StatusCancelled},
		{"", store.ReasonEvent, booking.StatusPaymentFailed},
		{"fraudulent", store.ReasonHoldEnded, booking.StatusPaymentFailed},
	} {
		b := newBooks(t)
		snapshot := b.held()
		snapshot.StripeStatus, snapshot.CancellationReason = "canceled", c.stripeReason
		recorded, err := b.record(snapshot, c.reason)
		require.NoError(t, err)
		require.Equal(t, c.want, recorded.BookingStatus, "%+v", c)
		require.Len(t, recorded.EmailIDs, 1)

		// Late money is recorded and flagged.
		recorded, err = b.record(paid(snapshot, true), store.ReasonEvent)
		require.NoError(t, err)
		require.Equal(t, c.want, recorded.BookingStatus)
		require.True(t, recorded.RefundDue)
		require.Equal(t, "payment refund_promised", b.Text(t, "SELECT GROUP_CONCAT(type ORDER BY id SEPARATOR ' ') FROM financial_ledger"))
		b.requirePromises()
	}
}

// A decline is emailed, and so is the end of the booking when somebody cancels the PaymentIntent at Stripe afterwards.
func TestDeclineAndThenCancelledAtStripeAreBothTold(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	snapshot := b.held()
	snapshot.DeclineCode = "insufficient_funds"
	_, err := b.record(snapshot, store.ReasonEvent)
	require.NoError(t, err)
	snapshot.StripeStatus, snapshot.CancellationReason = "canceled", "fraudulent"
	recorded, err := b.record(snapshot, store.ReasonEvent)
	require.NoError(t, err)
	require.Equal(t, booking.StatusPaymentFailed, recorded.BookingStatus)
	require.Len(t, recorded.EmailIDs, 2)
	require.Equal(t, 2, b.Count(t, "SELECT COUNT(DISTINCT message_id) FROM emails WHERE kind = 'payment_failed'"))
}

func TestContradictionPostsNothingAndIsShown(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*booking.PaymentSnapshot){
		"amount":        func(s *booking.PaymentSnapshot) { s.Amount = 1 },
		"received":      func(s *booking.PaymentSnapshot) { s.AmountReceived = 1 },
		"currency":      func(s *booking.PaymentSnapshot) { s.Currency = "EUR" },
		"PaymentIntent": func(s *booking.PaymentSnapshot) { s.PaymentIntentID = "pi_other" },
	} {
		b := newBooks(t)
		snapshot := paid(b.held(), true)
		change(&snapshot)
		_, err := b.record(snapshot, store.ReasonEvent)
		var contradiction *store.ContradictionError
		require.ErrorAs(t, err, &contradiction, name)
		require.Equal(t, 0, b.Count(t, "SELECT COUNT(*) FROM financial_ledger"))
		require.Equal(t, 1, b.Count(t, "SELECT COUNT(*) FROM bookings WHERE attention IS NOT NULL AND status = 'pending_payment'"))
	}
}

func TestRefusedBeforeAnyPaymentIntent(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	reservation, err := b.reserve("key", 1)
	require.NoError(t, err)
	for range 2 {
		recorded, err := b.Store.RecordPaymentRefused(t.Context(), reservation.Booking.Reference, "amount_too_small")
		require.NoError(t, err)
		require.Equal(t, booking.StatusPaymentFailed, recorded.BookingStatus)
		require.Len(t, recorded.EmailIDs, 1)
	}
	require.Equal(t, 1, b.Count(t, "SELECT COUNT(*) FROM emails"))
}

// Fifty attempts at once make one payment row of one PaymentIntent, while recorders hold the booking's lock. Another PaymentIntent, and one
// over another amount or currency, gets no row and is shown to an operator.
func TestPaymentRowIsInsertedOnceAndOnlyForItsBooking(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*booking.PaymentSnapshot){
		"another PaymentIntent": func(s *booking.PaymentSnapshot) { s.PaymentIntentID = "pi_other" },
		"another amount":        func(s *booking.PaymentSnapshot) { s.Amount = 1 },
		"another currency":      func(s *booking.PaymentSnapshot) { s.Currency = "EUR" },
		"another booking":       func(s *booking.PaymentSnapshot) { s.Reference = "FB-7K2M9QXA" },
	} {
		b := newBooks(t)
		reservation, err := b.reserve("key", 1)
		require.NoError(t, err)
		reference := reservation.Booking.Reference
		snapshot := booking.PaymentSnapshot{
			PaymentIntentID: "pi_1", StripeStatus: "requires_payment_method", Reference: reference, Amount: 45900, Currency: "USD",
		}
		different := snapshot
		change(&different)
		var contradiction *store.ContradictionError
		if name != "another PaymentIntent" {
			require.ErrorAs(t, b.Store.RecordPaymentIntent(t.Context(), reference, different, false), &contradiction, name)
			require.Zero(t, b.Count(t, "SELECT COUNT(*) FROM payments"), name)
		}
		var group sync.WaitGroup
		failures := make([]error, 50)
		for i := range failures {
			group.Go(func() {
				if i%5 == 0 {
					_, failures[i] = b.record(snapshot, store.ReasonEvent)
					return
				}
				failures[i] = b.Store.RecordPaymentIntent(t.Context(), reference, snapshot, false)
			})
		}
		group.Wait()
		for _, err := range failures {
			require.NoError(t, err, name)
		}
		require.Equal(t, 1, b.Count(t, "SELECT COUNT(*) FROM payments"))
		if name != "another booking" { // the PaymentIntent's id decides from now on
			require.ErrorAs(t, b.Store.RecordPaymentIntent(t.Context(), reference, different, false), &contradiction, name)
		}
		require.Equal(t, 1, b.Count(t, "SELECT COUNT(*) FROM payments WHERE stripe_payment_intent_id = 'pi_1'"), name)
	}
}

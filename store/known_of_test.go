package store_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/booking"
	"farebook/reconciliation"
)

// Lines name a booking, a PaymentIntent, both, or neither, and not always those that belong together: what the books know of each is
// looked up by both names.
func TestKnownOfFindsBookingsByEitherName(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	dice := b.dice()
	const taken = 60
	b.plantBookings(taken)
	intentOf, bookingOf := map[string]string{}, map[string]booking.Reference{}
	var payments [][]any
	for id := 1; id <= taken; id++ {
		reference := plantedReference(id)
		intentOf[reference] = ""
		if dice.IntN(4) == 0 { // no PaymentIntent yet
			continue
		}
		intent := fmt.Sprintf("pi_%d", id)
		intentOf[reference], bookingOf[intent] = intent, booking.Reference(reference)
		payments = append(payments, []any{id, intent, "succeeded", 100, "USD", plantedAt, plantedAt})
	}
	b.plant("payments", "booking_id, stripe_payment_intent_id, status, amount, currency, created_at, updated_at", payments)

	lines, expected := []reconciliation.Line{}, map[string]reconciliation.Known{}
	for i := range 400 {
		line := reconciliation.Line{BalanceTransaction: booking.BalanceTransaction{ID: fmt.Sprintf("txn_%d", i)}}
		// Above taken are payments of another integration, and bookings that the books have lost.
		if dice.IntN(4) > 0 {
			line.PaymentIntentID = fmt.Sprintf("pi_%d", 1+dice.IntN(taken*3/2))
		}
		if dice.IntN(4) > 0 {
			line.Reference = booking.Reference(plantedReference(1 + dice.IntN(taken*3/2)))
		}
		lines = append(lines, line)
		own, ours := intentOf[string(line.Reference)]
		known := reconciliation.Known{Reference: bookingOf[line.PaymentIntentID], BookingKnown: ours}
		known.PaymentKnown = known.Reference != ""
		if !known.PaymentKnown && ours && own != line.PaymentIntentID {
			known.OtherIntent = own
		}
		expected[line.ID] = known
	}
	known, err := b.Store.KnownOf(t.Context(), lines)
	require.NoError(t, err)
	require.Equal(t, expected, known)
	one, err := b.Store.KnownOf(t.Context(), lines[:1])
	require.NoError(t, err)
	require.Equal(t, expected[lines[0].ID], one[lines[0].ID])
}

package paypage

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/booking"
	"farebook/money"
	"farebook/store"
)

// Each status of a booking and of its payment, while the seats are held and afterwards.
func TestEachStatusHasAState(t *testing.T) {
	t.Parallel()
	now := time.Date(2027, 3, 1, 12, 0, 0, 0, time.UTC)
	of := func(status booking.Status, payment booking.PaymentStatus, hold time.Duration) state {
		known := store.Booking{Status: status, HoldExpiresAt: now.Add(hold)}
		if payment != "" {
			known.Payment = &store.Payment{Status: payment}
		}
		return stateOf(known, now)
	}
	for status, want := range map[booking.Status]state{
		booking.StatusConfirmed: statePaid, booking.StatusPartiallyRefunded: statePaid, booking.StatusDisputed: statePaid,
		booking.StatusRefunded: stateRefunded, booking.StatusCancelled: stateCancelled, booking.StatusExpired: stateExpired,
		booking.StatusPaymentFailed: stateFailed,
	} {
		require.Equal(t, want, of(status, booking.PaymentSucceeded, time.Minute), status)
	}
	for payment, want := range map[booking.PaymentStatus][2]state{ // held, and not any more
		"":                            {statePreparing, stateExpired},
		booking.PaymentPending:        {stateOpen, stateExpired},
		booking.PaymentRequiresAction: {stateOpen, stateExpired},
		booking.PaymentFailed:         {stateDeclined, stateExpired},
		booking.PaymentProcessing:     {stateProcessing, stateProcessing},
		booking.PaymentSucceeded:      {stateProcessing, stateProcessing},
		booking.PaymentCanceled:       {stateProcessing, stateProcessing},
		booking.PaymentUnknown:        {stateProcessing, stateProcessing},
		booking.PaymentAuthorized:     {stateAuthorized, stateAuthorized},
	} {
		require.Equal(t, want[0], of(booking.StatusPendingPayment, payment, time.Nanosecond), payment)
		require.Equal(t, want[1], of(booking.StatusPendingPayment, payment, 0), payment)
	}
	for status := range booking.BookingTransitions {
		require.Contains(t, states, of(status, booking.PaymentPending, time.Minute), status)
	}
}

func TestEveryLanguageHasEveryText(t *testing.T) {
	t.Parallel()
	english := slices.Sorted(maps.Keys(catalog[money.LocaleEN]))
	for locale, byID := range catalog {
		require.Equal(t, english, slices.Sorted(maps.Keys(byID)), locale)
		for id, text := range byID {
			require.NotEmpty(t, text, "%s %s", locale, id)
		}
	}
	for _, one := range states {
		require.Contains(t, english, "state."+string(one))
		require.Contains(t, english, "state."+string(one)+".text")
	}
}

func TestThePolicyNamesStripeOrTheStandIn(t *testing.T) {
	t.Parallel()
	policy, err := policyFor("https://js.stripe.com/v3/")
	require.NoError(t, err)
	require.Equal(t, "default-src 'none'; script-src 'self' https://js.stripe.com https://*.js.stripe.com; style-src 'self'; img-src 'self'; "+
		"connect-src 'self' https://api.stripe.com; frame-src https://js.stripe.com https://*.js.stripe.com https://hooks.stripe.com; "+
		"form-action 'self'; base-uri 'none'; frame-ancestors 'none'", policy)
	policy, err = policyFor("http://127.0.0.1:12111/v3/")
	require.NoError(t, err)
	require.NotContains(t, policy, "stripe.com")
	require.Contains(t, policy, "script-src 'self' http://127.0.0.1:12111;")
	_, err = policyFor("stripe")
	require.Error(t, err)
}

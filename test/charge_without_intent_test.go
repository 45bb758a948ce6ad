package test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/fakestripe"
	"farebook/internal/dev/testkit"
)

// nameless has an object at Stripe name its charge alone.
var nameless = map[string]any{"payment_intent": nil}

// Disputes and refunds that name their charge and no PaymentIntent are their booking's: whether the books know the charge, or Stripe
// alone does, and whether an event tells of them or a reconciliation finds them.
func TestObjectsThatNameAChargeAloneAreTheirBookings(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		forget bool // the books have the payment without its charge
		lose   bool // no event comes
	}{
		"the books know the charge":   {},
		"Stripe knows the charge":     {forget: true},
		"a reconciliation finds them": {lose: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := testkit.New(t, testkit.Options{Lag: time.Nanosecond})
			booked := s.BookAndPay("alone", nil)
			s.AwaitQuiet()
			intent := booked.Payment.PaymentIntentID
			charge := s.DB.Text(t, "SELECT stripe_charge_id FROM payments")
			if c.forget {
				s.DB.Exec(t, "UPDATE payments SET stripe_charge_id = ''")
			} else {
				require.NoError(t, s.Stripe.Rewrite(charge, nameless))
			}
			if c.lose {
				s.Stripe.EnableEvents("payment_intent.succeeded")
			}
			s.Stripe.HoldWebhooks()
			refund, err := s.Stripe.RefundInDashboard(intent, 900)
			require.NoError(t, err)
			require.NoError(t, s.Stripe.Rewrite(refund, nameless))
			dispute, err := s.Stripe.OpenDispute(fakestripe.NewDispute{PaymentIntent: intent, Status: "needs_response", Withdraw: true})
			require.NoError(t, err)
			require.NoError(t, s.Stripe.Rewrite(dispute, nameless, "charge.dispute.created", "charge.dispute.funds_withdrawn"))
			s.Stripe.ReleaseWebhooks()
			if c.lose {
				reconcile(s, `{}`)
			}
			s.AwaitStatus(booked.Reference, "disputed")
			awaitDispute(s, dispute, "needs_response")
			s.AwaitQuiet()
			require.Equal(t, 1, s.DB.Count(t, "SELECT COUNT(*) FROM refunds WHERE stripe_refund_id = ? AND status = 'succeeded' AND posted", refund))
			require.Equal(t, 1, s.DB.Count(t, "SELECT COUNT(*) FROM disputes WHERE stripe_payment_intent_id = ?", intent))
			require.Zero(t, told(s, "not_ours"))
			s.RequireLedger(booked.Reference, "payment", "refund", "dispute", "refund_promised")
			requireNoRunFailed(s)
			s.RequirePromises()
		})
	}
}

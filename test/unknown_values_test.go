package test

import (
	"log/slog"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/fakestripe"
	"farebook/internal/dev/testkit"
	"farebook/internal/stripeapi"
)

// madeUp is a value that no enumeration of Stripe's has.
const madeUp = "made_up"

// unknown is a booking that is paid, or not yet, and what a case does to it.
type unknown struct {
	*testkit.Stack
	booked testkit.Booked
}

func (u unknown) rewrite(id string, fields map[string]any, events ...string) {
	u.T.Helper()
	require.NoError(u.T, u.Stripe.Rewrite(id, fields, events...))
}

// awaitRow waits for what a query counts.
func (u unknown) awaitRow(query string, args ...any) {
	u.T.Helper()
	u.Eventually(func() bool { return u.DB.Count(u.T, query, args...) == 1 }, "never: %s %v; logs:\n%s", query, args, u.Logs)
}

// requireShown holds that an operator sees Stripe's own word.
func (u unknown) requireShown(attention string) {
	u.T.Helper()
	u.awaitRow("SELECT COUNT(*) FROM bookings WHERE attention LIKE ?", "%"+attention+"%: "+madeUp)
}

// starter runs the operator's command, which has to succeed.
func (u unknown) starter(args ...string) string {
	u.T.Helper()
	out, err := starterWith(u.Stack, args...)
	require.NoError(u.T, err, out)
	return out
}

func (u unknown) charge() string {
	return u.DB.Text(u.T, "SELECT stripe_charge_id FROM payments WHERE stripe_payment_intent_id = ?", u.booked.Payment.PaymentIntentID)
}

func (u unknown) payout() string {
	u.T.Helper()
	u.AwaitQuiet()
	u.Stripe.SettleFunds()
	id := provenPayout(u.Stack)
	return id
}

// Every enumeration that Stripe owns gets values with time. A value that this version does not know is recorded as it came, its money
// is posted by its balance transactions, what could make it worse is refused, an operator sees it, and any value that is known follows.
func TestValuesThatStripeAdds(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		unpaid bool
		meet   func(u unknown)
		status string   // of the booking in the end
		ledger []string // of the booking in the end
	}{
		"status of a PaymentIntent":              {true, meetPaymentIntent, "confirmed", []string{"payment"}},
		"cancellation reason of a PaymentIntent": {true, meetCancellation, "payment_failed", nil},
		"code of a decline":                      {true, meetDecline, "confirmed", []string{"payment"}},
		"status of a charge":                     {false, meetCharge, "confirmed", []string{"payment"}},
		"status of a refund":                     {false, meetRefund, "partially_refunded", []string{"payment", "refund", "refund_promised"}},
		"failure reason of a refund": {
			false, meetRefundFailure, "confirmed",
			[]string{"payment", "refund", "refund_failure", "refund_promised"},
		},
		"status of a dispute": {
			false, meetDispute, "refunded",
			[]string{"payment", "dispute", "chargeback", "chargeback_relief"},
		},
		"reason of a dispute":           {false, meetDisputeReason, "disputed", []string{"payment", "dispute"}},
		"status of a payout":            {false, meetPayout, "confirmed", []string{"payment"}},
		"failure code of a payout":      {false, meetPayoutFailure, "confirmed", []string{"payment"}},
		"type of a balance transaction": {true, meetBalance, "confirmed", []string{"payment"}},
		"type of an event":              {false, meetEvent, "confirmed", []string{"payment"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := testkit.New(t, testkit.Options{Lag: time.Nanosecond})
			u := unknown{s, s.Book("unknown", testkit.BookingBody(nil))}
			if !c.unpaid {
				require.Equal(t, http.StatusOK, s.Pay(u.booked.Payment.PaymentIntentID, "pm_card_visa"))
				s.AwaitStatus(u.booked.Reference, "confirmed")
				s.AwaitQuiet()
			}
			c.meet(u)
			s.AwaitStatus(u.booked.Reference, c.status)
			s.AwaitQuiet()
			s.RequireLedger(u.booked.Reference, c.ledger...)
			requireNoRunFailed(s)
			s.RequirePromises()
		})
	}
}

func meetPaymentIntent(u unknown) {
	id := u.booked.Payment.PaymentIntentID
	u.rewrite(id, map[string]any{"status": madeUp}, "payment_intent.processing")
	u.awaitRow("SELECT COUNT(*) FROM payments WHERE status = 'unknown' AND stripe_status = ?", madeUp)
	u.requireShown("PaymentIntent " + id)
	for _, action := range []string{"cancel", "capture"} {
		answer := u.Post("/v1/bookings/"+u.booked.Reference+"/"+action, action, nil)
		require.Equal(u.T, http.StatusConflict, answer.Status, "%s", answer.Body)
	}
	run := u.LatestRun(u.WorkflowID(u.booked.Reference))
	u.rewrite(id, nil)
	require.Equal(u.T, http.StatusOK, u.Pay(id, "pm_card_visa"))
	u.AwaitStatus(u.booked.Reference, "confirmed")
	u.AwaitQuiet()
	u.SaveEarlierRun(u.WorkflowID(u.booked.Reference), run, "booking_payment_unknown_state")
	requireNoAttention(u.Stack)
}

func meetCancellation(u unknown) {
	id := u.booked.Payment.PaymentIntentID
	u.rewrite(id, map[string]any{"status": "canceled", "cancellation_reason": madeUp}, "payment_intent.canceled")
	u.AwaitStatus(u.booked.Reference, "payment_failed")
	u.requireShown("PaymentIntent " + id + " has a cancellation_reason")
}

func meetDecline(u unknown) {
	id := u.booked.Payment.PaymentIntentID
	u.rewrite(id, map[string]any{"last_payment_error": map[string]any{"type": "card_error", "code": madeUp, "decline_code": madeUp}},
		"payment_intent.payment_failed")
	u.awaitRow("SELECT COUNT(*) FROM payments WHERE status = 'failed' AND decline_code = ?", madeUp)
	u.rewrite(id, nil)
	require.Equal(u.T, http.StatusOK, u.Pay(id, "pm_card_visa"))
}

func meetCharge(u unknown) {
	u.rewrite(u.charge(), map[string]any{"status": madeUp}, "charge.updated")
	u.AwaitQuiet()
	requireNoAttention(u.Stack) // the PaymentIntent and the balance decide
}

func meetRefund(u unknown) {
	u.Stripe.HoldWebhooks()
	id, err := u.Stripe.RefundInDashboard(u.booked.Payment.PaymentIntentID, 900)
	require.NoError(u.T, err)
	u.rewrite(id, map[string]any{"status": madeUp})
	u.Stripe.ReleaseWebhooks()
	u.awaitRow("SELECT COUNT(*) FROM refunds WHERE status = 'unknown' AND stripe_status = ? AND posted", madeUp)
	u.requireShown("refund " + id)
	answer := u.Post("/v1/bookings/"+u.booked.Reference+"/refunds", "all of it", []byte(usd(45900)))
	require.Equal(u.T, http.StatusUnprocessableEntity, answer.Status, "its amount is reserved: %s", answer.Body)
	u.requireFinding("the refund has the status \"made_up\" at Stripe")
	u.rewrite(id, nil, "refund.updated")
	u.awaitRow("SELECT COUNT(*) FROM refunds WHERE status = 'succeeded' AND stripe_status = ''")
	requireNoAttention(u.Stack)
}

func meetRefundFailure(u unknown) {
	id, err := u.Stripe.RefundInDashboard(u.booked.Payment.PaymentIntentID, 900)
	require.NoError(u.T, err)
	u.awaitRow("SELECT COUNT(*) FROM refunds WHERE status = 'succeeded'")
	require.NoError(u.T, u.Stripe.FailRefund(id, madeUp))
	u.awaitRow("SELECT COUNT(*) FROM refunds WHERE status = 'failed' AND failure_reason = ?", madeUp)
	u.awaitRow("SELECT COUNT(*) FROM bookings WHERE attention LIKE ?", "%"+madeUp+"%")
}

func meetDispute(u unknown) {
	id, err := u.Stripe.OpenDispute(fakestripe.NewDispute{
		PaymentIntent: u.booked.Payment.PaymentIntentID, Status: madeUp, Withdraw: true,
		Events: []string{"charge.dispute.created", "charge.dispute.funds_withdrawn"},
	})
	require.NoError(u.T, err)
	u.awaitRow("SELECT COUNT(*) FROM disputes WHERE status = 'unknown' AND stripe_status = ? AND withheld > 0", madeUp)
	u.AwaitStatus(u.booked.Reference, "disputed")
	u.requireShown("dispute " + id)
	u.Eventually(func() bool { return u.FinanceMailCount("dispute_opened") == 1 }, "finance hears nothing")
	for path, body := range map[string]string{"refunds": `{}`, "cancel": `{}`} {
		answer := u.Post("/v1/bookings/"+u.booked.Reference+"/"+path, path, []byte(body))
		require.Equal(u.T, http.StatusConflict, answer.Status, "%s", answer.Body)
	}
	u.requireFinding("the dispute has the status \"made_up\" at Stripe")
	require.NoError(u.T, u.Stripe.SetDisputeStatus(id, "lost", "charge.dispute.closed"))
	u.AwaitStatus(u.booked.Reference, "refunded")
	awaitDispute(u.Stack, id, "lost")
	requireNoAttention(u.Stack)
	require.NoError(u.T, u.Stripe.SetDisputeStatus(id, madeUp, "charge.dispute.updated"))
	u.requireShown("dispute " + id) // and what was decided stays so
	require.NoError(u.T, u.Stripe.SetDisputeStatus(id, "lost", "charge.dispute.updated"))
}

func meetDisputeReason(u unknown) {
	_, err := u.Stripe.Dispute(u.booked.Payment.PaymentIntentID, 0, madeUp)
	require.NoError(u.T, err)
	u.awaitRow("SELECT COUNT(*) FROM disputes WHERE status = 'needs_response' AND reason = ?", madeUp)
}

func meetPayout(u unknown) {
	id := u.payout()
	u.rewrite(id, map[string]any{"status": madeUp}, "payout.updated")
	u.awaitRow("SELECT COUNT(*) FROM payouts WHERE status = 'unknown' AND stripe_status = ? AND posted", madeUp)
	u.Eventually(func() bool {
		return len(u.LogLines("worker", "payout has a status at Stripe that this version does not know")) > 0
	},
		"the log does not say so; logs:\n%s", u.Logs)
	u.requireFinding("the payout has the status \"made_up\" at Stripe")
	shown := "payout " + id + " has a status at Stripe that this version does not know: made_up"
	require.Contains(u.T, u.starter("attention", "list"), shown)
	out, err := starterWith(u.Stack, "verify", "--books")
	require.Error(u.T, err, "a run found what it could not heal")
	require.Contains(u.T, out, "Matters that need attention: 1")
	require.Contains(u.T, out, "payout "+id+", the payout has")
	u.Eventually(func() bool { return u.FinanceMailCount("payout_unknown") == 1 }, "finance hears nothing")
	u.rewrite(id, nil)
	require.NoError(u.T, u.Stripe.MovePayout(id, "paid"))
	awaitPayout(u.Stack, id, "paid", "proven")
	require.NotContains(u.T, u.starter("attention", "list"), id)
	u.rewrite(id, map[string]any{"status": madeUp}, "payout.updated") // a paid payout stays paid, and an operator sees the rest
	u.awaitRow("SELECT COUNT(*) FROM attention_items WHERE is_open = 1 AND booking_id IS NULL AND subject = ?", id+"/status")
	u.rewrite(id, nil, "payout.updated")
	u.awaitRow("SELECT COUNT(*) = 2 FROM attention_items WHERE subject = ? AND closed_at IS NOT NULL", id+"/status")
	require.Equal(u.T, 1, u.FinanceMailCount("payout_unknown"))
}

func meetPayoutFailure(u unknown) {
	id := u.payout()
	u.rewrite(id, map[string]any{"failure_code": madeUp})
	require.NoError(u.T, u.Stripe.MovePayout(id, "failed"))
	u.awaitRow("SELECT COUNT(*) FROM payouts WHERE status = 'failed' AND failure_code = ? AND failure_posted", madeUp)
}

func meetBalance(u unknown) {
	u.Stripe.HoldWebhooks()
	require.Equal(u.T, http.StatusOK, u.Pay(u.booked.Payment.PaymentIntentID, "pm_card_visa"))
	stripe := stripeapi.New(stripeapi.Config{
		SecretKey: u.Config.Stripe.SecretKey, APIBase: u.Config.Stripe.APIBase,
		Log: slog.New(slog.DiscardHandler),
	})
	paid, _, err := stripe.PaymentIntent(u.T.Context(), u.booked.Payment.PaymentIntentID)
	require.NoError(u.T, err)
	u.rewrite(paid.Balance.ID, map[string]any{"type": madeUp, "reporting_category": madeUp})
	u.Stripe.ReleaseWebhooks()
}

func meetEvent(u unknown) {
	status := u.DeliverMade(fakestripe.MadeEvent{
		Type: "payment_intent." + madeUp, Object: []byte(`{"id":"` + u.booked.Payment.PaymentIntentID + `","object":"payment_intent"}`),
	})
	require.Equal(u.T, http.StatusOK, status)
	u.awaitRow("SELECT COUNT(*) FROM stripe_events WHERE type = ? AND state = 'processed' AND note <> ''", "payment_intent."+madeUp)
}

// requireFinding holds that a reconciliation shows what Stripe says to an operator, and heals nothing about it.
func (u unknown) requireFinding(reason string) {
	u.T.Helper()
	run := reconcile(u.Stack, `{}`)
	u.awaitRow("SELECT COUNT(*) FROM reconciliation_items WHERE class = 'state_mismatch' AND healing = '' AND state = 'found' AND reason "+
		"LIKE ?", reason+"%")
	require.Zero(u.T, run.Failed, "%+v", run.Details)
}

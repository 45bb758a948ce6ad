package test

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/fakestripe"
	"farebook/internal/dev/testdb"
	"farebook/internal/dev/testkit"
	"farebook/reconciliation"
	"farebook/store/recon"
)

// unfinished is a system with work of each kind at each stage that waits for something. From moveOnAtStripe on there is no webhook: what
// Stripe decides then is learnt by the workflows alone that carry the work on.
type unfinished struct {
	*testkit.Stack

	hold, processing, runsOut, warned, unmailed testkit.Booked
	feeless, found                              testkit.Booked // paid without a fee; refunded by hand, of which charge.refunded alone tells
	unposted, unheard                           string         // refunds at Stripe: succeeded without a balance transaction, not found yet
	// balance transactions not in the ledger: Stripe's own bill, another integration's payment
	bill, theirs               string
	requested, pending, action refundView
	dashboard                  string // the refund at Stripe
	open, inquiry, won         string // disputes
	payout                     string
	copied                     uint64 // an email that was asked for again
	run                        string // a reconciliation
	again                      func() // lets webhooks come again
}

func newUnfinished(t *testing.T, options testkit.Options) *unfinished {
	t.Helper()
	options.HoldMinute, options.Others = 100*time.Millisecond, shopRules
	u := &unfinished{Stack: testkit.New(t, options)}
	u.waitForPayout()
	u.waitForRefunds()
	u.waitForDisputes()
	u.waitForPayments()
	u.AwaitQuiet()
	u.waitForBalances()
	u.waitForOthers()
	return u
}

// book makes a booking whose hold lasts for so many tenths of a second.
func (u *unfinished) book(key string, hold int, manual bool) testkit.Booked {
	u.T.Helper()
	return u.Book(key, testkit.BookingBody(func(body map[string]any) {
		body["holdMinutes"] = hold
		if manual {
			body["capture"] = "manual"
		}
	}))
}

// paid makes a booking that is paid with a test card.
func (u *unfinished) paid(key, card string) testkit.Booked {
	u.T.Helper()
	booked := u.book(key, 1440, false)
	require.Equal(u.T, http.StatusOK, u.Pay(booked.Payment.PaymentIntentID, card))
	u.AwaitStatus(booked.Reference, "confirmed")
	return booked
}

func (u *unfinished) waitForPayout() {
	u.paid("paid-out", "pm_card_visa")
	u.AwaitQuiet()
	u.Stripe.SettleFunds()
	u.Stripe.HoldPayoutReconciliation(true)
	var err error
	u.payout, err = u.Stripe.PayOut("usd")
	require.NoError(u.T, err)
	awaitPayout(u.Stack, u.payout, "pending", "pending")
}

func (u *unfinished) waitForRefunds() {
	booked := u.paid("refunded", "pm_card_pendingRefund")
	u.pending, u.action = ask(u.Stack, booked.Reference, "pending", usd(1000)), ask(u.Stack, booked.Reference, "action", usd(2000))
	awaitRefund(u.Stack, u.pending.ID, "pending")
	awaitRefund(u.Stack, u.action.ID, "pending")
	require.NoError(u.T, u.Stripe.RequireRefundAction(u.stripeRefund(u.action.ID)))
	awaitRefund(u.Stack, u.action.ID, "requires_action")
	var err error
	u.dashboard, err = u.Stripe.RefundInDashboard(booked.Payment.PaymentIntentID, 700)
	require.NoError(u.T, err)
	u.Eventually(func() bool { return u.refundStatus(u.dashboard) == "pending" }, "the refund from the dashboard is not recorded; logs:\n%s",
		u.Logs)
}

func (u *unfinished) waitForDisputes() {
	var err error
	u.open, err = u.Stripe.Dispute(u.paid("disputed", "pm_card_visa").Payment.PaymentIntentID, 0, "fraudulent")
	require.NoError(u.T, err)
	awaitDispute(u.Stack, u.open, "needs_response")
	u.inquiry, err = u.Stripe.Inquire(u.paid("inquired", "pm_card_visa").Payment.PaymentIntentID)
	require.NoError(u.T, err)
	awaitDispute(u.Stack, u.inquiry, "warning_needs_response")
	u.Stripe.HoldReinstatements(true)
	u.won, err = u.Stripe.Dispute(u.paid("won", "pm_card_visa").Payment.PaymentIntentID, 0, "fraudulent")
	require.NoError(u.T, err)
	require.NoError(u.T, u.Stripe.MoveDispute(u.won, "won"))
	awaitDispute(u.Stack, u.won, "won")
}

func (u *unfinished) waitForPayments() {
	u.runsOut, u.warned = u.book("runs-out", 1440, true), u.book("warned", 1440, true)
	for _, booked := range []testkit.Booked{u.runsOut, u.warned} {
		require.Equal(u.T, http.StatusOK, u.Pay(booked.Payment.PaymentIntentID, "pm_card_visa"))
		u.Eventually(func() bool { return u.PaymentStatus(booked.Reference) == "authorized" }, "not authorised; logs:\n%s", u.Logs)
	}
	u.processing = u.book("processing", 150, false)
	require.Equal(u.T, http.StatusOK, u.Pay(u.processing.Payment.PaymentIntentID, "pm_usBankAccount"))
	u.Eventually(func() bool { return u.PaymentStatus(u.processing.Reference) == "processing" }, "not being processed; logs:\n%s", u.Logs)
}

// waitForBalances is for balance transactions that Stripe makes later, for a refund that has to be looked for, and for a bill that a
// reconciliation asked for in vain.
func (u *unfinished) waitForBalances() {
	t := u.T
	u.Stripe.DelayBalanceTransactions(true)
	u.feeless = u.paid("feeless", "pm_card_visa")
	u.Stripe.DelayBalanceTransactions(false)
	u.Stripe.HoldRefunds(true)
	var err error
	u.unposted, err = u.Stripe.RefundInDashboard(u.paid("unposted", "pm_card_visa").Payment.PaymentIntentID, 400)
	require.NoError(t, err)
	u.Stripe.HoldRefunds(false)
	require.NoError(t, u.Stripe.Rewrite(u.unposted, map[string]any{"status": "succeeded"}, "refund.updated"))
	u.Eventually(func() bool { return u.refundStatus(u.unposted) == "succeeded" }, "the refund is not recorded; logs:\n%s", u.Logs)

	u.Stripe.Faults().Add(fakestripe.Fault{Method: http.MethodGet, Path: "/v1/refunds", Kind: fakestripe.FaultHTML502, Count: 1000})
	u.found = u.paid("found", "pm_card_visa")
	u.AwaitQuiet()
	u.Stripe.EnableEvents("charge.refunded")
	u.unheard, err = u.Stripe.RefundInDashboard(u.found.Payment.PaymentIntentID, 600)
	require.NoError(t, err)
	u.Stripe.Settle()
	u.Stripe.EnableEvents()

	before := u.Stripe.BalanceTransactions()
	theirs := taken(u.Stack, 30000, "usd", url.Values{"metadata[shop_order]": {"4711"}})
	for id := range u.Stripe.BalanceTransactions() {
		if _, known := before[id]; !known {
			u.theirs = id
		}
	}
	u.bill = u.Stripe.Bill(250, "usd", "Radar")
	u.Stripe.Faults().Add(fakestripe.Fault{
		Method: http.MethodGet, Path: "/v1/balance_transactions/*", Kind: fakestripe.FaultHTML502,
		Count: 1000,
	})
	u.postedInVain(
		reconciliation.Finding{
			Object: reconciliation.ObjectAccountFee, StripeID: u.bill, BalanceTransactionID: u.bill, AtStripe: -250, Net: -250,
			Reason: "a bill", Healing: reconciliation.HealAccountFee,
		},
		reconciliation.Finding{
			Object: reconciliation.ObjectPayment, StripeID: theirs, PaymentIntentID: theirs, BalanceTransactionID: u.theirs,
			AtStripe: 30000, Net: 29100, Reason: "another integration's", Healing: reconciliation.HealUnbooked,
		},
	)
}

// postedInVain is a reconciliation that asked for money to be posted while Stripe failed. The failed items alone show that work is owed:
// the sweeper starts its workflows from them.
func (u *unfinished) postedInVain(findings ...reconciliation.Finding) {
	u.T.Helper()
	for i := range findings {
		findings[i].Class, findings[i].Currency = reconciliation.MissingInLedger, "USD"
	}
	now := time.Now().UTC()
	run, err := recon.New(u.DB.Store).BeginRun(u.T.Context(), recon.Run{
		CorrelationID: "recon_" + u.bill, Options: reconciliation.Options{LookbackDays: 7, Scope: reconciliation.ScopeAll},
		WindowStart: now, WindowEnd: now, StartedAt: now,
	})
	require.NoError(u.T, err)
	require.NoError(u.T, recon.New(u.DB.Store).AddFindings(u.T.Context(), run.ID, findings))
	items, err := recon.New(u.DB.Store).Items(u.T.Context(), run.ID, "", 0, len(findings))
	require.NoError(u.T, err)
	require.Len(u.T, items, len(findings))
	for _, item := range items {
		require.NoError(u.T, recon.New(u.DB.Store).SettleItem(u.T.Context(), item.ID, recon.ItemFailed, "in vain"))
	}
}

// waitForOthers is for the mail server, for a Stripe that fails, and for the end of a hold.
func (u *unfinished) waitForOthers() {
	u.DB.Exec(u.T, "INSERT INTO payment_twins (booking_id, created_at) SELECT id, created_at FROM bookings WHERE reference = ?",
		u.warned.Reference)
	for path, kind := range map[string]fakestripe.FaultKind{
		"/v1/payment_intents": fakestripe.FaultHTML502, "/v1/balance_transactions": fakestripe.FaultHang,
	} {
		u.Stripe.Faults().Add(fakestripe.Fault{Method: http.MethodGet, Path: path, Kind: kind, Count: 1000})
	}
	u.run = startRun(u.Stack, `{}`)
	u.Stripe.Faults().Add(fakestripe.Fault{Method: http.MethodPost, Path: "/v1/refunds", Kind: fakestripe.FaultRateLimit, Count: 1000})
	u.RefuseMails(450, 10_000)
	u.unmailed = u.paid("unmailed", "pm_card_visa")
	u.requested = ask(u.Stack, u.unmailed.Reference, "requested", usd(3000))
	first := u.DB.Count(u.T, "SELECT MIN(id) FROM emails WHERE status = 'sent'")
	var err error
	u.copied, err = u.DB.Store.ResendEmail(u.T.Context(), uint64(first), testdb.Tester, time.Now().UTC()) //nolint:gosec // an id
	require.NoError(u.T, err)
	u.hold = u.book("hold", 30, false)
	u.requireEveryKind()
	for _, workflowID := range u.workflows() {
		u.awaitRun(workflowID, "")
	}
}

// moveOnAtStripe has everything at Stripe happen of which no webhook tells. The workflows that wait would find it by their next polls: lose
// them at once.
func (u *unfinished) moveOnAtStripe() {
	u.again = u.DropWebhooks()
	u.Stripe.ReleaseBalanceTransactions()
	require.NoError(u.T, u.Stripe.Rewrite(u.unposted, nil))
	require.NoError(u.T, u.Stripe.SettleRefund(u.unposted))
	require.NoError(u.T, u.Stripe.CompleteAction(u.processing.Payment.PaymentIntentID))
	for _, refund := range []string{u.stripeRefund(u.pending.ID), u.stripeRefund(u.action.ID), u.dashboard} {
		require.NoError(u.T, u.Stripe.SettleRefund(refund))
	}
	u.Stripe.SetEvidenceTime(48 * time.Hour)
	require.NoError(u.T, u.Stripe.MoveDispute(u.inquiry, "needs_response"))
	require.NoError(u.T, u.Stripe.ReinstateDispute(u.won, 45900, 1500))
	require.NoError(u.T, u.Stripe.CompletePayoutReconciliation(u.payout))
	for _, deadline := range []struct {
		booked testkit.Booked
		left   int
	}{{u.runsOut, 30}, {u.warned, 20 * 60}} {
		u.DB.Exec(u.T, `UPDATE payments SET capture_before = UTC_TIMESTAMP() + INTERVAL ? MINUTE WHERE stripe_payment_intent_id = ?`,
			deadline.left, deadline.booked.Payment.PaymentIntentID)
	}
}

func (u *unfinished) stripeRefund(id string) string {
	return u.DB.Text(u.T, "SELECT stripe_refund_id FROM refunds WHERE refund_id = ?", id)
}

func (u *unfinished) refundStatus(stripeID string) string {
	return u.DB.Text(u.T, "SELECT COALESCE(MAX(status), '') FROM refunds WHERE stripe_refund_id = ?", stripeID)
}

package test

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/workflow"

	"farebook/internal/dev/devstack"
	"farebook/internal/dev/fakestripe"
	"farebook/internal/dev/testdb"
	"farebook/internal/dev/testkit"
	"farebook/reconciliation"
	"farebook/store"
	"farebook/worker/service"
	"farebook/workflows"
)

// unfinished is a system with work of each kind at each stage that waits for something, and no webhook from then on: what Stripe
// decides meanwhile is learnt by the workflows alone that carry the work on.
type unfinished struct {
	*testkit.Stack

	hold, processing, runsOut, warned, unmailed testkit.Booked
	feeless, found                              testkit.Booked // paid without a fee; refunded by hand, of which charge.refunded alone tells
	unposted, unheard                           string         // refunds at Stripe: succeeded without a balance transaction, not found yet
	bill, theirs                                string         // balance transactions not in the ledger: Stripe's own bill, another integration's payment
	requested, pending, action                  refundView
	dashboard                                   string // the refund at Stripe
	open, inquiry, won                          string // disputes
	payout                                      string
	copied                                      uint64 // an email that was asked for again
	run                                         string // a reconciliation
	again                                       func() // lets webhooks come again
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
	u.moveOnAtStripe()
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
	u.Eventually(func() bool { return u.refundStatus(u.dashboard) == "pending" }, "the refund from the dashboard is not recorded; logs:\n%s", u.Logs)
}

func (u *unfinished) stripeRefund(id string) string {
	return u.DB.Text(u.T, "SELECT stripe_refund_id FROM refunds WHERE refund_id = ?", id)
}

func (u *unfinished) refundStatus(stripeID string) string {
	return u.DB.Text(u.T, "SELECT COALESCE(MAX(status), '') FROM refunds WHERE stripe_refund_id = ?", stripeID)
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
	u.Stripe.Faults().Add(fakestripe.Fault{Method: http.MethodGet, Path: "/v1/balance_transactions/*", Kind: fakestripe.FaultHTML502, Count: 1000})
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
	run, err := u.DB.Store.BeginRun(u.T.Context(), store.Run{
		CorrelationID: "recon_" + u.bill, Options: reconciliation.Options{LookbackDays: 7, Scope: reconciliation.ScopeAll},
		WindowStart: now, WindowEnd: now, StartedAt: now,
	})
	require.NoError(u.T, err)
	require.NoError(u.T, u.DB.Store.AddFindings(u.T.Context(), run.ID, findings))
	items, err := u.DB.Store.Items(u.T.Context(), run.ID, "", 0, len(findings))
	require.NoError(u.T, err)
	require.Len(u.T, items, len(findings))
	for _, item := range items {
		require.NoError(u.T, u.DB.Store.SettleItem(u.T.Context(), item.ID, store.ItemFailed, "in vain"))
	}
}

// waitForOthers is for the mail server, for a Stripe that fails, and for the end of a hold.
func (u *unfinished) waitForOthers() {
	u.DB.Exec(u.T, "INSERT INTO payment_twins (booking_id, created_at) SELECT id, created_at FROM bookings WHERE reference = ?", u.warned.Reference)
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

// moveOnAtStripe has everything at Stripe happen of which no webhook tells.
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

// workflows are those that carry the work on.
func (u *unfinished) workflows() []string {
	ids := []string{
		workflows.ReconciliationWorkflowID(u.run), workflows.SendMailWorkflowID(u.copied), workflows.PayoutWorkflowID(u.payout),
		"CancelTwins:" + u.warned.Reference, workflows.ChargeRefundsWorkflowID(u.found.Payment.PaymentIntentID), workflows.AccountFeeWorkflowID(u.bill),
		workflows.UnbookedWorkflowID(u.theirs),
	}
	for _, booked := range []testkit.Booked{u.hold, u.processing, u.runsOut, u.warned, u.unmailed, u.feeless} {
		ids = append(ids, u.WorkflowID(booked.Reference))
	}
	for _, refund := range []string{u.requested.ID, u.pending.ID, u.action.ID, u.dashboard, u.unposted} {
		ids = append(ids, workflows.RefundWorkflowID(refund))
	}
	for _, dispute := range []string{u.open, u.inquiry, u.won} {
		ids = append(ids, workflows.DisputeWorkflowID(dispute))
	}
	return ids
}

// requireEveryKind fails for a workflow that the worker runs and that no waiting work has: its loss would not be tested.
func (u *unfinished) requireEveryKind() {
	u.T.Helper()
	var registered workflowNames
	service.Register(&registered, service.Activities{})
	waiting := map[string]bool{}
	for _, workflowID := range u.workflows() {
		kind, _, _ := strings.Cut(workflowID, ":")
		waiting[kind] = true
	}
	require.ElementsMatch(u.T, registered, slices.Collect(maps.Keys(waiting)))
}

// workflowNames are those that the worker registers.
type workflowNames []string

func (n *workflowNames) RegisterWorkflowWithOptions(_ any, options workflow.RegisterOptions) {
	*n = append(*n, options.Name)
}

func (n *workflowNames) RegisterActivityWithOptions(any, activity.RegisterOptions) {}

// awaitRun waits until another run of a workflow than one runs.
func (u *unfinished) awaitRun(workflowID, before string) {
	u.T.Helper()
	u.Eventually(func() bool {
		latest, err := u.Temporal.DescribeWorkflowExecution(u.T.Context(), workflowID, "")
		run := latest.GetWorkflowExecutionInfo().GetExecution().GetRunId()
		return err == nil && run != "" && run != before
	}, "nothing carries %s on; logs:\n%s", workflowID, u.Logs)
}

// finish lets the mail server and Stripe answer, and requires that all work ends as it would have with the lost workflows, and
// that nothing is charged, refunded or mailed twice.
func (u *unfinished) finish() {
	t := u.T
	t.Helper()
	u.Stripe.Faults().Clear()
	u.Mailbox.ClearScript()
	for reference, status := range map[string]string{
		u.hold.Reference: "expired", u.runsOut.Reference: "expired", u.processing.Reference: "confirmed", u.unmailed.Reference: "partially_refunded",
	} {
		u.AwaitStatus(reference, status)
	}
	for _, id := range []string{u.requested.ID, u.pending.ID, u.action.ID} {
		awaitRefund(u.Stack, id, "succeeded")
	}
	u.Eventually(func() bool { return u.refundStatus(u.dashboard) == "succeeded" }, "the refund from the dashboard stays open; logs:\n%s", u.Logs)
	awaitDispute(u.Stack, u.inquiry, "needs_response")
	awaitPayout(u.Stack, u.payout, "pending", "proven")
	u.Eventually(func() bool {
		return u.DB.Count(t, "SELECT COUNT(*) FROM disputes WHERE status = 'won' AND withheld = loss") == 1
	},
		"the money of the dispute that was won is not back; logs:\n%s", u.Logs)
	u.Eventually(func() bool { return u.FinanceMailCount("dispute_due") == 2 }, "finance was not reminded of evidence; logs:\n%s", u.Logs)
	u.Eventually(func() bool { return u.MailCount(u.warned.Reference, "capture_due") == 1 }, "finance was not warned; logs:\n%s", u.Logs)
	u.Eventually(func() bool {
		return u.DB.Count(t, "SELECT COUNT(*) FROM payment_twins WHERE checked_at IS NOT NULL") == 1
	}, "no twin was looked for")
	u.Eventually(func() bool {
		return u.DB.Text(t, "SELECT status FROM reconciliation_runs WHERE correlation_id = ?", u.run) == "failed"
	}, "the row of the reconciliation stays open")
	u.Eventually(func() bool { return u.refundStatus(u.unheard) == "succeeded" }, "nobody looked for the charge's refunds; logs:\n%s", u.Logs)
	for owed, query := range map[string]string{
		"the fee of a payment":         "SELECT COUNT(*) FROM payments WHERE status = 'succeeded' AND NOT fee_posted",
		"a refund":                     "SELECT COUNT(*) FROM refunds WHERE status = 'succeeded' AND NOT posted",
		"a bill of Stripe's":           "SELECT 1 - COUNT(*) FROM financial_ledger WHERE type = 'account_fee'",
		"money of another integration": "SELECT 1 - COUNT(*) FROM financial_ledger WHERE type = 'other_integration'",
	} {
		u.Eventually(func() bool { return u.DB.Count(t, query) == 0 }, "%s is not in the ledger; logs:\n%s", owed, u.Logs)
	}

	u.again()
	answer := u.Post("/v1/bookings/"+u.warned.Reference+"/capture", "capture", nil)
	require.Equal(t, http.StatusOK, answer.Status, "%s", answer.Body)
	for _, id := range []string{u.open, u.inquiry} {
		require.NoError(t, u.Stripe.MoveDispute(id, "lost"))
		awaitDispute(u.Stack, id, "lost")
	}
	u.AwaitQuiet()
	u.RequireMails(u.unmailed.Reference, "booking_confirmed", "refunded")
	require.Equal(t, "sent", u.DB.Text(t, "SELECT status FROM emails WHERE id = "+strconv.FormatUint(u.copied, 10)))
	require.Len(t, u.Stripe.Refunds(), 4+2+1, "four that were asked for, two by hand, and what Stripe shows of the authorisation that was let go")
	sent := map[string]bool{}
	for _, mail := range u.Mailbox.Messages() {
		require.False(t, sent[mail.MessageID], "mailed twice: %s", mail.Subject)
		sent[mail.MessageID] = true
	}
	require.Equal(t, -29100, balanceOf(u.Stack, "asset:other_integrations", "USD"), "posted by the sweeper's workflow: no reconciliation has run since")
	u.RequirePromises()
	require.Empty(t, reconcile(u.Stack, `{}`).Details)
}

// An operator terminates the workflow of everything that waits: each is carried on by another run.
func TestTerminatedWorkflowsAreCarriedOn(t *testing.T) {
	t.Parallel()
	u := newUnfinished(t, testkit.Options{})
	runs := map[string]string{}
	for _, workflowID := range u.workflows() {
		runs[workflowID] = u.LatestRun(workflowID)
	}
	for workflowID, run := range runs {
		require.NoError(t, u.Temporal.TerminateWorkflow(t.Context(), workflowID, run, "a test"), workflowID)
	}
	u.finish()
}

// Temporal loses everything: its database is made anew under the running system, and all work is carried on from the books.
func TestAllOfTemporalIsLost(t *testing.T) {
	t.Parallel()
	server, err := devstack.StartTemporal(t.Context(), t.TempDir(), devstack.ForTests(), devstack.Headless())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, server.Kill()) })
	u := newUnfinished(t, testkit.Options{TemporalAddress: server.Address()})
	require.NoError(t, server.Lose(t.Context()))
	_, err = starterWith(u.Stack, "setup")
	require.NoError(t, err)
	u.finish()
}

package test

import (
	"fmt"
	"net/http"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/fakestripe"
	"farebook/internal/dev/mailbox"
	"farebook/internal/dev/testkit"
)

// quickScrape is the interval of scrapes of `make test`.
const quickScrape = 2 * time.Second

// daysScrape is the interval of scrapes while every fault is played: the reading of the books may take four seconds.
const daysScrape = 5 * time.Second

// faultsInDays are those whose alerts fire after minutes and days, which pass by the stack's clock. Their order is that of the time that
// has passed by then; the last one restores the database.
var faultsInDays = []alertFault{
	{alerts: []string{"FarebookWorkerDown", "FarebookInboxStuck"}, quick: true, play: loseTheWorker},
	{alerts: []string{"FarebookLedgerOutOfBalance"}, quick: true, play: breakTheBalance},
	{alerts: []string{"FarebookFenceUp"}, quick: true, play: raiseAFence},
	{alerts: []string{"FarebookMailStuck"}, play: holdMail},
	{alerts: []string{"FarebookMailFailed"}, play: refuseMail},
	{alerts: []string{"FarebookClearingDiffers", "FarebookFindingsOpen"}, play: leaveStripe},
	{alerts: []string{"FarebookWebhooksStopped"}, play: removeTheEndpoint},
	{alerts: []string{"FarebookConfirmationSlow"}, play: delayWebhooks},
	{alerts: []string{"FarebookReconciliationOverdue"}, play: pauseTheSchedule},
	{alerts: []string{"FarebookSealingStopped"}, play: stopSealing},
	{alerts: []string{"FarebookDeliveriesStopped"}, play: stopDelivering},
	{alerts: []string{"FarebookRefundWaiting", "FarebookAttentionWaiting"}, play: refuseARefund},
	{alerts: []string{"FarebookDisputeWaiting"}, play: forgetADispute},
	{alerts: []string{"FarebookInboxFailed"}, play: restoreTheDatabase},
}

// inside is a watched stack inside the test, whose clock can be moved, with one booking, one reconciliation and one seal.
func inside(s *testkit.Stack, interval time.Duration) *watched {
	s.T.Helper()
	w := scrape(s, interval)
	w.stopWorker = w.StartWorker()
	w.BookAndPay("alerts", nil)
	w.AwaitQuiet()
	w.reconcileAndSeal()
	return w
}

func (w *watched) reconcileAndSeal() {
	w.T.Helper()
	reconcile(w.Stack, `{}`)
	w.seal()
}

func (w *watched) seal() {
	w.T.Helper()
	_, _, err := w.DB.Store.SealLedger(w.T.Context())
	require.NoError(w.T, err)
}

// starter runs an operator's command.
func (w *watched) starter(args ...string) string {
	w.T.Helper()
	out, err := starterWith(w.Stack, args...)
	require.NoError(w.T, err, out)
	return out
}

func loseTheWorker(w *watched) func() {
	booked := w.Book("alerts-worker", testkit.BookingBody(nil))
	w.stopWorker()
	w.Pay(booked.Payment.PaymentIntentID, "pm_card_visa")
	w.Stripe.Settle()
	w.Stripe.Advance(11 * time.Minute)
	return func() {
		w.stopWorker = w.StartWorker()
		w.AwaitStatus(booked.Reference, "confirmed")
	}
}

// holdMail makes the mail server accept connections and never answer.
func holdMail(w *watched) func() {
	require.NoError(w.T, w.Mailbox.Script(mailbox.Fault{Stage: mailbox.StageHello, Hang: true, Times: -1}))
	w.BookAndPay("alerts-mail", nil)
	w.Stripe.Advance(16 * time.Minute)
	return w.Mailbox.ClearScript
}

func refuseMail(w *watched) func() {
	w.RefuseMails(550, 1)
	w.BookAndPay("alerts-refused", nil)
	return w.Mailbox.ClearScript
}

// breakTheBalance writes half of a transaction to the ledger, as only an administrator of the database can.
func breakTheBalance(w *watched) func() {
	w.postHalf("debit")
	return func() { w.postHalf("credit") }
}

func (w *watched) postHalf(side string) {
	now := w.DB.Clock.Now().UTC().Format("2006-01-02 15:04:05.000000")
	w.DB.Exec(w.T, `INSERT INTO financial_ledger (type, operation_key, description, posted_at, effective_at, effective_basis)
		VALUES ('correction', UUID(), 'half of a transaction', ?, ?, 'person')`, now, now)
	w.DB.Exec(w.T, `INSERT INTO ledger_entries (ledger_id, account, side, amount, currency)
		SELECT MAX(id), 'asset:stripe_clearing', ?, 700, 'USD' FROM financial_ledger`, side)
}

// leaveStripe makes the clearing account differ from Stripe's balance.
func leaveStripe(w *watched) func() {
	w.postHalf("debit")
	reconcile(w.Stack, `{}`)
	return func() {
		w.postHalf("credit")
		reconcile(w.Stack, `{}`)
	}
}

// removeTheEndpoint makes Stripe deliver no event, as after its endpoint was deleted. Reconciliation finds the payment.
func removeTheEndpoint(w *watched) func() {
	again := w.DropWebhooks()
	w.Eventually(func() bool {
		samples, err := w.prometheus.Query(w.T.Context(), `sum(increase(farebook_webhook_events_total{outcome="stored"}[30s]))`)
		return err == nil && len(samples) == 1 && samples[0].Value == 0
	}, "events still arrive")
	booked := w.pay("alerts-webhooks")
	reconcile(w.Stack, `{}`)
	w.AwaitStatus(booked.Reference, "confirmed")
	return func() {
		again()
		w.BookAndPay("alerts-webhooks-again", nil)
	}
}

// delayWebhooks makes Stripe deliver its events two minutes late.
func delayWebhooks(w *watched) func() {
	w.Stripe.HoldWebhooks()
	booked := w.pay("alerts-late")
	w.Stripe.Advance(2 * time.Minute)
	w.Stripe.ReleaseWebhooks()
	w.AwaitStatus(booked.Reference, "confirmed")
	return func() { w.BookAndPay("alerts-in-time", nil) }
}

func raiseAFence(w *watched) func() {
	w.starter("fence", "raise", "--reason", "a drill")
	return func() { w.starter("fence", "lower", "--note", "the drill is over") }
}

// pauseTheSchedule lets 27 hours pass without a reconciliation.
func pauseTheSchedule(w *watched) func() {
	removeSchedule(w.Stack)
	w.starter("schedule", "apply", "--cron", "30 2 * * *")
	w.starter("schedule", "pause", "--note", "an audit")
	w.Stripe.Advance(27 * time.Hour)
	return func() {
		w.starter("schedule", "resume")
		w.starter("schedule", "trigger")
		w.seal() // no worker has sealed the ledger for 27 hours, either
	}
}

// stopSealing lets three hours pass after a posting that nobody seals.
func stopSealing(w *watched) func() {
	w.seal()
	w.BookAndPay("alerts-unsealed", nil)
	w.Stripe.Advance(3*time.Hour + time.Minute)
	return w.seal
}

// stopDelivering lets eleven minutes pass after an event that no worker sends.
func stopDelivering(w *watched) func() {
	receiver := newReceiver(w.Stack)
	endpoint := receiver.register("alerts")
	w.stopWorker()
	receiver.act("/"+endpoint.ID+"/test", "alerts-test", nil)
	w.Stripe.Advance(11 * time.Minute)
	return func() {
		w.stopWorker = w.StartWorker()
		receiver.await(1)
	}
}

// refuseARefund makes Stripe refuse a refund for a reason that is not known to be final, for eleven days.
func refuseARefund(w *watched) func() {
	booked := w.BookAndPay("alerts-refund", nil)
	w.Stripe.Faults().Add(fakestripe.Fault{
		Method: http.MethodPost, Path: "/v1/refunds", Kind: fakestripe.FaultRefused, Code: "refund_on_a_sunday", Count: 1000,
	})
	refund := ask(w.Stack, booked.Reference, "alerts-refund-asked", usd(1000))
	w.Eventually(func() bool {
		return w.DB.Count(w.T, "SELECT COUNT(*) FROM attention_items WHERE is_open = 1 AND kind = 'refund_postponed'") == 1
	}, "the refund is not postponed; logs:\n%s", w.lastLogs())
	w.Stripe.Advance(11 * 24 * time.Hour)
	return func() {
		w.Stripe.Faults().Clear()
		w.Stripe.SendMoreEvents(true)
		w.Stripe.SettleFunds() // Stripe sends balance.available, at which refunds are requested again
		awaitRefund(w.Stack, refund.ID, "succeeded")
	}
}

// forgetADispute leaves a dispute without evidence for four days.
func forgetADispute(w *watched) func() {
	booked := w.BookAndPay("alerts-dispute", nil)
	id, err := w.Stripe.Dispute(booked.Payment.PaymentIntentID, 0, "fraudulent")
	require.NoError(w.T, err)
	awaitDispute(w.Stack, id, "needs_response")
	w.Stripe.Advance(97 * time.Hour)
	return func() {
		require.NoError(w.T, w.Stripe.MoveDispute(id, "won"))
		awaitDispute(w.Stack, id, "won")
	}
}

// restoreTheDatabase loses a booking, about which Stripe then sends events.
func restoreTheDatabase(w *watched) func() {
	w.AwaitQuiet()
	backup := w.DB.Backup(w.T)
	lost := w.BookAndPay("alerts-lost", nil)
	w.AwaitQuiet()
	backup.Restore(w.T)
	_, err := w.Stripe.RefundInDashboard(lost.Payment.PaymentIntentID, 500)
	require.NoError(w.T, err)
	w.Stripe.Settle()
	const open = "SELECT COUNT(*) FROM stripe_events WHERE state = 'unknown_booking'"
	w.Eventually(func() bool { return w.DB.Count(w.T, open) > 0 }, "no event is left open; logs:\n%s", w.lastLogs())
	return func() {
		w.Eventually(func() bool {
			if w.DB.Count(w.T, open) == 0 {
				return w.DB.Count(w.T, "SELECT COUNT(*) FROM stripe_events WHERE processed = FALSE") == 0
			}
			id := w.DB.Text(w.T, "SELECT MIN(stripe_event_id) FROM stripe_events WHERE state = 'unknown_booking'")
			_, err := starterWith(w.Stack, "events", "ignore", id, "--note", fmt.Sprintf("%s was lost in a drill", lost.Reference))
			require.NoError(w.T, err)
			return false
		}, "events stay open; logs:\n%s", w.lastLogs())
	}
}

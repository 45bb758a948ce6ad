package test

import (
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"farebook/internal/dev/testdb"
	"farebook/store"
)

// What banks and Stripe do in a life.

func (m *model) refundByHand(*rapid.T) {
	_, _ = m.s.Stripe.RefundInDashboard(m.any().intent, 700) // Stripe refuses what is not there
}

func (m *model) bankAboutRefund(rt *rapid.T) {
	refunds := m.s.Stripe.Refunds()
	if len(refunds) == 0 {
		rt.Skip("no refund yet")
	}
	refund := rapid.SampledFrom(refunds).Draw(rt, "refund")
	switch rapid.SampledFrom([]string{"settle", "fail", "ask", "cancel"}).Draw(rt, "move") {
	case "settle":
		_ = m.s.Stripe.SettleRefund(refund.ID) // the stand-in refuses what is settled, as below
	case "fail":
		_ = m.s.Stripe.FailRefund(refund.ID, "expired_or_canceled_card")
	case "ask":
		_ = m.s.Stripe.RequireRefundAction(refund.ID)
	default:
		m.s.PostToStripe("/v1/refunds/"+refund.ID+"/cancel", nil, nil)
	}
}

// bankOnDebit takes a bank debit to its end.
func (m *model) bankOnDebit(rt *rapid.T) {
	one := m.any()
	if m.intent(one).Status != "processing" {
		rt.Skip("no debit is on its way")
	}
	move := m.s.Stripe.CompleteAction
	if rapid.Bool().Draw(rt, "fails") {
		move = m.s.Stripe.FailAction
	}
	if err := move(one.intent); err != nil {
		m.t.Fatal(err)
	}
}

// lateMoney is what Stripe's own rules exclude: a payment of what was cancelled.
func (m *model) lateMoney(*rapid.T) {
	one := m.any()
	if one.manual || m.intent(one).Status != "canceled" {
		m.t.Skip("nothing is late")
	}
	if err := m.s.Stripe.ForceSucceed(one.intent); err != nil {
		m.t.Fatal(err)
	}
}

func (m *model) dispute(rt *rapid.T) {
	one := m.any()
	if rapid.Bool().Draw(rt, "formal") {
		// refused when unpaid, as below
		_, _ = m.s.Stripe.Dispute(one.intent, int64(rapid.SampledFrom([]int{0, 5000}).Draw(rt, "amount")), "fraudulent")
		return
	}
	_, _ = m.s.Stripe.Inquire(one.intent)
}

func (m *model) bankOnDispute(rt *rapid.T) {
	disputes := m.s.Stripe.Disputes()
	if len(disputes) == 0 {
		rt.Skip("no dispute yet")
	}
	one := rapid.SampledFrom(disputes).Draw(rt, "dispute")
	next := []string{"under_review", "won", "lost"}
	switch one.Status {
	case "warning_needs_response", "warning_under_review":
		next = []string{"warning_under_review", "warning_closed", "needs_response"}
	case "warning_closed", "won", "lost":
		rt.Skip("it is decided")
	}
	if err := m.s.Stripe.MoveDispute(one.ID, rapid.SampledFrom(next).Draw(rt, "decision")); err != nil {
		m.t.Fatal(err)
	}
}

func (m *model) payOut(rt *rapid.T) {
	m.s.Stripe.SettleFunds()
	currency := rapid.SampledFrom([]string{"usd", "eur", "jpy", "kwd"}).Draw(rt, "currency")
	if rapid.Bool().Draw(rt, "by hand") {
		m.s.PostToStripe("/v1/payouts", url.Values{"amount": {"100"}, "currency": {currency}}, nil)
		return
	}
	_, _ = m.s.Stripe.PayOut(currency) // refused when there is nothing
}

func (m *model) bankOnPayout(rt *rapid.T) {
	payouts := m.s.Stripe.Payouts()
	if len(payouts) == 0 {
		rt.Skip("no payout yet")
	}
	one := rapid.SampledFrom(payouts).Draw(rt, "payout")
	// refused what cannot be
	_ = m.s.Stripe.MovePayout(one.ID, rapid.SampledFrom([]string{"in_transit", "paid", "failed", "canceled"}).Draw(rt, "move"))
}

// ratesMove changes what an account that settles in dollars gets for the other currencies.
func (m *model) ratesMove(rt *rapid.T) {
	if !m.rates {
		rt.Skip("it settles in each currency")
	}
	m.s.Stripe.SettleIn("usd", rapid.SampledFrom([]map[string]float64{ratesToday, ratesTomorrow}).Draw(rt, "rates"))
}

// balanceIsShort has refunds wait until the bank's next move, or ends that.
func (m *model) balanceIsShort(*rapid.T) {
	m.short = !m.short
	m.s.Stripe.HoldRefunds(m.short)
}

// balanceIsLate keeps balance transactions of payments back for some steps, as Stripe's asynchronous capture does.
func (m *model) balanceIsLate(*rapid.T) {
	if m.late {
		m.release()
		return
	}
	m.s.Stripe.DelayBalanceTransactions(true)
	m.late = true
}

// timePasses at Stripe alone: refunds arrive and come back, and what was not captured in a week is
// let go.
func (m *model) timePasses(rt *rapid.T) {
	m.quiet()
	var authorised []*life
	for _, one := range m.told {
		if m.status(one) == "pending_payment" && m.intent(one).Status == "requires_capture" {
			authorised = append(authorised, one)
		}
	}
	time := rapid.SampledFrom([]time.Duration{2 * time.Hour, 8 * 24 * time.Hour}).Draw(rt, "time")
	m.s.Stripe.BringForward(time)
	for _, one := range authorised {
		if m.intent(one).Status == "canceled" {
			one.expired = true
			m.s.AwaitStatus(one.reference, "expired")
		}
	}
}

// reconcile holds everything against Stripe's: the bills that no event tells of are found and posted, and nothing else is.
func (m *model) reconcile(rt *rapid.T) {
	m.quiet()
	bills := rapid.IntRange(0, 2).Draw(rt, "bills")
	for range bills {
		m.s.Stripe.Bill(int64(rapid.IntRange(-300, 300).Filter(func(n int) bool { return n != 0 }).Draw(rt, "bill")), "usd", "Radar")
	}
	answer, err := m.ask("/v1/reconciliations", m.key(), []byte(`{"limit":0,"lookbackDays":400}`)) // the API may die at its failpoint
	if err != nil || answer.Status != http.StatusAccepted {
		m.fail(fmt.Errorf("the reconciliation was answered %d: %s: %w", answer.Status, answer.Body, err))
	}
	var started struct{ CorrelationID string }
	answer.Into(m.s.T, &started)
	run := awaitReconciliation(m.s, started.CorrelationID)
	if run.Fixed != bills || len(run.Details) != bills {
		m.fail(fmt.Errorf("%d bills, and reconciliation found %+v", bills, run.Details))
	}
}

// holdWebhooks keeps events back for some steps; they come shuffled, three times each.
func (m *model) holdWebhooks(*rapid.T) {
	if m.held {
		m.release()
		return
	}
	m.s.Stripe.HoldWebhooks()
	m.held = true
}

// release lets go of what is held back.
func (m *model) release() {
	if m.late {
		m.s.Stripe.ReleaseBalanceTransactions()
		m.late = false
	}
	if m.held {
		m.s.Stripe.ReleaseWebhooksDisordered(3)
		m.held = false
	}
}

// oldEvent has one of the events so far come once more, or dealt with anew, as months later: the same ledger, and no mail.
func (m *model) oldEvent(rt *rapid.T) {
	m.quiet()
	events, err := m.s.DB.Store.Events(m.s.T.Context(), store.EventFilter{Limit: 500})
	require.NoError(m.s.T, err)
	id := rapid.SampledFrom(events).Draw(rt, "event").ID
	ledger, mails := m.s.MarkLedger(), len(m.s.Mailbox.Messages())
	if rapid.Bool().Draw(rt, "anew") {
		_, err = m.s.DB.Store.RetryEvent(m.s.T.Context(), id, testdb.Tester, time.Now().UTC())
	} else {
		_, err = m.s.Stripe.Deliver(id)
	}
	if err != nil && !m.deadly { // the API may be away
		m.t.Fatal(err)
	}
	m.s.AwaitQuiet()
	if now := m.s.MarkLedger(); now != ledger {
		m.fail(fmt.Errorf("promise 9: event %s came again and changed the ledger", id))
	}
	if now := len(m.s.Mailbox.Messages()); now != mails {
		m.fail(fmt.Errorf("promise 12: event %s came again and sent %d more emails", id, now-mails))
	}
}

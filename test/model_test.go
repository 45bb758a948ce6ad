package test

import (
	"flag"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"farebook/booking"
	"farebook/internal/testkit"
	"farebook/store"
)

// How many random lives are lived, and how long each is, unless the command line says otherwise: enough for a run of CI.
// `go test ./test -run TestAnySequence -rapid.checks=50 -rapid.steps=60` looks deeper.
func init() {
	for name, value := range map[string]string{"rapid.checks": "2", "rapid.steps": "20", "rapid.nofailfile": "true"} {
		if err := flag.Set(name, value); err != nil {
			panic(err) // rapid has renamed its flags
		}
	}
}

// Random sequences of everything that travellers, callers, banks and Stripe do, with webhooks held back and let go in any
// order: after each step the promises are held, and each booking is where a small model says, which knows Stripe's truth
// and what was asked for, and nothing of how Farebook works.
func TestAnySequenceKeepsThePromises(t *testing.T) {
	t.Parallel()
	for range 2 { // so many for each with deaths, in which most of the time is waited for Temporal's time-outs
		rapid.Check(t, func(rt *rapid.T) {
			m := &model{t: rt, s: testkit.New(t, testkit.Options{HoldMinute: quickHolds})}
			m.live(m.actions())
		})
	}
}

// live lives one life to its end.
func (m *model) live(actions map[string]func(*rapid.T)) {
	for range 3 { // with none, most steps would have nothing to do
		m.book(m.t)
		m.pay(m.t)
	}
	m.t.Repeat(actions)
	m.release()
	m.check()
}

func (m *model) actions() map[string]func(*rapid.T) {
	return map[string]func(*rapid.T){
		"":                  func(*rapid.T) { m.check() },
		"book":              m.book,
		"let expire":        m.letExpire,
		"pay":               m.pay,
		"capture":           m.capture,
		"cancel":            m.cancel,
		"refund":            m.refund,
		"refund by hand":    m.refundByHand,
		"bank about refund": m.bankAboutRefund,
		"late money":        m.lateMoney,
		"dispute":           m.dispute,
		"bank on dispute":   m.bankOnDispute,
		"pay out":           m.payOut,
		"bank on payout":    m.bankOnPayout,
		"hold webhooks":     m.holdWebhooks,
		"old event":         m.oldEvent,
	}
}

// quickHolds is a minute of a hold: it makes the longest hold last longer than any life, and the shortest one end within it.
const quickHolds = 500 * time.Millisecond

// model is what is known from outside.
type model struct {
	t      *rapid.T
	s      *testkit.Stack
	told   []*life
	number int
	held   bool
	deadly bool               // worker and API may die at any moment
	ledger testkit.LedgerMark // as it was at the last check
}

// life is one booking as its traveller knows it.
type life struct {
	reference, intent string
	expired           bool
	cancelledUnpaid   bool
	cancelledPaid     bool
}

func (m *model) any() *life {
	if len(m.told) == 0 {
		m.t.Skip("no booking yet")
	}
	return rapid.SampledFrom(m.told).Draw(m.t, "booking")
}

func (m *model) key() string {
	m.number++
	return fmt.Sprintf("model-%d", m.number)
}

func (m *model) post(path string, body []byte, allowed ...int) testkit.Answer {
	key := m.key()
	answer, err := m.s.API.Do(http.MethodPost, path, key, body)
	if m.deadly && (err != nil || unanswered(answer)) {
		answer, err = m.askAgain(path, key, body)
	}
	if err != nil {
		m.t.Fatalf("POST %s: %v", path, err)
	}
	if !slices.Contains(allowed, answer.Status) {
		m.t.Fatalf("POST %s was answered %d: %s", path, answer.Status, answer.Body)
	}
	return answer
}

func (m *model) book(rt *rapid.T) { m.bookFor(rt, booking.MaxHoldMinutes) }

func (m *model) bookFor(rt *rapid.T, holdMinutes int) *life {
	currency := rapid.SampledFrom([]string{"USD", "EUR", "JPY", "KWD"}).Draw(rt, "currency")
	manual := rapid.Bool().Draw(rt, "manual")
	body := testkit.BookingBody(func(body map[string]any) {
		body["amount"], body["holdMinutes"] = map[string]any{"value": 45900, "currency": currency}, holdMinutes
		if manual {
			body["capture"] = "manual"
		}
		testkit.DepartingIn(rapid.SampledFrom([]int{10, 100, 1000}).Draw(rt, "hours"))(body)
	})
	var booked testkit.Booked
	m.post("/v1/bookings", body, http.StatusCreated).Into(m.s.T, &booked)
	one := &life{reference: booked.Reference, intent: booked.Payment.PaymentIntentID}
	m.told = append(m.told, one)
	return one
}

// letExpire books and does not pay in time; what comes then is late money.
func (m *model) letExpire(rt *rapid.T) {
	one := m.bookFor(rt, booking.MinHoldMinutes)
	one.expired = true
	m.s.AwaitStatus(one.reference, "expired")
}

func (m *model) pay(rt *rapid.T) {
	card := rapid.SampledFrom([]string{
		"pm_card_visa", "pm_card_visa_chargeDeclined", "pm_card_pendingRefund", "pm_card_refundFail", "pm_card_createDispute",
		"pm_card_createDisputeInquiry", "pm_card_bypassPending",
	}).Draw(rt, "card")
	m.s.Pay(m.any().intent, card) // whatever Stripe says: the model looks there
}

func (m *model) capture(rt *rapid.T) {
	one := m.any()
	m.quiet()
	body := []byte(nil)
	if rapid.Bool().Draw(rt, "part") {
		body = fmt.Appendf(nil, `{"amount":{"value":20000,"currency":%q}}`, m.currency(one))
	}
	m.post("/v1/bookings/"+one.reference+"/capture", body, http.StatusOK, http.StatusConflict)
}

func (m *model) cancel(*rapid.T) {
	one := m.any()
	m.quiet()
	captured := m.intent(one).AmountReceived > 0
	answer := m.post("/v1/bookings/"+one.reference+"/cancel", nil, http.StatusOK, http.StatusConflict)
	if answer.Status == http.StatusOK && !one.expired {
		one.cancelledPaid = one.cancelledPaid || captured && !one.cancelledUnpaid
		one.cancelledUnpaid = one.cancelledUnpaid || !captured
	}
}

func (m *model) refund(rt *rapid.T) {
	one := m.any()
	amount := rapid.SampledFrom([]int{10, 10000, 45900, 99990}).Draw(rt, "amount")
	body := fmt.Appendf(nil, `{"amount":{"value":%d,"currency":%q}}`, amount, m.currency(one))
	m.post("/v1/bookings/"+one.reference+"/refunds", body, http.StatusCreated, http.StatusConflict, http.StatusUnprocessableEntity)
}

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

// lateMoney is what Stripe's own rules exclude: a payment of what was cancelled.
func (m *model) lateMoney(*rapid.T) {
	one := m.any()
	if m.intent(one).Status != "canceled" {
		m.t.Skip("nothing is late")
	}
	if err := m.s.Stripe.ForceSucceed(one.intent); err != nil {
		m.t.Fatal(err)
	}
}

func (m *model) dispute(rt *rapid.T) {
	one := m.any()
	if rapid.Bool().Draw(rt, "formal") {
		_, _ = m.s.Stripe.Dispute(one.intent, int64(rapid.SampledFrom([]int{0, 5000}).Draw(rt, "amount")), "fraudulent") // refused when unpaid, as below
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
	_ = m.s.Stripe.MovePayout(one.ID, rapid.SampledFrom([]string{"in_transit", "paid", "failed", "canceled"}).Draw(rt, "move")) // refused what cannot be
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

func (m *model) release() {
	if m.held {
		m.s.Stripe.ReleaseWebhooksDisordered(3)
		m.held = false
	}
}

// quiet lets everything that is known come to rest: what the API is asked next goes by it.
func (m *model) quiet() {
	m.release()
	m.s.AwaitQuiet()
}

// oldEvent has one of the events so far come once more, or dealt with anew, as months later: the same ledger, and no mail.
func (m *model) oldEvent(rt *rapid.T) {
	m.quiet()
	events, err := m.s.DB.Store.Events(m.s.T.Context(), store.EventFilter{Limit: 500})
	require.NoError(m.s.T, err)
	id := rapid.SampledFrom(events).Draw(rt, "event").ID
	ledger, mails := m.s.MarkLedger(), len(m.s.Mailbox.Messages())
	if rapid.Bool().Draw(rt, "anew") {
		_, err = m.s.DB.Store.RetryEvent(m.s.T.Context(), id, time.Now().UTC())
	} else {
		_, err = m.s.Stripe.Deliver(id)
	}
	if err != nil && !m.deadly { // the API may be away
		m.t.Fatal(err)
	}
	m.s.AwaitQuiet()
	if now := m.s.MarkLedger(); now != ledger {
		m.t.Fatalf("promise 9: event %s came again and made another ledger\n%s", id, m.s.Logs)
	}
	if now := len(m.s.Mailbox.Messages()); now != mails {
		m.t.Fatalf("promise 12: event %s came again and sent %d more mails\n%s", id, now-mails, m.s.Logs)
	}
}

package test

import (
	"flag"
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"farebook/internal/testkit"
)

// How many random lives are lived, and how long each is, unless the command line says otherwise: enough for a run of CI.
// `go test ./test -run TestAnySequenceKeepsThePromises -rapid.checks=200 -rapid.steps=60` looks deeper.
func init() {
	for name, value := range map[string]string{"rapid.checks": "6", "rapid.steps": "25", "rapid.nofailfile": "true"} {
		if err := flag.Set(name, value); err != nil {
			panic(err) // rapid has renamed its flags
		}
	}
}

// Random sequences of everything that travellers, callers, banks and Stripe do, with webhooks held back and let go in any
// order: after each step the promises are held, and each booking is where a small model says, which knows Stripe's truth
// and what was asked for, and nothing of how Farebook works. Half of the lives are lived with worker and API as processes that
// are killed at any moment.
func TestAnySequenceKeepsThePromises(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		deadly := rapid.Bool().Draw(rt, "deadly")
		m := &model{t: rt, s: testkit.New(t, testkit.Options{Processes: deadly})}
		for range 3 { // with none, most steps would have nothing to do
			m.book(rt)
			m.pay(rt)
		}
		actions := m.actions()
		if deadly {
			actions["death"] = m.death
		}
		rt.Repeat(actions)
		m.release()
		m.check()
	})
}

func (m *model) actions() map[string]func(*rapid.T) {
	return map[string]func(*rapid.T){
		"":                  func(*rapid.T) { m.check() },
		"book":              m.book,
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
	}
}

// death kills worker or API in the middle of what a refund or a payment has just set in motion; they are started again.
func (m *model) death(rt *rapid.T) {
	if rapid.Bool().Draw(rt, "refund") {
		m.refundByHand(rt)
	} else {
		m.pay(rt)
	}
	m.s.KillProcess(rapid.SampledFrom([]string{"worker", "starter"}).Draw(rt, "who"))
	m.s.Eventually(m.s.API.Ready, "the API did not come back; logs:\n%s", m.s.Logs)
}

// model is what is known from outside.
type model struct {
	t      *rapid.T
	s      *testkit.Stack
	told   []*life
	number int
	held   bool
}

// life is one booking as its traveller knows it.
type life struct {
	reference, intent string
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
	answer, err := m.s.API.Do(http.MethodPost, path, m.key(), body)
	if err != nil {
		m.t.Fatalf("POST %s: %v", path, err)
	}
	for _, status := range allowed {
		if answer.Status == status {
			return answer
		}
	}
	m.t.Fatalf("POST %s was answered %d: %s", path, answer.Status, answer.Body)
	return answer
}

func (m *model) book(rt *rapid.T) {
	currency := rapid.SampledFrom([]string{"USD", "EUR", "JPY", "KWD"}).Draw(rt, "currency")
	manual := rapid.Bool().Draw(rt, "manual")
	body := testkit.BookingBody(func(body map[string]any) {
		body["amount"] = map[string]any{"value": 45900, "currency": currency}
		if manual {
			body["capture"] = "manual"
		}
		testkit.DepartingIn(rapid.SampledFrom([]int{10, 100, 1000}).Draw(rt, "hours"))(body)
	})
	var booked testkit.Booked
	m.post("/v1/bookings", body, http.StatusCreated).Into(m.s.T, &booked)
	m.told = append(m.told, &life{reference: booked.Reference, intent: booked.Payment.PaymentIntentID})
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
	if answer.Status == http.StatusOK {
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
	switch rapid.SampledFrom([]string{"settle", "fail", "ask"}).Draw(rt, "move") {
	case "settle":
		_ = m.s.Stripe.SettleRefund(refund.ID) // the stand-in refuses what is settled, as below
	case "fail":
		_ = m.s.Stripe.FailRefund(refund.ID, "expired_or_canceled_card")
	default:
		_ = m.s.Stripe.RequireRefundAction(refund.ID)
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
	_, _ = m.s.Stripe.PayOut(rapid.SampledFrom([]string{"usd", "eur", "jpy", "kwd"}).Draw(rt, "currency")) // refused when there is nothing
}

func (m *model) bankOnPayout(rt *rapid.T) {
	payouts := m.s.Stripe.Payouts()
	if len(payouts) == 0 {
		rt.Skip("no payout yet")
	}
	one := rapid.SampledFrom(payouts).Draw(rt, "payout")
	_ = m.s.Stripe.MovePayout(one.ID, rapid.SampledFrom([]string{"in_transit", "paid", "failed"}).Draw(rt, "move")) // refused what cannot be
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

func (m *model) check() {
	if m.held {
		if err := m.s.BooksPromises(); err != nil {
			m.t.Fatalf("with events held back: %v", err)
		}
		return
	}
	m.s.AwaitQuiet()
	if err := m.s.Promises(); err != nil {
		m.t.Fatalf("%v\n%s", err, m.s.Logs)
	}
	for _, one := range m.told {
		if want, is := m.status(one), m.s.Status(one.reference); want != is {
			m.t.Fatalf("booking %s is %s and should be %s\n%s", one.reference, is, want, m.s.Logs)
		}
	}
}

// status is where a booking should be, by what Stripe knows and what was asked for.
func (m *model) status(one *life) string {
	intent := m.intent(one)
	switch {
	case one.cancelledUnpaid:
		return "cancelled" // money that came later goes back, and changes nothing
	case intent.Status != "succeeded":
		return "pending_payment"
	}
	var refunded, lost int64
	for _, refund := range m.s.Stripe.Refunds() {
		if refund.PaymentIntent == one.intent && refund.Status == "succeeded" {
			refunded += refund.Amount
		}
	}
	for _, dispute := range m.s.Stripe.Disputes() {
		if dispute.PaymentIntent != one.intent {
			continue
		}
		switch dispute.Status {
		case "needs_response", "under_review":
			return "disputed"
		case "lost":
			lost += dispute.Amount
		}
	}
	switch returned := refunded + lost; {
	case returned >= intent.AmountReceived:
		return "refunded"
	case returned > 0:
		return "partially_refunded"
	case one.cancelledPaid:
		return "cancelled"
	default:
		return "confirmed"
	}
}

type stripeIntent struct {
	Status         string
	AmountReceived int64
	Currency       string
}

func (m *model) intent(one *life) stripeIntent {
	for _, intent := range m.s.Stripe.PaymentIntents() {
		if intent.ID == one.intent {
			return stripeIntent{intent.Status, intent.AmountReceived, intent.Currency}
		}
	}
	require.Fail(m.s.T, "Stripe has lost a PaymentIntent")
	return stripeIntent{}
}

func (m *model) currency(one *life) string {
	return map[string]string{"usd": "USD", "eur": "EUR", "jpy": "JPY", "kwd": "KWD"}[m.intent(one).Currency]
}

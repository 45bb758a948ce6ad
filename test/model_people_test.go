package test

import (
	"fmt"
	"net/http"
	"slices"

	"pgregory.net/rapid"

	"farebook/booking"
	"farebook/internal/dev/testkit"
)

// What travellers and callers of the API do in a life.

func (m *model) book(rt *rapid.T) { m.bookFor(rt, booking.MaxHoldMinutes) }

func (m *model) bookFor(rt *rapid.T, holdMinutes int) *life {
	currency := rapid.SampledFrom([]string{"USD", "EUR", "JPY", "KWD"}).Draw(rt, "currency")
	manual := rapid.Bool().Draw(rt, "manual")
	breakdown := m.breakdown(rt)
	body := testkit.BookingBody(func(body map[string]any) {
		body["amount"], body["holdMinutes"] = map[string]any{"value": 45900, "currency": currency}, holdMinutes
		if manual {
			body["capture"] = "manual"
		}
		if breakdown != nil {
			body["breakdown"] = breakdown
		}
		testkit.DepartingIn(rapid.SampledFrom([]float64{10, 100, 1000}).Draw(rt, "hours"))(body)
	})
	var booked testkit.Booked
	m.post("/v1/bookings", body, http.StatusCreated).Into(m.s.T, &booked)
	one := &life{reference: booked.Reference, intent: booked.Payment.PaymentIntentID, manual: manual}
	m.told = append(m.told, one)
	return one
}

// breakdown is whose a booking's price is, where an agent names it; nil otherwise.
func (m *model) breakdown(rt *rapid.T) map[string]int {
	if !slices.Contains(m.revenue, "REVENUE_MODEL=agent") || !rapid.Bool().Draw(rt, "breakdown") {
		return nil
	}
	parts := map[string]int{
		"taxes": rapid.IntRange(0, 9000).Draw(rt, "taxes"), "serviceFee": rapid.IntRange(0, 2000).Draw(rt, "service fee"),
		"commission": rapid.IntRange(0, 3000).Draw(rt, "commission"),
	}
	parts["fare"] = 45900 - parts["taxes"] - parts["serviceFee"] - parts["commission"]
	return parts
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
		"pm_card_createDisputeInquiry", "pm_card_bypassPending", "pm_usBankAccount_success", "pm_usBankAccount_noAccount",
	}).Draw(rt, "card")
	m.s.Pay(m.any().intent, card) // whatever Stripe answers: the model reads its state
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

func (m *model) cancel(rt *rapid.T) {
	one := m.any()
	m.quiet()
	further := map[*life]string{} // with the status before
	for _, part := range m.furtherOf(one) {
		further[part] = m.status(part)
		if m.disputed(part) || m.intent(part).Status == "processing" {
			rt.Skip("a bank has a further payment, which ends later")
		}
	}
	captured := m.intent(one).AmountReceived > 0
	answer := m.post("/v1/bookings/"+one.reference+"/cancel", nil, http.StatusOK, http.StatusConflict)
	if answer.Status != http.StatusOK || one.expired {
		return
	}
	one.cancelledPaid = one.cancelledPaid || captured && !one.cancelledUnpaid
	one.cancelledUnpaid = one.cancelledUnpaid || !captured
	for part, before := range further {
		m.endsWithItsBooking(part, before)
	}
}

// furtherPayment asks for more money of a booking that is paid.
func (m *model) furtherPayment(rt *rapid.T) {
	of := m.any()
	m.quiet()
	if m.intent(of).Status != "succeeded" {
		rt.Skip("it is not paid")
	}
	manual := rapid.Bool().Draw(rt, "manual")
	body := bag(func(body map[string]any) {
		body["amount"], body["holdMinutes"] = map[string]any{"value": 45900, "currency": m.currency(of)}, booking.MaxHoldMinutes
		if manual {
			body["capture"] = "manual"
		}
	})
	answer := m.post("/v1/bookings/"+of.reference+"/payments", body, http.StatusCreated, http.StatusConflict)
	if answer.Status != http.StatusCreated {
		return
	}
	var asked testkit.Booked
	answer.Into(m.s.T, &asked)
	m.told = append(m.told, &life{reference: asked.Reference, intent: asked.Payment.PaymentIntentID, manual: manual, of: of})
}

func (m *model) furtherOf(of *life) (further []*life) {
	for _, one := range m.told {
		if one.of == of {
			further = append(further, one)
		}
	}
	return further
}

// endsWithItsBooking is what the end of a booking does to a further payment that no bank has: all of one that is refunded has gone back.
func (m *model) endsWithItsBooking(part *life, before string) {
	switch {
	case part.cancelledPaid || part.cancelledUnpaid || before == "refunded":
	case m.intent(part).AmountReceived > 0:
		part.cancelledPaid = true
	default:
		part.cancelledUnpaid = true
	}
}

func (m *model) depart(rt *rapid.T) {
	one := m.any()
	m.quiet()
	if !m.leave(one) {
		rt.Skip("it is not paid, or has departed")
	}
}

// leave has the flight of a booking leave now if the booking is paid, and reports whether it does.
func (m *model) leave(one *life) bool {
	if one.departed || m.intent(one).Status != "succeeded" {
		return false
	}
	one.departed = true
	depart(m.s, testkit.Booked{Reference: one.reference}, m.s.DB.Store.Now())
	m.s.DB.Exec(m.s.T, "UPDATE bookings SET recognise_at = UTC_TIMESTAMP(6) WHERE reference = ? AND recognise_at IS NOT NULL", one.reference)
	return true
}

func (m *model) refund(rt *rapid.T) {
	one := m.any()
	amount := rapid.SampledFrom([]int{10, 10000, 45900, 99990}).Draw(rt, "amount")
	body := fmt.Appendf(nil, `{"amount":{"value":%d,"currency":%q},"payment":%q}`, amount, m.currency(one), one.intent)
	m.post("/v1/bookings/"+one.reference+"/refunds", body, http.StatusCreated, http.StatusConflict, http.StatusUnprocessableEntity)
}

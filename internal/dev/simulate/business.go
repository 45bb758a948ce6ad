package simulate

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"farebook/booking"
)

// sale is one booking as its traveller knows it.
type sale struct {
	number            int
	reference, intent string
	currency          string
	amount            int64
	manual, further   bool
}

var currencies = []string{"USD", "EUR", "JPY", "KWD", "GBP"}

// business plans the day's travellers, and what banks, Stripe and its dashboard do.
func (s *system) business() {
	for range s.bookings/2 + s.rand.IntN(s.bookings+1) {
		s.within(0, "a traveller", s.traveller)
	}
	for range 1 + s.rand.IntN(3) {
		s.within(0, "a bank", s.bank)
	}
	s.visit(opens+s.upTo(time.Hour), "payouts", s.payOut)
}

// traveller books, and plans how the booking continues.
func (s *system) traveller(ctx context.Context) error {
	s.sequence++
	one := &sale{
		number: s.sequence, currency: pick(s.world, currencies...), amount: 10 * (100 + s.rand.Int64N(20_000)), manual: s.chance(20),
	}
	departs := s.now().UTC().Truncate(time.Minute).Add(day + s.upTo(60*day)).Truncate(time.Minute)
	body := map[string]any{
		"customer": map[string]any{
			"name": "Layla Haddad", "email": fmt.Sprintf("traveller-%d@simulation.example", one.number), "locale": pick(s.world, "en", "ar"),
		},
		"amount": map[string]any{"value": one.amount, "currency": one.currency},
		"flight": map[string]any{
			"number": "EK002", "from": "LHR", "to": "DXB", "departsAt": departs.Format(time.RFC3339),
			"arrivesAt": departs.Add(7 * time.Hour).Format(time.RFC3339), "passengers": []any{map[string]any{"name": "Layla Haddad"}},
		},
		"holdMinutes": pick(s.world, 15, 30, 60),
	}
	if one.manual {
		body["capture"] = "manual"
	}
	if s.config.Revenue.Model == booking.ModelAgent && s.chance(70) {
		taxes, fee, commission := one.amount/10, one.amount/50, one.amount/20
		body["breakdown"] = map[string]any{
			"taxes": taxes, "serviceFee": fee, "commission": commission, "fare": one.amount - taxes - fee - commission,
		}
	}
	a, err := s.post(ctx, "/v1/bookings", fmt.Sprintf("book-%d", one.number), encode(body))
	switch {
	case err != nil:
		return err
	case a.status == http.StatusUnprocessableEntity && strings.Contains(string(a.body), "payment-refused"):
		s.counts["bookings that got no PaymentIntent"]++
		return nil
	case a.status != http.StatusCreated:
		return fmt.Errorf("a booking was answered %d: %s", a.status, a.body)
	}
	s.counts["bookings"]++
	return s.booked(one, a)
}

// booked reads which payment was asked for, and plans how it continues.
func (s *system) booked(one *sale, a answer) error {
	var booked struct {
		Reference string
		Payment   struct{ PaymentIntentID string }
	}
	if err := json.Unmarshal(a.body, &booked); err != nil {
		return err
	}
	one.reference, one.intent = booked.Reference, booked.Payment.PaymentIntentID
	s.later(one)
	return nil
}

// supplement asks for a further payment of a booking. What its state forbids is refused.
func (s *system) supplement(ctx context.Context, of *sale) error {
	s.sequence++
	one := &sale{number: s.sequence, currency: of.currency, amount: 10 * (100 + s.rand.Int64N(2_000)), further: true}
	a, err := s.post(ctx, "/v1/bookings/"+of.reference+"/payments", fmt.Sprintf("supplement-%d", one.number), encode(map[string]any{
		"amount": map[string]any{"value": one.amount, "currency": one.currency}, "purpose": "baggage", "holdMinutes": 60,
	}))
	switch {
	case err != nil:
		return err
	case a.status == http.StatusCreated:
		s.counts["further payments"]++
		return s.booked(one, a)
	case a.status != http.StatusConflict && a.status != http.StatusUnprocessableEntity:
		return fmt.Errorf("a further payment of booking %s was answered %d: %s", of.reference, a.status, a.body)
	}
	return nil
}

// encode is a body of the API.
func encode(body map[string]any) []byte {
	text, err := json.Marshal(body)
	if err != nil {
		panic(err) // a map of texts and numbers
	}
	return text
}

// cards are those that travellers pay with, the usual one most often.
var cards = []string{
	"pm_card_visa", "pm_card_visa", "pm_card_visa", "pm_card_visa", "pm_card_visa", "pm_card_visa", "pm_card_mastercard",
	"pm_card_bypassPending",
	"pm_card_visa_chargeDeclined", "pm_card_pendingRefund", "pm_card_refundFail", "pm_card_createDispute", "pm_card_createDisputeInquiry",
	"pm_usBankAccount_success", "pm_usBankAccount_noAccount",
}

// later plans how a booking continues. What happens only at Stripe happens in the hours of business.
func (s *system) later(one *sale) {
	if s.chance(90) {
		s.visit(s.upTo(20*time.Minute), "a payment", func(ctx context.Context) error {
			return s.pay(ctx, one.intent, pick(s.world, cards...))
		})
	}
	if s.chance(20) { // another card
		s.visit(10*time.Minute+s.upTo(50*time.Minute), "a second payment", func(ctx context.Context) error {
			return s.pay(ctx, one.intent, "pm_card_visa")
		})
	}
	if one.manual && s.chance(80) {
		s.atWorkIn(s.upTo(5*day), "a capture", func(ctx context.Context) error {
			return s.act(ctx, one, "capture", map[string]any{})
		})
	}
	if s.chance(15) {
		s.atWorkIn(s.upTo(20*day), "a cancellation", func(ctx context.Context) error { return s.act(ctx, one, "cancel", nil) })
	}
	if s.chance(15) {
		s.atWorkIn(s.upTo(30*day), "a refund", func(ctx context.Context) error {
			amount := pick(s.world, one.amount, one.amount/20*10, 10)
			return s.act(ctx, one, "refunds", map[string]any{"amount": map[string]any{"value": amount, "currency": one.currency}})
		})
	}
	if !one.further && s.chance(10) {
		s.atWorkIn(s.upTo(20*day), "a further payment", func(ctx context.Context) error { return s.supplement(ctx, one) })
	}
	if s.chance(3) {
		s.atWorkIn(s.upTo(30*day), "a refund in the dashboard", func(context.Context) error {
			_, _ = s.stripe.RefundInDashboard(one.intent, 100) // Stripe refuses what is not there
			return nil
		})
	}
	if s.chance(3) {
		s.atWorkIn(s.upTo(60*day), "a dispute", func(context.Context) error {
			_, _ = s.stripe.Dispute(one.intent, 0, "fraudulent") // refused when unpaid
			return nil
		})
	}
}

// atWorkIn plans a visit for the first hour of business after a time.
func (s *system) atWorkIn(d time.Duration, what string, do func(context.Context) error) {
	at := s.now().UTC().Add(d)
	midnight := at.Truncate(day)
	switch hour := at.Sub(midnight); {
	case hour < opens:
		at = midnight.Add(opens + s.upTo(time.Hour))
	case hour >= closes:
		at = midnight.Add(day + opens + s.upTo(time.Hour))
	}
	s.visit(at.Sub(s.now()), what, do)
}

// act sends a request about a booking. What its state forbids is refused.
func (s *system) act(ctx context.Context, one *sale, what string, body map[string]any) error {
	var text []byte
	if body != nil {
		text = encode(body)
	}
	s.sequence++
	a, err := s.post(ctx, "/v1/bookings/"+one.reference+"/"+what, fmt.Sprintf("%s-%d", what, s.sequence), text)
	switch {
	case err != nil:
		return err
	case a.status < 300:
		s.counts[what]++
	case a.status != http.StatusConflict && a.status != http.StatusUnprocessableEntity:
		return fmt.Errorf("%s of booking %s was answered %d: %s", what, one.reference, a.status, a.body)
	}
	return nil
}

// payOut pays out what is available, and moves earlier payouts.
func (s *system) payOut(ctx context.Context) error {
	for _, payout := range s.stripe.Payouts() {
		switch payout.Status {
		case "pending":
			_ = s.stripe.MovePayout(payout.ID, "in_transit") // refused what cannot be
		case "in_transit":
			_ = s.stripe.MovePayout(payout.ID, pick(s.world, "paid", "paid", "paid", "paid", "failed")) // the same
		case "paid":
			if s.chance(1) {
				_ = s.stripe.MovePayout(payout.ID, "failed") // the same
			}
		}
	}
	for _, currency := range s.stripe.Currencies() {
		if id, _ := s.stripe.PayOut(currency); id != "" { // refused when there is nothing
			s.counts["payouts"]++
		}
	}
	if s.chance(5) {
		_, _ = s.atStripe(ctx, "/v1/payouts", url.Values{"amount": {"100"}, "currency": {"usd"}}, nil) // whatever Stripe answers
	}
	return nil
}

// bank decides about what waits for it.
func (s *system) bank(context.Context) error {
	for _, intent := range s.stripe.PaymentIntents() {
		if intent.Status == "processing" && s.chance(50) {
			move := s.stripe.CompleteAction
			if s.chance(30) {
				move = s.stripe.FailAction
			}
			_ = move(intent.ID) // refused what cannot be, as below
		}
	}
	for _, refund := range s.stripe.Refunds() {
		if refund.Status == "pending" && s.chance(30) {
			_ = s.stripe.SettleRefund(refund.ID)
		} else if refund.Status == "succeeded" && s.rand.IntN(2000) == 0 {
			_ = s.stripe.FailRefund(refund.ID, "expired_or_canceled_card")
		}
	}
	s.bankOnDisputes()
	return nil
}

// answering is how long a dispute waits for evidence in a simulation. Nobody sends any: the bank decides without.
const answering = 5 * day

func (s *system) bankOnDisputes() {
	for _, dispute := range s.stripe.Disputes() {
		stage := dispute.ID + ", inquiry " + strconv.FormatBool(strings.HasPrefix(dispute.Status, "warning_"))
		if s.disputed[stage].IsZero() {
			s.disputed[stage] = s.now()
		}
		waits := strings.HasSuffix(dispute.Status, "needs_response")
		late := s.now().Sub(s.disputed[stage]) > answering
		if (!late || !waits) && !s.chance(10) {
			continue
		}
		next := []string{"under_review", "won", "lost"}
		switch dispute.Status {
		case "needs_response":
		case "under_review":
			next = next[1:]
		case "warning_needs_response", "warning_under_review":
			next = []string{"warning_under_review", "warning_closed", "needs_response"}
		default:
			continue
		}
		s.counts["moves of disputes"]++
		_ = s.stripe.MoveDispute(dispute.ID, pick(s.world, next...)) // refused what cannot be
	}
}

package storm

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"time"

	"farebook/internal/dev/devstack"
	"farebook/internal/wait"
)

// booked is what a client keeps of an answer about a booking.
type booked struct {
	Reference string
	Status    string
	Payment   struct{ PaymentIntentID, ClientSecret, Status, URL string }
}

// traveller books, pays, waits and changes their mind, one booking after another, as their own draw decides.
type traveller struct {
	s        *System
	name     string
	draw     *rand.Rand
	patience context.Context //nolint:containedctx // it outlives the storm: a client repeats a request until it is answered
	made     int
}

func newTraveller(patience context.Context, s *System, seed uint64, number int) *traveller {
	name := fmt.Sprintf("traveller-%d", number)
	if number%4 == 3 && s.typeScript.node.Why == "" {
		name = fmt.Sprintf("%s-%d", typeScript, number)
	}
	return &traveller{
		s: s, name: name, draw: rand.New(rand.NewPCG(seed, uint64(number)+1)), patience: patience,
	}
}

// live books until storm ends.
func (t *traveller) live(storm context.Context) {
	for storm.Err() == nil {
		t.story(storm)
		_ = wait.For(storm, time.Duration(t.draw.Int64N(int64(time.Second)))) // ended by the storm's end
	}
}

// amounts are possible in every currency of the storm: Kuwait's dinar has three decimals, of which the last is 0.
var currencies = []string{"USD", "EUR", "JPY", "KWD", "GBP", "AED"}

func (t *traveller) body(currency string, manual bool, hold int) ([]byte, error) {
	more := map[string]any{"amount": map[string]any{"value": t.amount(), "currency": currency}}
	if manual {
		more["capture"] = "manual"
	}
	return devstack.SampleBooking(pick(t.draw, "en", "ar"), hold, more)
}

// amount is in minor units.
func (t *traveller) amount() int { return 10 * (2000 + t.draw.IntN(8000)) }

// key is an Idempotency-Key that no other request has.
func (t *traveller) key() string {
	t.made++
	return fmt.Sprintf("%s-%d", t.name, t.made)
}

// story is one booking, from its request to what its traveller does last.
func (t *traveller) story(storm context.Context) {
	currency, manual := currencies[t.draw.IntN(len(currencies))], t.draw.IntN(5) == 0
	hold, began := t.hold(storm), t.s.clocks.now.Now()
	body, err := t.body(currency, manual, hold)
	if err != nil {
		t.s.violated("a traveller cannot write a booking: %v", err)
		return
	}
	answer, err := t.s.post(t.patience, t.name, "/v1/bookings", t.key(), body)
	if err != nil {
		return // counted in the journal
	}
	if answer.Status == http.StatusUnprocessableEntity && t.s.clocks.now.Now().Sub(began) > time.Duration(hold)*holdUnit/2 {
		// No PaymentIntent could be made during the hold, which the storm shortens to seconds. Temporal gives up one retry interval before
		// the hold ends, which is a large part of such a hold.
		return
	}
	var b booked
	if answer.Status != http.StatusCreated || json.Unmarshal(answer.Body, &b) != nil || b.Payment.ClientSecret == "" {
		t.s.violated("a valid booking was refused with %d: %s", answer.Status, problem(answer.Body))
		return
	}
	t.open(b)
	switch t.draw.IntN(10) {
	case 0: // leaves it unpaid
	case 1:
		t.ask(b, "/cancel", nil)
	default:
		t.pay(b)
		t.afterwards(storm, b, currency, manual)
	}
}

// open opens the payment page of some bookings, by the link of the booking or by another one.
func (t *traveller) open(b booked) {
	links := []string{b.Payment.URL}
	switch t.draw.IntN(6) {
	case 0:
		var more struct{ URL string }
		if answer := t.ask(b, "/payment-link", nil); answer.Status == http.StatusOK && json.Unmarshal(answer.Body, &more) == nil {
			links = append(links, more.URL)
		}
	case 1:
	default:
		return
	}
	for _, link := range links {
		path := payLink.FindString(link)
		if path == "" {
			t.s.violated("an answer about %s has no link to a payment page", b.Reference)
			continue
		}
		if page, err := t.s.get(t.patience, browser, path); err == nil {
			t.s.opened(page)
		}
	}
}

// hold is a booking's in minutes. Towards the end of a storm it is the shortest, so that rest does not wait for it.
func (t *traveller) hold(storm context.Context) int {
	hold := pick(t.draw, 5, 10, 30, 60)
	if end, ends := storm.Deadline(); ends && time.Until(end) < time.Duration(hold)*holdUnit {
		return 5
	}
	return hold
}

// cards are Stripe's test cards, the usual one more often.
var cards = []string{
	"pm_card_visa", "pm_card_visa", "pm_card_visa", "pm_card_visa", "pm_card_visa", "pm_card_mastercard", "pm_card_bypassPending",
	"pm_card_visa_chargeDeclined", "pm_card_pendingRefund", "pm_card_refundFail", "pm_card_createDispute", "pm_card_createDisputeInquiry",
	"pm_card_authenticationRequired",
}

// pay confirms the PaymentIntent, a second time after a refusal; whatever Stripe answers, the oracle reads its state.
func (t *traveller) pay(b booked) {
	for range 2 {
		form := url.Values{"payment_method": {cards[t.draw.IntN(len(cards))]}, "return_url": {"https://example.com/return"}}
		if t.s.toStripe(t.patience, "/v1/payment_intents/"+b.Payment.PaymentIntentID+"/confirm", form) == http.StatusOK {
			return
		}
	}
}

// afterwards is what comes after a payment: nothing, a capture, a refund, a cancellation, a further payment.
func (t *traveller) afterwards(storm context.Context, b booked, currency string, manual bool) {
	if manual && t.draw.IntN(4) > 0 {
		_ = wait.For(storm, time.Duration(t.draw.Int64N(int64(2*time.Second)))) // ended by the storm's end
		body := []byte(nil)
		if t.draw.IntN(2) == 0 {
			body = fmt.Appendf(nil, `{"amount":{"value":10000,"currency":%q}}`, currency)
		}
		t.ask(b, "/capture", body)
	}
	if t.draw.IntN(3) == 0 {
		return
	}
	_ = wait.For(storm, time.Duration(t.draw.Int64N(int64(5*time.Second)))) // as above
	switch t.draw.IntN(4) {
	case 0:
		t.ask(b, "/cancel", nil)
	case 1:
		t.ask(b, "/refunds", fmt.Appendf(nil, `{"amount":{"value":%d,"currency":%q}}`, 10*(100+t.draw.IntN(500)), currency))
		t.ask(b, "/refunds", fmt.Appendf(nil, `{"amount":{"value":5000,"currency":%q}}`, currency))
	case 2:
		t.ask(b, "/refunds", []byte(`{}`))
	default:
		t.further(b, currency)
	}
}

// further asks for one more payment of a booking, and mostly pays it.
func (t *traveller) further(b booked, currency string) {
	body := fmt.Appendf(nil, `{"amount":{"value":4500,"currency":%q},"purpose":"baggage","description":"one bag of 23 kg","holdMinutes":10}`,
		currency)
	answer := t.ask(b, "/payments", body)
	var more booked
	if answer.Status == http.StatusCreated && json.Unmarshal(answer.Body, &more) == nil && t.draw.IntN(4) > 0 {
		t.pay(more)
	}
}

// ask sends what may be refused by the state of the booking.
func (t *traveller) ask(b booked, path string, body []byte) Answer {
	return t.s.ask(t.patience, t.name, "/v1/bookings/"+b.Reference+path, t.key(), body)
}

func pick[T any](draw *rand.Rand, choices ...T) T { return choices[draw.IntN(len(choices))] }

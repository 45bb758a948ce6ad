package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"farebook/internal/dev/devstack"
)

// booked is the part of a booking in the API that stories use.
type booked struct {
	Reference     string    `json:"reference"`
	Status        string    `json:"status"`
	HoldExpiresAt time.Time `json:"holdExpiresAt"`
	Payment       struct {
		PaymentIntentID string `json:"paymentIntentId"`
		ClientSecret    string `json:"clientSecret"`
		Status          string `json:"status"`
	} `json:"payment"`
}

// book begins a story with a booking, which is expected to end with the status want and these emails.
func (d *demo) book(ctx context.Context, title, locale string, holdMinutes int, want string, mails ...string) (*story, error) {
	return d.bookWith(ctx, title, locale, holdMinutes, nil, want, mails...)
}

// bookWith is book with more fields in the request.
func (d *demo) bookWith(ctx context.Context, title, locale string, holdMinutes int, more map[string]any, want string,
	mails ...string,
) (*story, error) {
	d.begin(title)
	text, err := devstack.SampleBooking(locale, holdMinutes, more)
	if err != nil {
		return nil, err
	}
	status, answer, err := d.call(ctx, http.MethodPost, "/v1/bookings", d.key(), text)
	if err != nil {
		return nil, err
	}
	var b booked
	if status != http.StatusCreated || json.Unmarshal(answer, &b) != nil || b.Payment.ClientSecret == "" {
		return nil, fmt.Errorf("POST /v1/bookings: unexpected status %d: %s", status, answer)
	}
	step("POST /v1/bookings → %d, %s, %s, held until %s", status, b.Reference, b.Status, b.HoldExpiresAt.Format(time.TimeOnly))
	step("PaymentIntent %s, workflow BookingPayment:%s", b.Payment.PaymentIntentID, b.Reference)
	s := &story{title: title, reference: b.Reference, intent: b.Payment.PaymentIntentID, want: want, mails: mails}
	d.told = append(d.told, s)
	return s, nil
}

// key returns the idempotency key of the next story.
func (d *demo) key() string { return fmt.Sprintf("demo-%d", len(d.told)+1) }

// again repeats the request of the first booking with its key and checks that the response is the same.
func (d *demo) again(ctx context.Context, s *story, what string) error {
	text, err := devstack.SampleBooking("en", 30, nil)
	if err != nil {
		return err
	}
	status, answer, err := d.call(ctx, http.MethodPost, "/v1/bookings", "demo-1", text)
	if err != nil {
		return err
	}
	var b booked
	if status != http.StatusCreated || json.Unmarshal(answer, &b) != nil || b.Reference != s.reference {
		return fmt.Errorf("the repeated request: unexpected status or booking: %d: %s", status, answer)
	}
	step("%s → %d, %s again", what, status, b.Reference)
	return nil
}

// read reads a booking from the API.
func (d *demo) read(ctx context.Context, reference string) (booked, error) {
	status, answer, err := d.call(ctx, http.MethodGet, "/v1/bookings/"+reference, "", nil)
	var b booked
	if err == nil && status != http.StatusOK {
		err = fmt.Errorf("GET /v1/bookings/%s: %d", reference, status)
	}
	if err == nil {
		err = json.Unmarshal(answer, &b)
	}
	return b, err
}

func (d *demo) call(ctx context.Context, method, path, key string, text []byte) (int, []byte, error) {
	request, err := http.NewRequestWithContext(ctx, method, d.stack.APIURL+path, bytes.NewReader(text))
	if err != nil {
		return 0, nil, err
	}
	request.Header.Set("Authorization", "Bearer "+d.stack.APIKey)
	if key != "" {
		request.Header.Set("Idempotency-Key", key)
	}
	if text != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	return do(request)
}

// pay confirms the PaymentIntent at Stripe, as the traveller's browser does.
func (d *demo) pay(ctx context.Context, s *story, card string, want int) error {
	form := url.Values{"payment_method": {card}, "return_url": {"https://example.com/return"}}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost,
		d.stack.Stripe.URL()+"/v1/payment_intents/"+s.intent+"/confirm", strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Authorization", "Bearer "+d.setting("STRIPE_SECRET_KEY"))
	status, answer, err := do(request)
	if err != nil {
		return err
	}
	step("the traveller pays with %s → Stripe answers %d", card, status)
	if status != want {
		return fmt.Errorf("confirm the PaymentIntent: status %d instead of %d: %s", status, want, answer)
	}
	return nil
}

func (d *demo) setting(name string) string {
	for _, line := range d.stack.Environment() {
		if value, found := strings.CutPrefix(line, name+"="); found {
			return value
		}
	}
	return ""
}

func do(request *http.Request) (int, []byte, error) {
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, nil, err
	}
	defer func() { _ = response.Body.Close() }() // read to the end below
	answer, err := io.ReadAll(response.Body)
	return response.StatusCode, answer, err
}

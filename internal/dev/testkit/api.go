package testkit

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// APIClient is a caller of Farebook's HTTP API.
type APIClient struct {
	t     testing.TB
	base  string
	Token string
}

// Answer is what the API said.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// Booked is the body of a booking's answer.
type Booked struct {
	Reference     string    `json:"reference"`
	Status        string    `json:"status"`
	HoldExpiresAt time.Time `json:"holdExpiresAt"`
	Payment       struct {
		PaymentIntentID string `json:"paymentIntentId"`
		ClientSecret    string `json:"clientSecret"`
		Status          string `json:"status"`
	} `json:"payment"`
}

// Into decodes the body.
func (a Answer) Into(t testing.TB, out any) {
	t.Helper()
	require.NoError(t, json.Unmarshal(a.Body, out), "body: %s", a.Body)
}

// Do sends one request. An error of the connection itself is returned: the API may be dying on purpose.
func (c *APIClient) Do(method, path, idempotencyKey string, body []byte) (Answer, error) {
	request, err := http.NewRequest(method, c.base+path, bytes.NewReader(body))
	if err != nil {
		return Answer{}, err
	}
	request.Header.Set("Authorization", "Bearer "+c.Token)
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	if idempotencyKey != "" {
		request.Header.Set("Idempotency-Key", idempotencyKey)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return Answer{}, err
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	return Answer{Status: response.StatusCode, Header: response.Header, Body: text}, err
}

// Ready asks /readyz.
func (c *APIClient) Ready() bool { return c.ready("/readyz") }

// ReadyForWebhooks asks for that alone: without a worker, no booking can be taken.
func (c *APIClient) ReadyForWebhooks() bool { return c.ready("/readyz/webhooks") }

func (c *APIClient) ready(path string) bool {
	answer, err := c.Do(http.MethodGet, path, "", nil)
	return err == nil && answer.Status == http.StatusOK
}

// Get reads a path that has to answer 200 into out.
func (c *APIClient) Get(path string, out any) {
	c.t.Helper()
	answer, err := c.Do(http.MethodGet, path, "", nil)
	require.NoError(c.t, err)
	require.Equal(c.t, http.StatusOK, answer.Status, "GET %s: %s", path, answer.Body)
	answer.Into(c.t, out)
}

// BookingBody is a valid request; change lets a test turn it into another.
func BookingBody(change func(map[string]any)) []byte {
	departs := time.Now().Add(30 * 24 * time.Hour).UTC().Truncate(time.Hour)
	body := map[string]any{
		"customer": map[string]any{"name": "Layla Haddad", "email": "layla.haddad@canary-mail.example", "locale": "en"},
		"amount":   map[string]any{"value": 45900, "currency": "USD"},
		"flight": map[string]any{
			"number": "EK002", "from": "LHR", "to": "DXB",
			"departsAt":  departs.Format(time.RFC3339),
			"arrivesAt":  departs.Add(7 * time.Hour).In(time.FixedZone("GST", 4*3600)).Format(time.RFC3339),
			"passengers": []any{map[string]any{"name": "Layla Haddad"}},
		},
		"holdMinutes": 30,
	}
	if change != nil {
		change(body)
	}
	text, err := json.Marshal(body)
	if err != nil {
		panic(err) // a map of strings and numbers
	}
	return text
}

// Book makes a booking, trying again under the same key while the API is away, as any client of it should.
func (s *Stack) Book(key string, body []byte) Booked {
	s.T.Helper()
	var booked Booked
	var last string
	s.Eventually(func() bool {
		answer, err := s.API.Do(http.MethodPost, "/v1/bookings", key, body)
		if err != nil {
			last = err.Error()
			return false
		}
		last = fmt.Sprintf("%d %s", answer.Status, answer.Body)
		if answer.Status != http.StatusCreated {
			return false
		}
		answer.Into(s.T, &booked)
		return true
	}, "no booking was made")
	require.NotEmpty(s.T, booked.Payment.ClientSecret, "last answer: %s", last)
	return booked
}

// DepartingIn turns a request into one whose flight departs in so many hours, and half of one.
func DepartingIn(hours float64) func(map[string]any) {
	return func(body map[string]any) {
		departs := time.Now().Add(time.Duration(hours*float64(time.Hour)) + 30*time.Minute).UTC()
		flight, _ := body["flight"].(map[string]any) // BookingBody has made it
		flight["departsAt"] = departs.Format(time.RFC3339)
		flight["arrivesAt"] = departs.Add(7 * time.Hour).Format(time.RFC3339)
	}
}

// Post sends a request that the connection itself is not expected to fail.
func (s *Stack) Post(path, idempotencyKey string, body []byte) Answer {
	s.T.Helper()
	answer, err := s.API.Do(http.MethodPost, path, idempotencyKey, body)
	require.NoError(s.T, err)
	return answer
}

// BookAndPay makes a booking that is confirmed; change turns the request into another.
func (s *Stack) BookAndPay(key string, change func(map[string]any)) Booked {
	s.T.Helper()
	booked := s.Book(key, BookingBody(change))
	require.Equal(s.T, http.StatusOK, s.Pay(booked.Payment.PaymentIntentID, "pm_card_visa"))
	s.AwaitStatus(booked.Reference, "confirmed")
	return booked
}

// Pay is the traveller's browser: it confirms the PaymentIntent at Stripe with a test card, and returns the HTTP status.
func (s *Stack) Pay(paymentIntentID, card string) int {
	s.T.Helper()
	return s.PostToStripe("/v1/payment_intents/"+paymentIntentID+"/confirm",
		url.Values{"payment_method": {card}, "return_url": {"https://farebook.example/return"}}, nil)
}

// ForeignPayment is one that somebody else takes on the same Stripe account. It returns its PaymentIntent.
func (s *Stack) ForeignPayment(amount int) string { return s.PaymentBeside(amount, "") }

// PaymentBeside is a payment that somebody else takes, and that bears a booking's reference.
func (s *Stack) PaymentBeside(amount int, reference string) string {
	s.T.Helper()
	var intent struct{ ID string }
	status := s.PostToStripe("/v1/payment_intents", url.Values{
		"amount": {strconv.Itoa(amount)}, "currency": {"usd"}, "payment_method": {"pm_card_visa"}, "confirm": {"true"},
		"metadata[booking_reference]": {reference},
	}, &intent)
	require.Equal(s.T, http.StatusOK, status)
	return intent.ID
}

// PostToStripe is what somebody else does with Stripe's API on the same account. It returns the HTTP status.
func (s *Stack) PostToStripe(path string, form url.Values, out any) int {
	s.T.Helper()
	request, err := http.NewRequest(http.MethodPost, s.Stripe.URL()+path, strings.NewReader(form.Encode()))
	require.NoError(s.T, err)
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Authorization", "Bearer "+StripeKey)
	response, err := http.DefaultClient.Do(request)
	require.NoError(s.T, err)
	defer func() { _ = response.Body.Close() }()
	if out != nil {
		require.NoError(s.T, json.NewDecoder(response.Body).Decode(out))
	}
	return response.StatusCode
}

// Status reads a booking's status through the API.
func (s *Stack) Status(reference string) string {
	answer, err := s.API.Do(http.MethodGet, "/v1/bookings/"+reference, "", nil)
	if err != nil || answer.Status != http.StatusOK {
		return ""
	}
	var booked Booked
	if json.Unmarshal(answer.Body, &booked) != nil {
		return ""
	}
	return booked.Status
}

// AwaitStatus waits until a booking has a status.
func (s *Stack) AwaitStatus(reference, status string) {
	s.T.Helper()
	s.Eventually(func() bool { return s.Status(reference) == status }, "booking %s never became %s, and is %s; logs:\n%s",
		reference, status, later(func() string { return s.Status(reference) }), s.Logs)
}

// later is a text of a message, made when the message is printed.
type later func() string

func (l later) String() string { return l() }

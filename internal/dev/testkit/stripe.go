package testkit

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/fakestripe"
)

// Pay confirms the PaymentIntent at Stripe with a test card, as the traveller's browser does, and returns the HTTP status.
func (s *Stack) Pay(paymentIntentID, card string) int {
	s.T.Helper()
	return s.PostToStripe("/v1/payment_intents/"+paymentIntentID+"/confirm",
		url.Values{"payment_method": {card}, "return_url": {"https://farebook.example/return"}}, nil)
}

// ForeignPayment takes a payment on the same Stripe account that is not Farebook's, and returns its PaymentIntent.
func (s *Stack) ForeignPayment(amount int) string { return s.PaymentBeside(amount, "") }

// PaymentBeside does so for a payment whose metadata names a booking.
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

// PostToStripe sends a request to Stripe on the same account, beside Farebook, and returns the HTTP status. out may be nil.
func (s *Stack) PostToStripe(path string, form url.Values, out any) int {
	s.T.Helper()
	request, err := http.NewRequest(http.MethodPost, s.Stripe.URL()+path, strings.NewReader(form.Encode()))
	require.NoError(s.T, err)
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Authorization", "Bearer "+s.Stripe.Key())
	response, err := connections.Do(request)
	require.NoError(s.T, err)
	defer func() { _ = response.Body.Close() }()
	if out != nil {
		require.NoError(s.T, json.NewDecoder(response.Body).Decode(out))
	}
	return response.StatusCode
}

// DropWebhooks loses all events from now on, and those that are held. The returned function has new events delivered again.
func (s *Stack) DropWebhooks() (again func()) {
	s.Stripe.SetWebhook("", WebhookSecret)
	return func() { s.Stripe.SetWebhook(s.webhookURL, WebhookSecret) }
}

// CreatedPaymentIntents returns the number of PaymentIntents at Stripe.
func (s *Stack) CreatedPaymentIntents() int { return len(s.Stripe.PaymentIntents()) }

// StripeStatus returns a PaymentIntent's status at Stripe; empty for an unknown one.
func (s *Stack) StripeStatus(id string) string {
	for _, intent := range s.Stripe.PaymentIntents() {
		if intent.ID == id {
			return intent.Status
		}
	}
	return ""
}

// StripeMetadata returns one metadata value of a PaymentIntent at Stripe.
func (s *Stack) StripeMetadata(id, key string) string {
	for _, intent := range s.Stripe.PaymentIntents() {
		if intent.ID == id {
			return intent.Metadata[key]
		}
	}
	return ""
}

// StripeCalls returns the number of requests to Stripe with this method and path.
func (s *Stack) StripeCalls(method, path string) int {
	calls := 0
	for _, record := range s.Stripe.Journal().Records() {
		if record.Method == method && record.Path == path {
			calls++
		}
	}
	return calls
}

// StripePosts returns the number of requests to Stripe other than GET.
func (s *Stack) StripePosts() int {
	posts := 0
	for _, record := range s.Stripe.Journal().Records() {
		if record.Method != http.MethodGet {
			posts++
		}
	}
	return posts
}

// DeliverAgain has Stripe deliver an event once more, and returns the API's status.
func (s *Stack) DeliverAgain(eventID string) int {
	s.T.Helper()
	return s.delivered(func() (int, error) { return s.Stripe.Deliver(eventID) })
}

// DeliverMade has Stripe deliver an event that the test has made, and returns the API's status.
func (s *Stack) DeliverMade(event fakestripe.MadeEvent) int {
	s.T.Helper()
	s.made++
	event.ID = fmt.Sprintf("evt_made%d", s.made)
	return s.delivered(func() (int, error) { return s.Stripe.DeliverMade(event) })
}

// delivered delivers an event, and again while the API does not answer in time, as Stripe does.
func (s *Stack) delivered(deliver func() (int, error)) int {
	s.T.Helper()
	answer, err := UntilInTime(func() (Answer, error) {
		status, err := deliver()
		return Answer{Status: status}, err
	})
	require.NoError(s.T, err)
	return answer.Status
}

// WebhooksTo has Stripe deliver its events to another API from now on.
func (s *Stack) WebhooksTo(c *APIClient) {
	s.Stripe.SetWebhook(c.base+"/webhooks/stripe", WebhookSecret)
}

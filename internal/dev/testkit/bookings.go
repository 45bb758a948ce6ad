package testkit

import (
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/booking"
)

// Booked is the body of an answer about a booking.
type Booked struct {
	Reference     string    `json:"reference"`
	Status        string    `json:"status"`
	HoldExpiresAt time.Time `json:"holdExpiresAt"`
	Payment       struct {
		PaymentIntentID string `json:"paymentIntentId"`
		ClientSecret    string `json:"clientSecret"`
		URL             string `json:"url"` // of the payment page; empty without Options.PayPage
		Status          string `json:"status"`
	} `json:"payment"`
}

// departure is that of each flight whose departure a test does not set. It stays the same while the process runs: a request that is sent
// again in the next hour is the same request.
var departure = sync.OnceValue(func() time.Time { return time.Now().Add(30 * 24 * time.Hour).UTC().Truncate(time.Hour) })

// BookingBody returns a valid request for a booking of $459.00, after change has edited it. change may be nil.
func BookingBody(change func(map[string]any)) []byte {
	departs := departure()
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

// DepartingIn returns a change for BookingBody: the flight departs in that many hours and thirty minutes.
func DepartingIn(hours float64) func(map[string]any) {
	return func(body map[string]any) {
		departs := time.Now().Add(time.Duration(hours*float64(time.Hour)) + 30*time.Minute).UTC()
		flight, _ := body["flight"].(map[string]any) // BookingBody has made it
		flight["departsAt"] = departs.Format(time.RFC3339)
		flight["arrivesAt"] = departs.Add(7 * time.Hour).Format(time.RFC3339)
	}
}

// Book makes a booking. It repeats the request under the same key while the API is away, as any client should.
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

// BookAndPay makes a booking, pays it with a test card and waits until it is confirmed. change edits the request, and may be nil.
func (s *Stack) BookAndPay(key string, change func(map[string]any)) Booked {
	s.T.Helper()
	booked := s.Book(key, BookingBody(change))
	require.Equal(s.T, http.StatusOK, s.Pay(booked.Payment.PaymentIntentID, "pm_card_visa"))
	s.AwaitStatus(booked.Reference, "confirmed")
	return booked
}

// Status returns a booking's status from the API; empty while the API gives none.
func (s *Stack) Status(reference string) string {
	answer, err := s.API.Ask(http.MethodGet, "/v1/bookings/"+reference, "", nil)
	if err != nil || answer.Status != http.StatusOK {
		return ""
	}
	var booked Booked
	if json.Unmarshal(answer.Body, &booked) != nil {
		return ""
	}
	return booked.Status
}

// AwaitStatus waits until the API shows a booking in the given status.
func (s *Stack) AwaitStatus(reference, status string) {
	s.T.Helper()
	s.Eventually(func() bool { return s.Status(reference) == status }, "booking %s never became %s, and is %s; logs:\n%s",
		reference, status, later(func() string { return s.Status(reference) }), s.Logs)
}

// later is a part of a failure message that is computed when the message is printed.
type later func() string

// OnlyReference returns the reference of the only booking in the books.
func (s *Stack) OnlyReference() string {
	s.T.Helper()
	require.Equal(s.T, 1, s.DB.Count(s.T, "SELECT COUNT(*) FROM bookings"))
	return s.DB.Text(s.T, "SELECT reference FROM bookings")
}

// PaymentStatus returns the status of a booking's payment in the books; empty when there is no payment.
func (s *Stack) PaymentStatus(reference string) string {
	known, err := s.DB.Store.Booking(s.T.Context(), booking.Reference(reference))
	if err != nil || known.Payment == nil {
		return ""
	}
	return string(known.Payment.Status)
}

// CorrelationID returns a booking's correlation id.
func (s *Stack) CorrelationID(reference string) string {
	known, err := s.DB.Store.Booking(s.T.Context(), booking.Reference(reference))
	require.NoError(s.T, err)
	return known.CorrelationID
}

func (l later) String() string { return l() }

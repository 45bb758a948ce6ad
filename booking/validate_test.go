package booking_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/booking"
)

var now = time.Date(2030, 1, 1, 12, 0, 0, 0, time.UTC)

func request(change func(*booking.Request)) booking.Request {
	departs := now.Add(30 * 24 * time.Hour)
	r := booking.Request{
		Customer: booking.Customer{Name: "Layla Haddad", Email: "layla@example.com", Locale: booking.LocaleAR},
		Amount:   booking.Money{Value: 45900, Currency: "USD"},
		Flight: booking.Flight{
			Number: "EK2", From: "LHR", To: "DXB", DepartsAt: departs, ArrivesAt: departs.Add(7 * time.Hour),
			Passengers: []booking.Passenger{{Name: "Layla Haddad"}},
		},
		HoldMinutes: 30,
	}
	if change != nil {
		change(&r)
	}
	return r
}

func TestGoodRequests(t *testing.T) {
	t.Parallel()
	for _, change := range []func(*booking.Request){
		nil,
		func(r *booking.Request) { r.Customer.Name = "ليلى حداد" },
		func(r *booking.Request) { r.Customer.Name = "Seán Ó Briain-O'Neill Jr." },
		func(r *booking.Request) { r.Customer.Email = "a.b+c@sub.example.co.uk" },
		func(r *booking.Request) { r.HoldMinutes = booking.MaxHoldMinutes },
		func(r *booking.Request) { r.Flight.Number = "U24567A" },
	} {
		require.NoError(t, request(change).Validate(now))
	}
}

func TestBadRequestsNameTheField(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		field  string
		change func(*booking.Request)
	}{
		{"customer.name", func(r *booking.Request) { r.Customer.Name = "" }},
		{"customer.name", func(r *booking.Request) { r.Customer.Name = "   " }},
		{"customer.name", func(r *booking.Request) { r.Customer.Name = " Layla" }},
		{"customer.name", func(r *booking.Request) { r.Customer.Name = strings.Repeat("a", 10_000) }},
		{"customer.name", func(r *booking.Request) { r.Customer.Name = "Layla\r\nBcc: thief@example.com" }},
		{"customer.name", func(r *booking.Request) { r.Customer.Name = "=?utf-8?q?Layla=0D=0ABcc:?=" }},
		{"customer.name", func(r *booking.Request) { r.Customer.Name = "<script>alert(1)</script>" }},
		{"customer.name", func(r *booking.Request) { r.Customer.Name = "Layla\u202eddaH" }},
		{"customer.name", func(r *booking.Request) { r.Customer.Name = "Layla\u2066x" }},
		{"customer.name", func(r *booking.Request) { r.Customer.Name = "Lay\x00la" }},
		{"customer.name", func(r *booking.Request) { r.Customer.Name = "Lay\xff\xfela" }},
		{"customer.email", func(r *booking.Request) { r.Customer.Email = "" }},
		{"customer.email", func(r *booking.Request) { r.Customer.Email = "layla" }},
		{"customer.email", func(r *booking.Request) { r.Customer.Email = "layla@localhost" }},
		{"customer.email", func(r *booking.Request) { r.Customer.Email = "layla@example.com\r\nBcc: thief@example.com" }},
		{"customer.email", func(r *booking.Request) { r.Customer.Email = "layla@example.com, thief@example.com" }},
		{"customer.email", func(r *booking.Request) { r.Customer.Email = "Layla <layla@example.com>" }},
		{"customer.email", func(r *booking.Request) { r.Customer.Email = strings.Repeat("a", 250) + "@example.com" }},
		{"customer.email", func(r *booking.Request) { r.Customer.Email = "layla@example..com" }},
		{"customer.locale", func(r *booking.Request) { r.Customer.Locale = "fr" }},
		{"customer.locale", func(r *booking.Request) { r.Customer.Locale = "" }},
		{"amount.value", func(r *booking.Request) { r.Amount.Value = 0 }},
		{"amount.currency", func(r *booking.Request) { r.Amount.Currency = "usd" }},
		{"flight.number", func(r *booking.Request) { r.Flight.Number = "EK" }},
		{"flight.number", func(r *booking.Request) { r.Flight.Number = "1=1" }},
		{"flight.from", func(r *booking.Request) { r.Flight.From = "lhr" }},
		{"flight.to", func(r *booking.Request) { r.Flight.To = "../" }},
		{"flight.to", func(r *booking.Request) { r.Flight.To = r.Flight.From }},
		{"flight.departsAt", func(r *booking.Request) { r.Flight.DepartsAt = now.Add(-time.Minute) }},
		{"flight.departsAt", func(r *booking.Request) { r.Flight.DepartsAt = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC) }},
		{"flight.arrivesAt", func(r *booking.Request) { r.Flight.ArrivesAt = r.Flight.DepartsAt }},
		{"flight.arrivesAt", func(r *booking.Request) { r.Flight.ArrivesAt = r.Flight.DepartsAt.Add(49 * time.Hour) }},
		{"flight.passengers", func(r *booking.Request) { r.Flight.Passengers = nil }},
		{"flight.passengers", func(r *booking.Request) { r.Flight.Passengers = make([]booking.Passenger, 10) }},
		{"flight.passengers[0].name", func(r *booking.Request) { r.Flight.Passengers[0].Name = "<b>" }},
		{"holdMinutes", func(r *booking.Request) { r.HoldMinutes = 0 }},
		{"holdMinutes", func(r *booking.Request) { r.HoldMinutes = 1441 }},
	} {
		err := request(c.change).Validate(now)
		var fields booking.FieldErrors
		require.ErrorAs(t, err, &fields, c.field)
		found := false
		for _, field := range fields {
			found = found || field.Field == c.field
			require.NotContains(t, field.Error(), "thief", "a value is quoted")
		}
		require.True(t, found, "%s is not named in: %v", c.field, err)
	}
}

func TestAllProblemsAtOnce(t *testing.T) {
	t.Parallel()
	err := booking.Request{}.Validate(now)
	var fields booking.FieldErrors
	require.ErrorAs(t, err, &fields)
	require.GreaterOrEqual(t, len(fields), 8)
}

package test

import (
	"encoding/csv"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/testkit"
)

// earlierSystem is the system that Farebook replaces: it takes payments on the same Stripe account and exports its bookings.
type earlierSystem struct {
	s       *testkit.Stack
	columns []string
	rows    []map[string]string
}

func newEarlierSystem(s *testkit.Stack) *earlierSystem {
	return &earlierSystem{s: s, columns: []string{
		"reference", "client", "customer_name", "customer_email", "passengers", "flight_number", "flight_from", "flight_to", "departs_at",
		"arrives_at",
		"amount_minor", "currency", "payment_intent", "state", "hold_expires_at", "created_at", "confirmed_at",
		"fare_minor", "taxes_minor", "service_fee_minor", "commission_minor",
	}}
}

// book makes a PaymentIntent as that system did, and the row of its export; card is empty for one that nobody has paid. It returns the
// PaymentIntent's id and the row, which tests change.
func (e *earlierSystem) book(reference, card, state string, form url.Values) (string, map[string]string) {
	e.s.T.Helper()
	fields := url.Values{
		"amount": {"45900"}, "currency": {"usd"}, "automatic_payment_methods[enabled]": {"true"},
		"metadata[booking_reference]": {reference}, "description": {"Booking " + reference},
	}
	for name, values := range form {
		fields[name] = values
	}
	var intent struct{ ID string }
	require.Equal(e.s.T, http.StatusOK, e.s.PostToStripe("/v1/payment_intents", fields, &intent))
	if card != "" {
		e.s.Pay(intent.ID, card)
	}
	now := time.Now().UTC().Truncate(time.Second)
	departs := now.AddDate(0, 0, 30)
	row := map[string]string{
		"reference": reference, "client": "test", "customer_name": "Layla Haddad", "customer_email": "layla.haddad@canary-mail.example",
		"passengers": "Layla Haddad|Omar Haddad", "flight_number": "EK2", "flight_from": "LHR", "flight_to": "DXB",
		"departs_at": departs.Format(time.RFC3339), "arrives_at": departs.Add(7 * time.Hour).Format(time.RFC3339),
		"amount_minor": fields.Get("amount"), "currency": strings.ToUpper(fields.Get("currency")), "payment_intent": intent.ID, "state": state,
		"hold_expires_at": now.Add(time.Hour).Format(time.RFC3339), "created_at": now.Add(-time.Hour).Format(time.RFC3339),
		"confirmed_at": "",
	}
	e.rows = append(e.rows, row)
	return intent.ID, row
}

// export writes the rows to a CSV file.
func (e *earlierSystem) export() string {
	e.s.T.Helper()
	path := filepath.Join(e.s.T.TempDir(), "bookings.csv")
	file, err := os.Create(path)
	require.NoError(e.s.T, err)
	w := csv.NewWriter(file)
	require.NoError(e.s.T, w.Write(e.columns))
	for _, row := range e.rows {
		values := make([]string, len(e.columns))
		for i, column := range e.columns {
			values[i] = row[column]
		}
		require.NoError(e.s.T, w.Write(values))
	}
	w.Flush()
	require.NoError(e.s.T, w.Error())
	require.NoError(e.s.T, file.Close())
	return path
}

// importedAs is what Farebook calls a booking of the earlier system.
func importedAs(s *testkit.Stack, earlier string) string {
	s.T.Helper()
	return s.DB.Text(s.T, "SELECT b.reference FROM bookings b JOIN imported_bookings i ON i.booking_id = b.id WHERE i.earlier_reference = ?",
		earlier)
}

func requireNothingAtStripe(s *testkit.Stack, work func()) {
	s.T.Helper()
	posts := s.StripePosts()
	work()
	require.Equal(s.T, posts, s.StripePosts(), "nothing was asked for at Stripe")
}

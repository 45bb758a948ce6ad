package evidence_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/booking"
	"farebook/money"
	"farebook/starter/evidence"
)

// What the books do not know is not suggested: a booking that was rebuilt from Stripe has neither customer nor flight.
func TestEvidenceOfARebuiltBookingSuggestsNoFlight(t *testing.T) {
	t.Parallel()
	sold := evidence.Sold{Amount: money.Money{Value: 45900, Currency: "USD"}, BookedAt: time.Date(2026, 11, 26, 9, 30, 0, 0, time.UTC)}
	texts := evidence.Bundle{Reference: "FB-7K2M9QXA", Sold: sold}.Suggest()
	require.NotContains(t, texts, "service_date")
	require.NotContains(t, texts, "product_description")
	require.NotContains(t, texts, "customer_name")

	sold.Flight = booking.Flight{
		Number: "EK2", From: "LHR", To: "DXB", DepartsAt: time.Date(2026, 12, 24, 13, 5, 0, 0, time.FixedZone("", 4*60*60)),
		Passengers: []booking.Passenger{{Name: "Layla Haddad"}, {Name: "Omar Haddad"}},
	}
	texts = evidence.Bundle{Reference: "FB-7K2M9QXA", Sold: sold}.Suggest()
	require.Equal(t, "24 December 2026, 09:05 UTC", texts["service_date"])
	require.Equal(t, "Flight EK2 from LHR to DXB, departing on 24 December 2026, 09:05 UTC, for Layla Haddad, Omar Haddad. "+
		"Booked on 26 November 2026, 09:30 UTC under the reference FB-7K2M9QXA for $459.00.", texts["product_description"])
}

// The log of a booking with many lines has a hundred of them, however many lines of the staff are left out.
func TestSuggestedActivityHasAHundredLines(t *testing.T) {
	t.Parallel()
	var b evidence.Bundle
	for i := range 250 {
		b.Timeline = append(b.Timeline, evidence.Moment{What: fmt.Sprintf("event %d", i)}, evidence.Moment{What: "requested by alice"})
	}
	log := b.Suggest()["access_activity_log"]
	require.Equal(t, 99, strings.Count(log, "\n"))
	require.NotContains(t, log, "alice")
}

package api_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/access"
)

// An email is read with its text and without the address that it is sent to.
func TestAnEmailIsReadWithItsText(t *testing.T) {
	t.Parallel()
	s := serve(t, withoutTemporal(t))
	s.book([]byte(validBody()))
	reference := s.db.Text(t, "SELECT reference FROM bookings")
	s.db.Exec(t, `INSERT INTO emails (booking_id, kind, dedupe_key, message_id, status, last_error, created_at)
		SELECT id, 'booking_confirmed', 'x', '<x@farebook>', 'failed', '550 no such user', created_at FROM bookings`)
	desk := s.desk(access.OperationsRead)
	got := desk.do(http.MethodGet, "/v1/emails/"+s.db.Text(t, "SELECT id FROM emails"), nil)
	require.Equal(t, http.StatusOK, got.status, "%s", got.body)
	var email struct{ Booking, Status, LastError, Language, Subject, Text string }
	require.NoError(t, json.Unmarshal(got.body, &email))
	require.Equal(t, "en", email.Language)
	require.Equal(t, reference, email.Booking)
	require.Equal(t, "550 no such user", email.LastError)
	require.Contains(t, email.Subject, reference)
	require.Contains(t, email.Text, "Layla Haddad")
	require.NotContains(t, string(got.body), "@example.com")
	require.Equal(t, http.StatusNotFound, desk.do(http.MethodGet, "/v1/emails/999", nil).status)
}

// What is stored of an event's body needs the scope admin.
func TestTheBodyOfAnEventNeedsAScope(t *testing.T) {
	t.Parallel()
	s := serve(t, withoutTemporal(t))
	s.db.Exec(t, `INSERT INTO stripe_events (stripe_event_id, type, api_version, object_id, livemode, booking_reference, payload, state, processed,
		stripe_created_at, received_at) VALUES ('evt_1', 'payout.paid', '', 'po_1', 0, '', '{"id":"evt_1"}', 'processed', 1, UTC_TIMESTAMP(6),
		UTC_TIMESTAMP(6))`)
	const path = "/v1/events/evt_1"
	desk := s.desk(access.OperationsRead)
	require.NotContains(t, string(desk.do(http.MethodGet, path, nil).body), "payload")
	require.Equal(t, http.StatusForbidden, desk.do(http.MethodGet, path+"?payload=true", nil).status)
	got := s.desk(access.OperationsRead, access.Admin).do(http.MethodGet, path+"?payload=true", nil)
	require.Equal(t, http.StatusOK, got.status, "%s", got.body)
	require.Contains(t, string(got.body), `"payload":{"id":"evt_1"}`)
}

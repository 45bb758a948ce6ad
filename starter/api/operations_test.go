package api_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/access"
	"farebook/internal/dev/bigbooks"
	"farebook/internal/dev/testdb"
)

// operationsPage is a page of any list of what belongs to no client.
type operationsPage struct {
	Payouts, Events []struct{ ID string }
	Emails          []struct{ Number uint64 }
	Reconciliations []struct{ CorrelationID string }
	Entries         []struct{ ID uint64 }
	HasMore         bool
	Next            string
}

func (p operationsPage) ids() (ids []string) {
	for _, payout := range p.Payouts {
		ids = append(ids, payout.ID)
	}
	for _, event := range p.Events {
		ids = append(ids, event.ID)
	}
	for _, email := range p.Emails {
		ids = append(ids, strconv.FormatUint(email.Number, 10))
	}
	for _, run := range p.Reconciliations {
		ids = append(ids, run.CorrelationID)
	}
	for _, entry := range p.Entries {
		ids = append(ids, strconv.FormatUint(entry.ID, 10))
	}
	return ids
}

// Each filter shows what plain SQL finds, page by page, without a text or an address of an email.
func TestOperatorsListWhatBelongsToNoClient(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	require.NoError(t, bigbooks.Fill(t.Context(), db.AdminDSN, db.AppDSN, bigbooks.Options{Bookings: filled}))
	s := serveOn(t, db, withoutTemporal(t))
	s.token = db.NewKey(t, "desk", access.OperationsRead, access.Admin)
	middle := db.Text(t, "SELECT DATE_FORMAT(received_at, '%Y-%m-%dT%H:%i:%sZ') FROM stripe_events ORDER BY id LIMIT 1 OFFSET 600")
	later := db.Text(t, "SELECT DATE_FORMAT(received_at, '%Y-%m-%dT%H:%i:%sZ') FROM stripe_events ORDER BY id LIMIT 1 OFFSET 900")
	reference := db.Text(t, "SELECT booking_reference FROM stripe_events WHERE booking_reference <> '' ORDER BY id DESC LIMIT 1")
	event := db.Text(t, "SELECT MAX(stripe_event_id) FROM stripe_events")
	object := db.Text(t, "SELECT object_id FROM stripe_events WHERE object_id LIKE 'pi_%' ORDER BY id DESC LIMIT 1")
	payout := db.Text(t, "SELECT MAX(stripe_payout_id) FROM payouts")
	const (
		payouts = "SELECT stripe_payout_id FROM payouts WHERE %s ORDER BY created_at DESC, id DESC"
		events  = "SELECT stripe_event_id FROM stripe_events WHERE %s ORDER BY id DESC"
		emails  = "SELECT e.id FROM emails e LEFT JOIN bookings b ON b.id = e.booking_id WHERE %s ORDER BY e.id DESC"
		runs    = "SELECT correlation_id FROM reconciliation_runs WHERE %s ORDER BY id DESC"
		audit   = "SELECT id FROM audit_log WHERE %s ORDER BY id DESC"
	)
	span := func(column string) string {
		return column + " >= '" + middle + "' AND " + column + " < '" + later + "'"
	}
	// The filler dates its last emails back, which the application does not.
	inOrder := fmt.Sprintf("e.id <= %d AND ", 8*filled)
	within := url.Values{"from": {middle}, "to": {later}}
	with := func(name, value string) url.Values {
		query := clone(within)
		query.Set(name, value)
		return query
	}
	for _, c := range []struct {
		path  string
		query url.Values
		sql   string
		where string
	}{
		{"/v1/payouts", url.Values{}, payouts, "TRUE"},
		{"/v1/payouts", with("status", "paid"), payouts, "status = 'paid' AND " + span("created_at")},
		{"/v1/payouts", url.Values{"q": {payout}, "status": {"failed"}}, payouts, "stripe_payout_id = '" + payout + "'"},
		{"/v1/events", within, events, span("received_at")},
		{"/v1/events", with("state", "processed"), events, "state = 'processed' AND " + span("received_at")},
		{"/v1/events", with("type", "payment_intent.succeeded"), events, "type = 'payment_intent.succeeded' AND " + span("received_at")},
		{"/v1/events", url.Values{"booking": {reference}}, events, "booking_reference = '" + reference + "'"},
		{"/v1/events", url.Values{"q": {reference}}, events, "booking_reference = '" + reference + "'"},
		{"/v1/events", url.Values{"q": {event}, "state": {"failed"}}, events, "stripe_event_id = '" + event + "'"},
		{"/v1/events", url.Values{"q": {object}}, events, "object_id = '" + object + "'"},
		{"/v1/events", url.Values{"from": {"2099-01-01T00:00:00Z"}}, events, "FALSE"},
		{"/v1/events", url.Values{"to": {"1999-01-01T00:00:00Z"}}, events, "FALSE"},
		{"/v1/emails", within, emails, inOrder + span("e.created_at")},
		{"/v1/emails", with("status", "sent"), emails, inOrder + "e.status = 'sent' AND " + span("e.created_at")},
		{"/v1/emails", url.Values{"booking": {reference}}, emails, "b.reference = '" + reference + "'"},
		{"/v1/reconciliations", url.Values{}, runs, "TRUE"},
		{"/v1/reconciliations", url.Values{"status": {"failed"}}, runs, "status = 'failed'"},
		{"/v1/audit", within, audit, span("at")},
		{"/v1/audit", with("subject", reference), audit, "subject = '" + reference + "' AND " + span("at")},
	} {
		want := db.Texts(t, fmt.Sprintf(c.sql, c.where))
		var got []string
		for query := clone(c.query); ; {
			query.Set("limit", "100")
			answer := s.do(http.MethodGet, c.path+"?"+query.Encode(), nil)
			require.Equal(t, http.StatusOK, answer.status, "%s %v: %s", c.path, query, answer.body)
			require.NotContains(t, string(answer.body), "@example.com")
			var page operationsPage
			require.NoError(t, json.Unmarshal(answer.body, &page))
			got = append(got, page.ids()...)
			if !page.HasMore {
				break
			}
			query.Set("after", page.Next)
		}
		require.Equal(t, want, got, "%s %v: %s", c.path, c.query, c.where)
	}
	require.Equal(t, http.StatusNotFound, s.do(http.MethodGet, "/v1/events/evt_unknown", nil).status)
	var detail struct{ ID string }
	require.NoError(t, json.Unmarshal(s.do(http.MethodGet, "/v1/events/"+event, nil).body, &detail))
	require.Equal(t, event, detail.ID)
	for query, field := range map[string]string{"booking=x": "query.booking", "from=x": "query.from", "state=x": "query.state"} {
		require.Equal(t, field, s.do(http.MethodGet, "/v1/events?"+query, nil).problem(t).Errors[0].Location, query)
	}
}

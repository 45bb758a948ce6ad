package api_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/access"
	"farebook/internal/dev/bigbooks"
	"farebook/internal/dev/testdb"
)

// filled are books of two clients, each with about a thousand bookings of the same travellers, and their refunds and disputes.
const filled = 2 * bigbooks.PerClient

// listed is a page of any list.
type listed struct {
	Bookings []struct {
		Reference string
		Payment   *struct{ PaymentIntentID, ChargeID string }
	}
	Refunds  []struct{ ID string }
	Disputes []struct{ ID string }
	HasMore  bool
	Next     string
}

func (l listed) ids() (ids []string) {
	for _, b := range l.Bookings {
		ids = append(ids, b.Reference)
	}
	for _, r := range l.Refunds {
		ids = append(ids, r.ID)
	}
	for _, d := range l.Disputes {
		ids = append(ids, d.ID)
	}
	return ids
}

func (s *server) list(path string, query url.Values) (page listed) {
	s.t.Helper()
	got := s.do(http.MethodGet, path+"?"+query.Encode(), nil)
	require.Equal(s.t, http.StatusOK, got.status, "%s %v: %s", path, query, got.body)
	require.NoError(s.t, json.Unmarshal(got.body, &page))
	return page
}

// whole reads every page of a list.
func (s *server) whole(path string, query url.Values) (ids []string) {
	s.t.Helper()
	query.Set("limit", "100")
	for {
		page := s.list(path, query)
		require.LessOrEqual(s.t, len(page.ids()), 100)
		ids = append(ids, page.ids()...)
		require.Equal(s.t, page.HasMore, page.Next != "")
		if !page.HasMore {
			return ids
		}
		query.Set("after", page.Next)
	}
}

// listSQL is what each list shows, in plain SQL.
var listSQL = map[string]string{
	"/v1/bookings": "SELECT b.reference FROM bookings b JOIN payments p ON p.booking_id = b.id WHERE %s ORDER BY b.created_at DESC, b.id DESC",
	"/v1/refunds": `SELECT t.refund_id FROM refunds t JOIN bookings b ON b.id = t.booking_id JOIN payments p ON p.booking_id = b.id
		WHERE %s ORDER BY t.created_at DESC, t.id DESC`,
	"/v1/disputes": `SELECT t.stripe_dispute_id FROM disputes t JOIN bookings b ON b.id = t.booking_id JOIN payments p ON p.booking_id = b.id
		WHERE %s ORDER BY t.created_at DESC, t.id DESC`,
}

// Each filter, alone and with others, shows what plain SQL finds, page by page: to a client its own rows, to an operator those of every
// client.
func TestListsShowWhatTheirFiltersSay(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	require.NoError(t, bigbooks.Fill(t.Context(), db.AdminDSN, db.AppDSN, bigbooks.Options{Bookings: filled}))
	s := serveOn(t, db, withoutTemporal(t))
	middle := db.Text(t, "SELECT DATE_FORMAT(created_at, '%Y-%m-%dT%H:%i:%sZ') FROM bookings WHERE id = ?", filled/2)
	refunded := db.Text(t, "SELECT MAX(booking_id) FROM refunds")
	email := db.Text(t, "SELECT customer_email FROM bookings WHERE id = ?", refunded)
	intent := db.Text(t, "SELECT stripe_payment_intent_id FROM payments WHERE booking_id = ?", refunded)
	charge := db.Text(t, "SELECT stripe_charge_id FROM payments WHERE booking_id = ?", refunded)

	type filter struct {
		query url.Values
		sql   string // of b, p and T, the listed table
	}
	filters := []filter{
		{url.Values{}, "TRUE"},
		{url.Values{"from": {middle}}, "T.created_at >= '" + middle + "'"},
		{url.Values{"to": {middle}}, "T.created_at < '" + middle + "'"},
		{url.Values{"email": {email}}, "b.customer_email = '" + email + "'"},
		{url.Values{"paymentIntent": {intent}}, "p.stripe_payment_intent_id = '" + intent + "'"},
		{url.Values{"charge": {charge}}, "p.stripe_charge_id = '" + charge + "'"},
		{url.Values{"flight": {"EK2"}}, "TRUE"},
		{url.Values{"flight": {"EK3"}}, "FALSE"},
		{url.Values{"currency": {"EUR"}}, "T.currency = 'EUR'"},
		{
			url.Values{"currency": {"USD"}, "amountFrom": {"40000"}, "amountTo": {"60000"}},
			"T.currency = 'USD' AND T.amount BETWEEN 40000 AND 60000",
		},
		{url.Values{"attention": {"open"}}, "b.attention IS NOT NULL"},
		{url.Values{"status": {"refunded"}, "from": {middle}, "flight": {"EK2"}}, "T.status = 'refunded' AND T.created_at >= '" + middle + "'"},
	}
	statuses := map[string][]string{
		"/v1/bookings": {"confirmed", "refunded", "disputed", "expired"}, "/v1/refunds": {"succeeded", "pending"},
		"/v1/disputes": {"lost", "won", "needs_response"},
	}
	desk := db.NewKey(t, "desk", access.OperationsRead)
	for path, sql := range listSQL {
		table := "t"
		if path == "/v1/bookings" {
			table = "b"
		}
		of := slices.Clone(filters[:len(filters)-1])
		if path == "/v1/bookings" {
			of = append(of, filters[len(filters)-1])
		}
		for _, status := range statuses[path] {
			of = append(of, filter{url.Values{"status": {status}}, "T.status = '" + status + "'"})
		}
		found := 0
		for _, f := range of {
			for caller, owned := range map[string]string{
				bigbooks.Token(1): "b.client_id = 1", bigbooks.Token(2): "b.client_id = 2", desk: "TRUE",
			} {
				s.token = caller
				where := owned + " AND " + replaceTable(f.sql, table)
				want := db.Texts(t, fmt.Sprintf(sql, where))
				require.Equal(t, want, s.whole(path, clone(f.query)), "%s %v: %s", path, f.query, where)
				found += len(want)
			}
		}
		require.Greater(t, found, 20, path)
	}
}

func replaceTable(sql, table string) string {
	out := ""
	for i := 0; i < len(sql); i++ {
		if sql[i] == 'T' && i+1 < len(sql) && sql[i+1] == '.' {
			out += table
			continue
		}
		out += string(sql[i])
	}
	return out
}

func clone(query url.Values) url.Values {
	copied := url.Values{}
	for name, values := range query {
		copied[name] = values
	}
	return copied
}

// A reference or an id opens what it names, whatever else is sent, and never another client's.
func TestListsOpenWhatAnIDNames(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	require.NoError(t, bigbooks.Fill(t.Context(), db.AdminDSN, db.AppDSN, bigbooks.Options{Bookings: filled}))
	s := serveOn(t, db, withoutTemporal(t))
	of := func(query string) string { return db.Text(t, query) }
	const disputed = "(SELECT MAX(booking_id) FROM disputes)"
	reference := of("SELECT reference FROM bookings WHERE id = " + disputed)
	event := of("SELECT stripe_event_id FROM stripe_events WHERE booking_reference <> '' ORDER BY id DESC LIMIT 1")
	refund := "(SELECT MAX(id) FROM refunds WHERE stripe_refund_id IS NOT NULL)"
	refunded := of("SELECT b.reference FROM refunds r JOIN bookings b ON b.id = r.booking_id WHERE r.id = " + refund)
	rf := of("SELECT refund_id FROM refunds WHERE id = " + refund)
	dispute := of("SELECT MAX(stripe_dispute_id) FROM disputes WHERE booking_id = " + disputed)
	for _, c := range []struct{ path, q, want string }{
		{"/v1/bookings", reference, reference},
		{"/v1/bookings", of("SELECT stripe_payment_intent_id FROM payments WHERE booking_id = " + disputed), reference},
		{"/v1/bookings", of("SELECT stripe_charge_id FROM payments WHERE booking_id = " + disputed), reference},
		{"/v1/bookings", dispute, reference},
		{"/v1/bookings", rf, refunded},
		{"/v1/bookings", event, of("SELECT booking_reference FROM stripe_events WHERE stripe_event_id = '" + event + "'")},
		{"/v1/refunds", rf, rf},
		{"/v1/refunds", of("SELECT stripe_refund_id FROM refunds WHERE id = " + refund), rf},
		{"/v1/refunds", refunded, rf},
		{"/v1/disputes", dispute, dispute},
		{"/v1/disputes", reference, dispute},
	} {
		ignored := url.Values{"q": {c.q}, "status": {"unknown"}, "from": {"2001-01-01T00:00:00Z"}, "to": {"2001-01-02T00:00:00Z"}}
		if c.path == "/v1/bookings" {
			ignored.Set("status", "expired")
		}
		hits := 0
		for _, token := range []string{db.NewKey(t, "desk", access.OperationsRead), bigbooks.Token(1), bigbooks.Token(2)} {
			s.token = token
			got := s.whole(c.path, clone(ignored))
			if len(got) > 0 {
				require.Equal(t, []string{c.want}, got, "%s %s", c.path, c.q)
				hits++
			}
		}
		require.Equal(t, 2, hits, "%s %s: the desk and the owner", c.path, c.q)
	}
	s.token = bigbooks.Token(1)
	for _, q := range []string{"evt_unknown", "po_unknown", "pi_unknown", "FB-00000000"} {
		require.Empty(t, s.whole("/v1/bookings", url.Values{"q": {q}}), q)
	}
}

// Rows that an older release writes beside this one have no client yet: they are shown to the client of their key alone.
func TestListsHaveRowsOfAnOlderRelease(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	require.NoError(t, bigbooks.Fill(t.Context(), db.AdminDSN, db.AppDSN, bigbooks.Options{Bookings: filled}))
	s := serveOn(t, db, withoutTemporal(t))
	want := map[string][]string{}
	for _, path := range []string{"/v1/bookings", "/v1/refunds", "/v1/disputes"} {
		s.token = bigbooks.Token(1)
		want[path] = s.whole(path, url.Values{})
	}
	db.Exec(t, "UPDATE bookings SET client_id = NULL WHERE MOD(id, 3) = 0")
	db.Exec(t, "UPDATE refunds SET client_id = NULL WHERE MOD(id, 3) < 2")
	db.Exec(t, "UPDATE disputes SET client_id = NULL")
	for path, ids := range want {
		require.NotEmpty(t, ids)
		require.Equal(t, ids, s.whole(path, url.Values{}), path)
	}
}

// Each wrong parameter is named, with what to do; an address is not repeated.
func TestListsNameEachWrongParameter(t *testing.T) {
	t.Parallel()
	s := serve(t, withoutTemporal(t))
	for query, fields := range map[string][]string{
		"state=open":     {"query.state"},
		"status=paid":    {"query.status"},
		"limit=0":        {"query.limit"},
		"limit=101":      {"query.limit"},
		"after=":         nil,
		"after=x":        {"query.after"},
		"email=layla":    {"query.email"},
		"from=yesterday": {"query.from"},
		"from=2026-02-01T00:00:00Z&to=2026-01-01T00:00:00Z": {"query.to"},
		"amountFrom=5": {"query.currency"},
		"amountFrom=5&amountTo=4&currency=USD&email=a@b&q=ab": {"query.q", "query.amountTo"},
		"q=customer@example.com":                              {"query.q"},
		"attention=closed":                                    {"query.attention"},
		"paymentIntent=ch_1":                                  {"query.paymentIntent"},
	} {
		got := s.do(http.MethodGet, "/v1/bookings?"+query, nil)
		if fields == nil {
			require.Equal(t, http.StatusOK, got.status, query)
			continue
		}
		require.Equal(t, http.StatusUnprocessableEntity, got.status, "%s: %s", query, got.body)
		var locations []string
		for _, wrong := range got.problem(t).Errors {
			locations = append(locations, wrong.Location)
			require.NotEmpty(t, wrong.Message)
		}
		require.ElementsMatch(t, fields, locations, query)
		require.NotContains(t, string(got.body), "customer@example.com")
	}
	require.Contains(t, s.do(http.MethodGet, "/v1/bookings?state=x", nil).problem(t).Errors[0].Message, "openapi.json")
}

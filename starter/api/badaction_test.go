package api_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A bad body of one of the operations on what exists already: the whole body, the answer, and the field it names.
type badAction struct {
	name, body string
	status     int
	location   string
}

// What no operation takes, whatever its fields are called.
var badOfEvery = []badAction{
	{"white space", " \n", 400, "body"},
	{"null", `null`, 422, "body"},
	{"an array", `[]`, 422, "body"},
	{"cut off", `{`, 400, "body"},
	{"garbage behind", `{} x`, 400, "body"},
	{"another value behind", `{}{}`, 400, "body"},
	{"a byte order mark", "\ufeff{}", 400, "body"},
	{"invalid UTF-8", "{\"\xff\":1}", 400, "body"},
	{"an unknown field", `{"status":"succeeded"}`, 422, "body.status"},
	{"the prototype", `{"__proto__":{}}`, 422, "body.__proto__"},
	{"a doubled key", `{"a":1,"a":2}`, 400, "body.a"},
	{"depth 10,000", `{"a":` + strings.Repeat("[", 10000) + strings.Repeat("]", 10000) + `}`, 400, "body"},
}

// badAmounts are of a field that is an amount of a booking of 459.00 USD.
func badAmounts(field string) []badAction {
	of := func(name, value, location string) badAction {
		return badAction{field + ": " + name, `{"` + field + `":` + value + `}`, 422, "body." + field + location}
	}
	return []badAction{
		of("null", `null`, ""),
		of("a number", `45900`, ""),
		of("a list", `[1]`, ""),
		of("no value", `{"currency":"USD"}`, ".value"),
		of("no currency", `{"value":100}`, ".currency"),
		of("negative", `{"value":-1,"currency":"USD"}`, ".value"),
		of("a fraction", `{"value":1.5,"currency":"USD"}`, ".value"),
		of("an exponent", `{"value":1e2,"currency":"USD"}`, ".value"),
		of("a string", `{"value":"100","currency":"USD"}`, ".value"),
		of("2^53 + 1", `{"value":9007199254740993,"currency":"USD"}`, ".value"),
		of("2^64 + 1", `{"value":18446744073709551617,"currency":"USD"}`, ".value"),
		of("an unknown field inside", `{"value":100,"currency":"USD","fee":1}`, ".fee"),
	}
}

// badMovedAmounts are of an amount that moves money: above zero, and in the payment's currency.
func badMovedAmounts() []badAction {
	return append(badAmounts("amount"),
		badAction{"zero", `{"amount":{"value":0,"currency":"USD"}}`, 422, "body.amount.value"},
		badAction{"another currency", `{"amount":{"value":100,"currency":"EUR"}}`, 422, "body.amount.currency"},
		badAction{"a currency in lower case", `{"amount":{"value":100,"currency":"usd"}}`, 422, "body.amount.currency"},
	)
}

var badRefunds = []badAction{
	{"an unknown reason", `{"reason":"because"}`, 422, "body.reason"},
	{"an empty reason", `{"reason":""}`, 422, "body.reason"},
	{"a reason that Stripe keeps for itself", `{"reason":"expired_uncaptured_charge"}`, 422, "body.reason"},
	{"a reason of null", `{"reason":null}`, 422, "body.reason"},
	{"a note with CR LF", `{"note":"a\r\nBcc: x"}`, 422, "body.note"},
	{"a note with NUL", `{"note":"a\u0000"}`, 400, "body.note"},
	{"a note with a right-to-left override", `{"note":"a\u202eb"}`, 422, "body.note"},
	{"a note of 10 kB", `{"note":"` + strings.Repeat("n", 10240) + `"}`, 422, "body.note"},
	{"a note that is a number", `{"note":1}`, 422, "body.note"},
}

var badReconciliations = []badAction{
	{"days of nothing", `{"lookbackDays":0}`, 422, "body.lookbackDays"},
	{"days before none", `{"lookbackDays":-1}`, 422, "body.lookbackDays"},
	{"days beyond 400", `{"lookbackDays":401}`, 422, "body.lookbackDays"},
	{"days of a half", `{"lookbackDays":0.5}`, 422, "body.lookbackDays"},
	{"days as text", `{"lookbackDays":"7"}`, 422, "body.lookbackDays"},
	{"a limit below zero", `{"limit":-1}`, 422, "body.limit"},
	{"a limit of 2^64", `{"limit":18446744073709551616}`, 422, "body.limit"},
	{"a dry run as text", `{"dryRun":"true"}`, 422, "body.dryRun"},
	{"a dry run of null", `{"dryRun":null}`, 422, "body.dryRun"},
	{"an unknown scope", `{"scope":"everything"}`, 422, "body.scope"},
	{"an empty scope", `{"scope":""}`, 422, "body.scope"},
}

// Each bad body of a refund, a capture, a cancel and a reconciliation is refused with the right status, names the field,
// and leaves nothing behind but the booking that was there.
func TestBadActions(t *testing.T) {
	t.Parallel()
	s := serve(t, withoutTemporal(t))
	s.book([]byte(validBody()))
	of := "/v1/bookings/" + s.db.Text(t, "SELECT reference FROM bookings")
	before := s.rows()
	for path, cases := range map[string][]badAction{
		of + "/refunds": append(badMovedAmounts(), badRefunds...),
		of + "/capture": append(badMovedAmounts(),
			badAction{"too much", `{"amount":{"value":45901,"currency":"USD"}}`, 422, "body.amount.value"}),
		of + "/cancel":        badAmounts("expectedRefund"),
		"/v1/reconciliations": badReconciliations,
	} {
		for _, c := range append(cases, badOfEvery...) {
			name := path + ": " + c.name
			got := s.do(http.MethodPost, path, []byte(c.body), "Idempotency-Key", "action-1")
			if c.status != got.status {
				t.Errorf("%s: want %d got %d %s", name, c.status, got.status, got.body)
				continue
			}
			var locations []string
			for _, one := range got.problem(t).Errors {
				locations = append(locations, one.Location)
				require.NotEmpty(t, one.Message)
			}
			require.Contains(t, locations, c.location, "%s: %s", name, got.body)
			require.Less(t, len(got.body), 8192, name)
		}
	}
	require.Equal(t, before, s.rows())
}

// What is asked for in a wrong way: no key, no token, another kind of body, something that does not exist.
func TestBadActionRequests(t *testing.T) {
	t.Parallel()
	s := serve(t, withoutTemporal(t))
	s.book([]byte(validBody()))
	of := "/v1/bookings/" + s.db.Text(t, "SELECT reference FROM bookings")
	before := s.rows()
	for _, path := range []string{of + "/refunds", of + "/capture", of + "/cancel", "/v1/reconciliations"} {
		post := func(body string, headers ...string) int {
			return s.do(http.MethodPost, path, []byte(body), append([]string{"Idempotency-Key", "action-1"}, headers...)...).status
		}
		require.Equal(t, http.StatusUnauthorized, post("{}", "Authorization", ""), path)
		require.Equal(t, http.StatusUnauthorized, post("{}", "Authorization", "Bearer fb_nobody"), path)
		require.Equal(t, http.StatusUnsupportedMediaType, post("<refund/>", "Content-Type", "application/xml"), path)
		require.Equal(t, http.StatusRequestEntityTooLarge, post(strings.Repeat(" ", 2<<20)), path)
		require.Equal(t, http.StatusBadRequest, post("{}", "Idempotency-Key", strings.Repeat("k", 256)), path)
		require.Equal(t, http.StatusMethodNotAllowed, s.do(http.MethodDelete, path, nil).status, path)
	}
	require.Equal(t, http.StatusBadRequest, s.do(http.MethodPost, of+"/refunds", []byte("{}")).status, "a refund without a key")
	for _, path := range []string{
		"/v1/bookings/FB-22222222/evidence", "/v1/bookings/FB-22222222/cancellation-quote",
		"/v1/refunds/RF-22222222", "/v1/refunds/1", "/v1/reconciliations/recon_none",
	} {
		require.Equal(t, http.StatusNotFound, s.do(http.MethodGet, path, nil).status, path)
		require.Equal(t, http.StatusUnauthorized, s.do(http.MethodGet, path, nil, "Authorization", "").status, path)
	}
	for _, path := range []string{"/v1/refunds/%00", "/v1/bookings/..%2f/evidence", "/v1/reconciliations/%27%20OR%201"} {
		require.Equal(t, http.StatusNotFound, s.do(http.MethodGet, path, nil).status, path)
	}
	require.Equal(t, before, s.rows())
}

// rows counts what the operations on a booking might leave.
func (s *server) rows() map[string]int {
	s.t.Helper()
	counted := map[string]int{}
	for _, table := range []string{
		"bookings", "idempotency_keys", "payments", "refunds", "reconciliation_runs", "stripe_events", "emails", "financial_ledger",
	} {
		counted[table] = s.db.Count(s.t, "SELECT COUNT(*) FROM "+table)
	}
	return counted
}

package api_test

import (
	"bytes"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/testdb"
	"farebook/starter/api"
)

// A bad body: what of the good one is replaced, what the answer is, and which field it names.
type badBody struct {
	name     string
	old, new string // old is a regular expression
	status   int
	location string
}

var badMoney = []badBody{
	{"zero", `45900`, `0`, 422, "body.amount.value"},
	{"negative", `45900`, `-1`, 422, "body.amount.value"},
	{"a fraction", `45900`, `1.5`, 422, "body.amount.value"},
	{"a fraction of nothing", `45900`, `100.0`, 422, "body.amount.value"},
	{"an exponent", `45900`, `1e2`, 422, "body.amount.value"},
	{"a string", `45900`, `"100"`, 422, "body.amount.value"},
	{"true", `45900`, `true`, 422, "body.amount.value"},
	{"null", `45900`, `null`, 422, "body.amount.value"},
	{"a list", `45900`, `[45900]`, 422, "body.amount.value"},
	{"2^53 + 1", `45900`, `9007199254740993`, 422, "body.amount.value"},
	{"2^63", `45900`, `9223372036854775808`, 422, "body.amount.value"},
	{"-2^63 - 1", `45900`, `-9223372036854775809`, 422, "body.amount.value"},
	{"2^64 + 1", `45900`, `18446744073709551617`, 422, "body.amount.value"},
	{"a number of 1,000 digits", `45900`, strings.Repeat("9", 1000), 422, "body.amount.value"},
	{"a leading zero", `45900`, `045900`, 400, "body"},
	{"a leading plus", `45900`, `+45900`, 400, "body"},
	{"hexadecimal", `45900`, `0xB34C`, 400, "body"},
	{"NaN", `45900`, `NaN`, 400, "body"},
	{"nine digits", `45900`, `100000000`, 422, "body.amount.value"},
	{"below the minimum", `45900`, `49`, 422, "body.amount.value"},
	{"an unknown currency", `"USD"`, `"XYZ"`, 422, "body.amount.currency"},
	{"a currency in lower case", `"USD"`, `"usd"`, 422, "body.amount.currency"},
	{"an empty currency", `"USD"`, `""`, 422, "body.amount.currency"},
	{"KWD not ending in 0", `45900,"currency":"USD"`, `45901,"currency":"KWD"`, 422, "body.amount.value"},
	{"ISK not ending in 00", `45900,"currency":"USD"`, `45910,"currency":"ISK"`, 422, "body.amount.value"},
	{"no amount", `"amount":\{[^}]*\},`, ``, 422, "body.amount"},
	{"an amount that is a number", `"amount":\{[^}]*\}`, `"amount":45900`, 422, "body.amount"},
}

var badJSON = []badBody{
	{"nothing", `(?s).*`, ``, 400, "body"},
	{"white space", `(?s).*`, " \n", 400, "body"},
	{"null", `(?s).*`, `null`, 422, "body"},
	{"an array", `(?s).*`, `[]`, 422, "body"},
	{"a string", `(?s).*`, `"booking"`, 422, "body"},
	{"an empty object", `(?s).*`, `{}`, 422, "body.customer"},
	{"cut off", `\}$`, ``, 400, "body"},
	{"a doubled key", `"currency":"USD"`, `"currency":"USD","currency":"EUR"`, 400, "body.amount.currency"},
	{"a doubled key, spelled otherwise", `"currency":"USD"`, `"currency":"USD","c\u0075rrency":"EUR"`, 400, "body.amount.currency"},
	{"a doubled object", `^\{`, `{"amount":{"value":1,"currency":"USD"},`, 400, "body.amount"},
	{"an unknown field", `^\{`, `{"status":"confirmed",`, 422, "body.status"},
	{"an unknown field inside", `"currency":"USD"`, `"currency":"USD","amount_captured":45900`, 422, "body.amount.amount_captured"},
	{"a field in another case", `"locale":"en"`, `"Locale":"en"`, 422, "body.customer.Locale"},
	{"the prototype", `^\{`, `{"__proto__":{"status":"confirmed"},`, 422, "body.__proto__"},
	{"depth 10,000", `"Layla Haddad","email"`, strings.Repeat("[", 10000) + strings.Repeat("]", 10000) + `,"email"`, 400, "body"},
	{
		"depth 9", `"Layla Haddad","email"`, strings.Repeat("[", 7) + strings.Repeat("]", 7) + `,"email"`, 400,
		"body.customer.name" + strings.Repeat("[0]", 6),
	},
	{"another value behind", `$`, `{}`, 400, "body"},
	{"garbage behind", `$`, ` x`, 400, "body"},
	{"a comma too many", `"en"\}`, `"en",}`, 400, "body"},
	{"single quotes", `"en"`, `'en'`, 400, "body"},
	{"a comment", `^\{`, `{/* */`, 400, "body"},
	{"a byte order mark", `^`, "\ufeff", 400, "body"},
	{"invalid UTF-8", `Layla Haddad","email`, "Layla \xff\",\"email", 400, "body"},
	{"overlong UTF-8", `Layla Haddad","email`, "Layla \xc0\xaf\",\"email", 400, "body"},
	{"UTF-16", `(?s).*`, "\xff\xfe{\x00}\x00", 400, "body"},
	{"half a surrogate pair", `Layla Haddad","email`, `Layla \ud800","email`, 400, "body.customer.name"},
	{"NUL, escaped", `Layla Haddad","email`, `Layla \u0000","email`, 400, "body.customer.name"},
	{"NUL in a key", `"locale":`, `"loc\u0000ale":`, 400, "body.customer.loc\x00ale"},
	{"NUL, raw", `Layla Haddad","email`, "Layla \x00\",\"email", 400, "body"},
	{"a list of passengers that is an object", `"passengers":\[.*?\]`, `"passengers":{}`, 422, "body.flight.passengers"},
	{"a passenger that is a string", `\[\{"name":"Layla Haddad"\}\]`, `["Layla"]`, 422, "body.flight.passengers[0]"},
	{"a hold that is a string", `"holdMinutes":30`, `"holdMinutes":"30"`, 422, "body.holdMinutes"},
	{"a hold of nothing", `"holdMinutes":30`, `"holdMinutes":0`, 422, "body.holdMinutes"},
	{"a hold of null", `"holdMinutes":30`, `"holdMinutes":null`, 422, "body.holdMinutes"},
	{"a hold of 2^53 - 1", `"holdMinutes":30`, `"holdMinutes":9007199254740991`, 422, "body.holdMinutes"},
	{"a hold beyond a day", `"holdMinutes":30`, `"holdMinutes":1441`, 422, "body.holdMinutes"},
}

var badText = []badBody{
	{"a name with CR LF", `Layla Haddad","email`, `Layla\r\nBcc: x@example.com","email`, 422, "body.customer.name"},
	{"a name with LF", `Layla Haddad","email`, `Layla\nHaddad","email`, 422, "body.customer.name"},
	{"a name as an encoded word", `Layla Haddad","email`, `=?utf-8?Q?Layla=0D=0ABcc:_x?=","email`, 422, "body.customer.name"},
	{"a name with a script", `Layla Haddad","email`, `<script>alert(1)</script>","email`, 422, "body.customer.name"},
	{"a name with a right-to-left override", `Layla Haddad","email`, `Layla \u202eHaddad","email`, 422, "body.customer.name"},
	{"a name with an isolate", `Layla Haddad","email`, `Layla \u2067Haddad","email`, 422, "body.customer.name"},
	{"a name with a link", `Layla Haddad","email`, `Refund: https://evil.example/x","email`, 422, "body.customer.name"},
	{"a name with a bare domain", `Layla Haddad","email`, `See my-refund.com now","email`, 422, "body.customer.name"},
	{"a name with an address in full width", `Layla Haddad","email`, `thief＠evil．com","email`, 422, "body.customer.name"},
	{"a passenger with a link", `\[\{"name":"Layla Haddad"\}\]`, `[{"name":"www.evil"}]`, 422, "body.flight.passengers[0].name"},
	{"a name of 10 kB", `Layla Haddad","email`, strings.Repeat("L", 10240) + `","email`, 422, "body.customer.name"},
	{"an empty name", `Layla Haddad","email`, `","email`, 422, "body.customer.name"},
	{"a name of white space", `Layla Haddad","email`, ` \t","email`, 422, "body.customer.name"},
	{"a passenger with CR LF", `\[\{"name":"Layla Haddad"\}\]`, `[{"name":"Layla\r\nBcc: x"}]`, 422, "body.flight.passengers[0].name"},
	{
		"the third passenger unnamed", `\[\{"name":"Layla Haddad"\}\]`, `[{"name":"A"},{"name":"B"},{"name":""}]`, 422,
		"body.flight.passengers[2].name",
	},
	{"no passenger", `\[\{"name":"Layla Haddad"\}\]`, `[]`, 422, "body.flight.passengers"},
	{
		"ten passengers", `\[\{"name":"Layla Haddad"\}\]`, `[` + strings.Repeat(`{"name":"A"},`, 9) + `{"name":"A"}]`, 422,
		"body.flight.passengers",
	},
	{"an address with CR LF", `layla@example.com`, `layla@example.com\r\nBcc: x@example.com`, 422, "body.customer.email"},
	{"two addresses", `layla@example.com`, `layla@example.com,x@example.com`, 422, "body.customer.email"},
	{"an address with a name", `layla@example.com`, `Layla <layla@example.com>`, 422, "body.customer.email"},
	{"an address without a domain", `layla@example.com`, `layla`, 422, "body.customer.email"},
	{"an address without a dot", `layla@example.com`, `layla@localhost`, 422, "body.customer.email"},
	{"an address as an encoded word", `layla@example.com`, `=?utf-8?Q?a?=@example.com`, 422, "body.customer.email"},
	{"an address of 10 kB", `layla@example.com`, strings.Repeat("l", 10240) + `@example.com`, 422, "body.customer.email"},
	{"another language", `"en"`, `"fr"`, 422, "body.customer.locale"},
	{"an airport in lower case", `"LHR"`, `"lhr"`, 422, "body.flight.from"},
	{"an airport that is SQL", `"LHR"`, `"1=1"`, 422, "body.flight.from"},
	{"the same airport", `"DXB"`, `"LHR"`, 422, "body.flight.to"},
	{"a flight number that is a path", `"EK002"`, `"../"`, 422, "body.flight.number"},
}

var badDates = []badBody{
	{"30 February", `"departsAt":"[^"]*"`, `"departsAt":"2027-02-30T10:00:00Z"`, 422, "body.flight.departsAt"},
	{"the past", `"departsAt":"[^"]*"`, `"departsAt":"2020-01-01T10:00:00Z"`, 422, "body.flight.departsAt"},
	{"the year 9999", `"departsAt":"[^"]*"`, `"departsAt":"9999-12-31T23:59:59Z"`, 422, "body.flight.departsAt"},
	{"the year 10000", `"departsAt":"[^"]*"`, `"departsAt":"10000-01-01T00:00:00Z"`, 422, "body.flight.departsAt"},
	{"no offset", `"departsAt":"[^"]*"`, `"departsAt":"2027-03-01T10:00:00"`, 422, "body.flight.departsAt"},
	{"an offset of 23 hours", `"departsAt":"[^"]*"`, `"departsAt":"2027-03-01T10:00:00+23:00"`, 422, "body.flight.departsAt"},
	{"a date without a time", `"departsAt":"[^"]*"`, `"departsAt":"2027-03-01"`, 422, "body.flight.departsAt"},
	{"seconds since 1970", `"departsAt":"[^"]*"`, `"departsAt":1803895200`, 422, "body.flight.departsAt"},
	{"an empty date", `"departsAt":"[^"]*"`, `"departsAt":""`, 422, "body.flight.departsAt"},
	{"arrival before departure", `"arrivesAt":"[^"]*"`, `"arrivesAt":"2020-01-01T10:00:00Z"`, 422, "body.flight.arrivesAt"},
	{"arrival in the year 9999", `"arrivesAt":"[^"]*"`, `"arrivesAt":"9999-12-31T23:59:59Z"`, 422, "body.flight.arrivesAt"},
}

// breakdownOf is a field for the head of a body.
func breakdownOf(parts string) string { return `{"breakdown":` + parts + `,` }

var badBreakdowns = []badBody{
	{"a part too little", `^\{`, breakdownOf(`{"fare":38000,"taxes":4900,"serviceFee":1000,"commission":1999}`), 422, "body.breakdown"},
	{"a part too much", `^\{`, breakdownOf(`{"fare":38000,"taxes":4900,"serviceFee":1000,"commission":2001}`), 422, "body.breakdown"},
	{"nothing", `^\{`, breakdownOf(`{"fare":0,"taxes":0,"serviceFee":0,"commission":0}`), 422, "body.breakdown"},
	{"negative", `^\{`, breakdownOf(`{"fare":45901,"taxes":0,"serviceFee":0,"commission":-1}`), 422, "body.breakdown.commission"},
	{"more than the amount", `^\{`, breakdownOf(`{"fare":45901,"taxes":0,"serviceFee":0,"commission":-1}`), 422, "body.breakdown.fare"},
	{
		"2^53 - 1", `^\{`, breakdownOf(`{"fare":9007199254740991,"taxes":9007199254740991,"serviceFee":0,"commission":0}`), 422,
		"body.breakdown.taxes",
	},
	{"no taxes", `^\{`, breakdownOf(`{"fare":42900,"serviceFee":1000,"commission":2000}`), 422, "body.breakdown.taxes"},
	{"a fraction", `^\{`, breakdownOf(`{"fare":38000.5,"taxes":4900,"serviceFee":1000,"commission":2000}`), 422, "body.breakdown.fare"},
	{"an unknown part", `^\{`, breakdownOf(`{"fare":45900,"taxes":0,"serviceFee":0,"commission":0,"vat":0}`), 422, "body.breakdown.vat"},
	{"null", `^\{`, breakdownOf(`null`), 422, "body.breakdown"},
	{"a number", `^\{`, breakdownOf(`45900`), 422, "body.breakdown"},
}

// Each bad body is refused with the right status, names the field, and leaves nothing behind.
func TestBadBodies(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	for group, cases := range map[string][]badBody{
		"money": badMoney, "json": badJSON, "text": badText, "dates": badDates, "breakdown": badBreakdowns,
	} {
		for _, c := range cases {
			name := group + ": " + c.name
			good := validBody()
			pattern := regexp.MustCompile(c.old)
			at := pattern.FindStringIndex(good)
			require.NotNil(t, at, "%s: %s is not in the good body", name, c.old)
			bad := good[:at[0]] + c.new + good[at[1]:]
			got := s.book([]byte(bad))
			require.Equal(t, c.status, got.status, "%s: %s", name, got.body)
			p := got.problem(t)
			var locations []string
			for _, one := range p.Errors {
				locations = append(locations, one.Location)
				require.NotEmpty(t, one.Message)
			}
			require.Contains(t, locations, c.location, "%s: %s", name, got.body)
			require.Less(t, len(got.body), 8192, name)
		}
	}
	s.requireNothing()
}

func TestEveryWrongFieldIsNamedAtOnce(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	body := strings.NewReplacer("45900", "0", "layla@example.com", "layla", "EK002", "?", `"holdMinutes":30`,
		`"holdMinutes":-1`).Replace(validBody())
	got := s.book([]byte(body))
	require.Equal(t, http.StatusUnprocessableEntity, got.status)
	require.Len(t, got.problem(t).Errors, 4, "%s", got.body)
	many := `{` + strings.Repeat(`"x%d":1,`, 500) + `"y":1}`
	numbers := make([]any, 500)
	for i := range numbers {
		numbers[i] = i
	}
	got = s.book(fmt.Appendf(nil, many, numbers...))
	require.LessOrEqual(t, len(got.problem(t).Errors), 20)
	s.requireNothing()
}

func TestBadHeaders(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	for _, c := range []struct {
		name    string
		headers []string
		status  int
		where   string
	}{
		{"no key", []string{"Idempotency-Key", ""}, 400, "header.Idempotency-Key"},
		{"a key of spaces", []string{"Idempotency-Key", "   "}, 400, "header.Idempotency-Key"},
		{"a key of 256 bytes", []string{"Idempotency-Key", strings.Repeat("k", 256)}, 400, "header.Idempotency-Key"},
		{"a key of 128 characters and 256 bytes", []string{"Idempotency-Key", strings.Repeat("é", 128)}, 400, "header.Idempotency-Key"},
		{"a key that is not UTF-8", []string{"Idempotency-Key", "k\xff"}, 400, "header.Idempotency-Key"},
		{"no Content-Type", []string{"Content-Type", ""}, 415, "header.Content-Type"},
		{"a form", []string{"Content-Type", "application/x-www-form-urlencoded"}, 415, "header.Content-Type"},
		{"text", []string{"Content-Type", "text/plain"}, 415, "header.Content-Type"},
		{"XML", []string{"Content-Type", "application/xml"}, 415, "header.Content-Type"},
		{"JSON in Latin-1", []string{"Content-Type", "application/json; charset=iso-8859-1"}, 415, "header.Content-Type"},
		{"a malformed Content-Type", []string{"Content-Type", "application/json; ="}, 415, "header.Content-Type"},
		{"no API key", []string{"Authorization", ""}, 401, "header.Authorization"},
		{"an unknown API key", []string{"Authorization", "Bearer fbk_unknown"}, 401, "header.Authorization"},
		{"Basic", []string{"Authorization", "Basic " + s.token}, 401, "header.Authorization"},
		{"a bare token", []string{"Authorization", s.token}, 401, "header.Authorization"},
		{"a token in another case", []string{"Authorization", "Bearer " + strings.ToUpper(s.token)}, 401, "header.Authorization"},
		{"an API key that is SQL", []string{"Authorization", "Bearer ' OR '1'='1"}, 401, "header.Authorization"},
	} {
		got := s.book([]byte(validBody()), c.headers...)
		require.Equal(t, c.status, got.status, "%s: %s", c.name, got.body)
		require.Equal(t, c.where, got.problem(t).Errors[0].Location, c.name)
		require.NotContains(t, string(got.body), s.token, c.name)
	}
	twice, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url+"/v1/bookings", strings.NewReader(validBody()))
	require.NoError(t, err)
	twice.Header = http.Header{"Authorization": {"Bearer " + s.token}, "Content-Type": {"application/json"}, "Idempotency-Key": {"a", "b"}}
	require.Equal(t, http.StatusBadRequest, s.send(twice).status)
	two, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url+"/v1/bookings", strings.NewReader(validBody()))
	require.NoError(t, err)
	two.Header = http.Header{
		"Authorization": {"Bearer " + s.token, "Bearer fbk_unknown"}, "Content-Type": {"application/json"}, "Idempotency-Key": {"a"},
	}
	require.Equal(t, http.StatusUnauthorized, s.send(two).status, "nobody says which of two keys asks")
	unauthorized := s.book(nil, "Authorization", "")
	require.Contains(t, unauthorized.header.Get("WWW-Authenticate"), "Bearer")
	s.requireNothing()
}

func TestBodyBeyondItsLimit(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	large := []byte(strings.Replace(validBody(), "Layla", strings.Repeat("L", 64<<10), 1))
	got := s.book(large)
	require.Equal(t, http.StatusRequestEntityTooLarge, got.status)
	got.problem(t)

	// Chunked, so that its length is not told beforehand.
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url+"/v1/bookings",
		struct{ *bytes.Reader }{bytes.NewReader(large)})
	require.NoError(t, err)
	request.ContentLength = -1
	request.Header = http.Header{"Authorization": {"Bearer " + s.token}, "Content-Type": {"application/json"}, "Idempotency-Key": {"a"}}
	require.Equal(t, http.StatusRequestEntityTooLarge, s.send(request).status)

	got = s.do(http.MethodPost, "/webhooks/stripe", bytes.Repeat([]byte(" "), 256<<10+1))
	require.Equal(t, http.StatusRequestEntityTooLarge, got.status)

	// Of a body whose announced length is too large, none is waited for.
	got = s.raw(s.keyed("POST /v1/bookings", "Content-Length: 1000000\r\n"))
	require.Equal(t, http.StatusRequestEntityTooLarge, got.status)
	s.requireNothing()
}

func TestBadPaths(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	for _, id := range []string{
		"1=1", "%27%20OR%201=1", "..", "../", "../../etc/passwd", "%2e%2e%2f", "fb-7k2m9qxa", "FB-7K2M9QX", "FB-7K2M9QXAA", "FB-7K2M9QXI",
		"FB-7K2M9QXA", "FB-7K2M9QXA%00", "FB-7K2M9QXA%0a", "0", "-1", "%F0%9F%98%80", strings.Repeat("A", 4000), "",
	} {
		for _, c := range []struct{ method, path string }{
			{http.MethodGet, "/v1/bookings/" + id},
			{http.MethodGet, "/v1/bookings/" + id + "/ledger"},
			{http.MethodPost, "/v1/bookings/" + id + "/cancel"},
		} {
			got := s.do(c.method, c.path, nil)
			// "" and ".." shorten the path to one that has other methods, or none.
			require.Contains(t, []int{404, 405}, got.status, "%s %s: %s", c.method, c.path, got.body)
			got.problem(t)
		}
	}
	require.Equal(t, http.StatusMethodNotAllowed, s.do(http.MethodDelete, "/v1/bookings/FB-7K2M9QXA", nil).status)
	require.Equal(t, "GET, HEAD, POST", s.do(http.MethodDelete, "/v1/bookings", nil).header.Get("Allow"))
	require.Equal(t, http.StatusNotFound, s.do(http.MethodGet, "/admin", nil).status)
	require.Equal(t, http.StatusUnprocessableEntity, s.do(http.MethodGet, "/v1/bookings/FB-7K2M9QXA?limit=-1", nil).status)
	s.requireNothing()
}

// One byte at a time is cut off by the body's own deadline, with an answer.
func TestSlowBody(t *testing.T) {
	t.Parallel()
	s := serve(t, func(_ *testdb.DB, deps *api.Deps) { deps.BodyTimeout = 100 * time.Millisecond })
	reader := &endless{first: []byte(`{"customer":`), hang: make(chan struct{})}
	t.Cleanup(func() { close(reader.hang) })
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url+"/v1/bookings", reader)
	require.NoError(t, err)
	request.ContentLength = 1000
	request.Header = http.Header{"Authorization": {"Bearer " + s.token}, "Content-Type": {"application/json"}, "Idempotency-Key": {"a"}}
	got := s.send(request)
	require.Equal(t, http.StatusRequestTimeout, got.status)
	got.problem(t)
	s.requireNothing()
}

// endless gives its first bytes and then nothing, for as long as the test lasts.
type endless struct {
	first []byte
	hang  chan struct{}
}

func (e *endless) Read(p []byte) (int, error) {
	if len(e.first) > 0 {
		n := copy(p, e.first)
		e.first = e.first[n:]
		return n, nil
	}
	<-e.hang
	return 0, http.ErrAbortHandler
}

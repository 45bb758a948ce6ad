package api

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"farebook/booking"
	"farebook/money"
	"farebook/reconciliation"
	"farebook/validation"
)

// fuzzNow is when the fuzzed requests come in; the seeds' flights leave after it.
var fuzzNow = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

const fuzzBooking = `{"customer":{"name":"Layla Haddad","email":"layla@example.com","locale":"en"},"amount":{"value":45900,"currency":"USD"},` +
	`"flight":{"number":"EK2","from":"LHR","to":"DXB","departsAt":"2027-05-01T14:20:00+01:00","arrivesAt":"2027-05-02T00:20:00+04:00",` +
	`"passengers":[{"name":"Layla Haddad"}]},"holdMinutes":30,"capture":"manual",` +
	`"breakdown":{"fare":38000,"taxes":4900,"serviceFee":1000,"commission":2000}}`

// Whatever the strict reader takes, encoding/json reads the same.
func FuzzStrictReader(f *testing.F) {
	for _, seed := range []string{
		fuzzBooking, `{}`, `[]`, `null`, `"é\u00e9\ud83d\udeeb"`, `{"a":1e400,"b":-0,"c":[true,false,null]}`, `{"a":1,"a":2}`, `{"a":"\ud800"}`,
		"\ufeff{}", `{} {}`, `{"a":01}`, `[[[[[[[[[1]]]]]]]]]`, "{\"a\":\"\xff\"}", `{"\u0061":1}`, ` {"a" : [ 1 , 2 ] } `, `{"a":"\u0000"}`,
		`{"a":}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		got, err := parseStrict(body)
		if err != nil {
			requireFieldError(t, err)
			return
		}
		var want any
		standard := json.NewDecoder(bytes.NewReader(body))
		standard.UseNumber()
		if err := standard.Decode(&want); err != nil {
			t.Fatalf("%q is taken, and encoding/json refuses it: %v", body, err)
		}
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("%q is read as %#v, and by encoding/json as %#v", body, got, want)
		}
	})
}

// requireFieldError requires that a refusal becomes an answer of bounded JSON.
func requireFieldError(t *testing.T, err error) {
	t.Helper()
	var one *validation.FieldError
	var all validation.FieldErrors
	if !errors.As(err, &one) && !errors.As(err, &all) {
		t.Fatalf("not a field's error: %v", err)
	}
	seen := map[string]bool{}
	for _, found := range all {
		if seen[found.Field+found.Problem] {
			t.Fatalf("%s is named twice: %v", found.Field, err)
		}
		seen[found.Field+found.Problem] = true
	}
	answer, marshalErr := json.Marshal(invalidRequest(t.Context(), err))
	if marshalErr != nil || len(answer) > 16<<10 || len(all) > maxFound {
		t.Fatalf("an answer of %d bytes with %d errors: %v", len(answer), len(all), marshalErr)
	}
}

// A booking that is taken is within its bounds, and is the same request when it is written and read again: its hash under an
// idempotency key is stable.
func FuzzBookingBody(f *testing.F) {
	for _, seed := range []string{
		fuzzBooking, `{}`, `[]`, `null`, `{"amount":{"value":-0,"currency":"KWD"}}`, `{"status":"x","amount":{"value":-1,"currency":"usd"}}`,
		strings.Replace(fuzzBooking, "Layla Haddad", `Layla\u00a0\u3000Haddad`, 1), strings.Replace(fuzzBooking, "45900", "1e2", 1),
		strings.Replace(fuzzBooking, "+01:00", "+23:00", 1), strings.Replace(fuzzBooking, `{"name":"Layla Haddad"}]`, `1,{"seat":"1A"}]`, 1),
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		request, err := decodeBooking(body)
		if err != nil {
			requireFieldError(t, joinFields(err, request.Validate(fuzzNow)))
			return
		}
		if err := request.Validate(fuzzNow); err != nil {
			requireFieldError(t, err)
			return
		}
		if request.Amount.Value < 1 || request.Amount.Value > request.Amount.Currency.MaxCharge() || request.HoldMinutes < 1 ||
			request.HoldMinutes > 1440 {
			t.Fatalf("out of bounds: %+v", request)
		}
		for _, text := range []string{request.Customer.Name, request.Customer.Email, request.Flight.Number} {
			if strings.ContainsFunc(text, func(r rune) bool { return r < 0x20 || r == 0x7f || r == '<' || r == '>' }) {
				t.Fatalf("a control character or a bracket in %q", text)
			}
		}
		requireStableHash(t, request)
	})
}

func requireStableHash(t *testing.T, request booking.Request) {
	t.Helper()
	first, err := json.Marshal(request)
	if err != nil {
		t.Fatal(err)
	}
	again, err := decodeBooking(first)
	if err != nil {
		t.Fatalf("the canonical form is refused: %v: %s", err, first)
	}
	second, err := json.Marshal(again)
	if err != nil || !bytes.Equal(first, second) {
		t.Fatalf("another hash for the same request: %s and %s, %v", first, second, err)
	}
}

// What the operations on a booking take is within its bounds.
func FuzzActionBodies(f *testing.F) {
	for _, seed := range []string{
		`{"amount":{"value":1,"currency":"USD"},"reason":"duplicate","note":"x"}`, `{"expectedRefund":{"value":0,"currency":"USD"}}`,
		`{"lookbackDays":7,"limit":0,"dryRun":true,"scope":"all"}`, ``, `{}`, `null`, `{"amount":{"value":0,"currency":"EUR"},"fee":1}`,
		`{"client":"shop","scopes":["bookings:read","admin"],"expiresAt":"2027-05-01T14:20:00Z"}`,
		`{"scopes":["` + strings.Repeat("x", 20_000) + `"]}`,
		`{"from":"cl_8M4N1RYB5V","dryRun":true}`, `{"name":"shop\u202e"}`, `{"overlapHours":24}`,
	} {
		f.Add([]byte(seed))
	}
	authorised := money.Money{Value: 500, Currency: "USD"}
	f.Fuzz(func(t *testing.T, body []byte) {
		refund, err := decodeRefund(body, authorised.Currency)
		if err != nil {
			requireFieldError(t, err)
		} else if refund.Amount < 0 || len(refund.Note) > 500 {
			t.Fatalf("%+v", refund)
		}
		expected, err := decodeCancel(body, authorised.Currency)
		if err != nil {
			requireFieldError(t, err)
		} else if expected != nil && (expected.Value < 0 || expected.Currency != authorised.Currency) {
			t.Fatalf("%+v", expected)
		}
		captured, err := decodeCapture(body, authorised)
		if err != nil {
			requireFieldError(t, err)
		} else if captured.Value < 1 || captured.Value > authorised.Value || captured.Currency != authorised.Currency {
			t.Fatalf("%+v", captured)
		}
		requireAdminBodies(t, body)
		options, err := decodeReconciliation(body)
		if err != nil {
			requireFieldError(t, err)
		} else if options.LookbackDays < 1 || options.LookbackDays > reconciliation.MaxLookbackDays || options.Limit < 0 {
			t.Fatalf("%+v", options)
		}
	})
}

func requireAdminBodies(t *testing.T, body []byte) {
	t.Helper()
	_, clientErr := decodeNewClient(body)
	_, mergeErr := decodeMerge(body)
	_, keyErr := decodeNewKey(body, fuzzNow)
	rotated, rotateErr := decodeRotate(body, fuzzNow)
	for _, err := range []error{clientErr, mergeErr, keyErr, rotateErr} {
		if err != nil {
			requireFieldError(t, err)
		}
	}
	if rotateErr == nil && (rotated.OverlapHours < 0 || rotated.OverlapHours > maxOverlapHours) {
		t.Fatalf("%+v", rotated)
	}
}

// A journal that is taken is one that the ledger posts, and notes of a close are within their bounds.
func FuzzFinanceBodies(f *testing.F) {
	const entry = `{"account":"asset:stripe_clearing","side":"left","amount":{"value":0,"currency":"usd"}}`
	for _, seed := range []string{
		`{"key":"2026-11-rounding","reason":"x","effectiveAt":"2026-11-20T12:00:00+04:00","entries":[
			{"account":"asset:bank","side":"debit","amount":{"value":100,"currency":"USD"}},
			{"account":"equity:suspense","side":"credit","amount":{"value":100,"currency":"USD"}}]}`,
		`{"key":"a","reason":"x","effectiveAt":"1969-11-20T12:00:00Z","entries":[` + strings.Repeat(entry+",", 99) + entry + `]}`,
		`{"key":"a","reason":"x","effectiveAt":"2027-11-20T12:00:00Z","entries":[7,{}]}`, `{"dryRun":true,"notes":[{"item":"a","text":" "},{}]}`,
		``, `{}`, `null`, `{"note":"\u202e"}`, `{"kind":"correction","item":7,"account":"asset:bank","note":"x"}`,
		`{"kind":"refund","booking":"FB-7K2M9QXA","amount":{"value":1,"currency":"USD"},"reason":"duplicate","note":"x"}`, `{"kind":7}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		journal, err := decodeJournal(body, fuzzNow)
		if err != nil {
			requireFieldError(t, err)
		} else if journal.EffectiveAt.After(fuzzNow) || len(journal.Entries) < 2 || journal.Validate() != nil {
			t.Fatalf("%+v", journal)
		}
		request, err := decodeCloseMonth(body)
		if err != nil {
			requireFieldError(t, err)
		} else if len(request.Notes) > maxNotes {
			t.Fatalf("%+v", request)
		}
		if _, err := decodeOperatorNote(body); err != nil {
			requireFieldError(t, err)
		}
		proposed, err := decodeProposal(body)
		if err != nil {
			requireFieldError(t, err)
		} else if (proposed.Item == 0) == (proposed.Amount.Value < 1) || proposed.Note == "" {
			t.Fatalf("%+v", proposed)
		}
	})
}

// A signature header is taken only when it holds the right signature of the body, for a time near now.
func FuzzSignature(f *testing.F) {
	const secret = "whsec_" + "fuzz"
	now := time.Unix(1_795_000_000, 0)
	sign := func(stamp string, body []byte) string {
		mac := hmac.New(sha256.New, []byte(secret))
		mac.Write([]byte(stamp + "."))
		mac.Write(body)
		return hex.EncodeToString(mac.Sum(nil))
	}
	f.Add("t=1795000000,v1="+sign("1795000000", []byte("{}")), []byte("{}"))
	f.Add("t=1795000000,v1=00,v1=11,v0=22", []byte("{}"))
	f.Add("t=1,t=1795000000,v1=", []byte("{}"))
	f.Add("t=+1795000000,v1==", []byte(""))
	a := &api{Deps: Deps{WebhookSecrets: func() []string { return []string{"whsec_" + "old", secret} }}}
	f.Fuzz(func(t *testing.T, header string, body []byte) {
		if a.checkSignature([]string{header}, body, now) != nil {
			return
		}
		at, err := signedAt(header)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(strings.ToLower(header), sign(fmt.Sprint(at.Unix()), body)) {
			t.Fatalf("a forged signature is taken: %q", header)
		}
		if away := at.Sub(now).Abs(); away > signatureTolerance {
			t.Fatalf("a signature of %s away is taken", away)
		}
	})
}

// Headers and queries that are taken can be stored and read in one way only.
func FuzzHeadersAndQuery(f *testing.F) {
	f.Add("key-1", "application/json; charset=utf-8", "a=b&c=d")
	f.Add("\xff", "application/json;;", "a=%zz;b")
	f.Add(strings.Repeat("é", 128), "application/json; charset*=utf-8''%ff", "a&a")
	f.Fuzz(func(t *testing.T, key, contentType, query string) {
		if unusableKey([]string{key}) == "" && (key == "" || len(key) > 255 || !utf8.ValidString(key)) {
			t.Fatalf("an unusable key is taken: %q", key)
		}
		if isJSON(contentType) && !strings.HasPrefix(strings.ToLower(strings.TrimSpace(contentType)), "application/json") {
			t.Fatalf("taken for JSON: %q", contentType)
		}
		if queryProblem(query) == "" && strings.Count(query, "=") > 0 && strings.Contains(query, ";") {
			t.Fatalf("a query with two readings is taken: %q", query)
		}
	})
}

// Bytes that net/http writes before a handler runs are passed on as they are, or are answered with one problem.
func FuzzRefusal(f *testing.F) {
	f.Add([]byte("HTTP/1.1 400 Bad Request: missing required Host header\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: " +
		"close\r\n\r\n400 Bad Request"))
	f.Add([]byte("HTTP/1.1 417 Expectation Failed\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"))
	f.Add([]byte("HTTP/1.1 431 Request Header Fields Too Large\r\n\r\n"))
	f.Add([]byte("HTTP/1.1 200 OK\r\n\r\nbody"))
	f.Add([]byte("\x16\x03\x01"))
	f.Fuzz(func(t *testing.T, written []byte) {
		inner := &bufferConn{}
		c := &refusingConn{Conn: inner, log: slog.New(slog.DiscardHandler)}
		n, err := c.Write(written)
		if err != nil || n != len(written) {
			t.Fatalf("%d of %d bytes: %v", n, len(written), err)
		}
		if out := inner.String(); out != string(written) && !strings.Contains(out, "\r\nContent-Type: application/problem+json\r\n") {
			t.Fatalf("%q became %q", written, out)
		}
		inner.Reset()
		c.handled.Store(true)
		_, err = c.Write(written)
		if err != nil || inner.String() != string(written) {
			t.Fatalf("a handler's %q became %q: %v", written, inner.String(), err)
		}
	})
}

// bufferConn keeps what is written.
type bufferConn struct {
	net.Conn
	bytes.Buffer
}

func (c *bufferConn) Write(p []byte) (int, error) { return c.Buffer.Write(p) }
func (c *bufferConn) Read(p []byte) (int, error)  { return c.Buffer.Read(p) }

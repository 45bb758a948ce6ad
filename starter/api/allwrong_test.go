package api_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// locations are those of the errors of a 422, in their order.
func (a answer) locations(t *testing.T) []string {
	t.Helper()
	require.Equal(t, http.StatusUnprocessableEntity, a.status, "%s", a.body)
	var found []string
	for _, one := range a.problem(t).Errors {
		found = append(found, one.Location)
	}
	return found
}

// Unknown fields, fields of a wrong shape and fields with a wrong value are all named, each once: a caller mends a body in one
// round. A field that could not be read is not called wrong for its value, too, and neither is anything below it.
func TestUnknownFieldsDoNotHideOthers(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	for _, c := range []struct {
		name     string
		replaced []string
		want     []string
	}{
		{
			"an unknown field and a wrong value",
			[]string{`{"customer"`, `{"status":"x","customer"`, "45900", "-1"},
			[]string{"body.status", "body.amount.value"},
		},
		{
			"an unknown field inside, a wrong shape and two wrong values",
			[]string{
				`"currency":"USD"`, `"currency":"USD","fee":1`, `"holdMinutes":30`, `"holdMinutes":"30"`, "LHR", "lhr", "layla@example.com",
				"layla",
			},
			[]string{"body.amount.fee", "body.holdMinutes", "body.customer.email", "body.flight.from"},
		},
		{
			"a whole object of a wrong shape",
			[]string{`"amount":{"value":45900,"currency":"USD"}`, `"amount":459,"fee":1`, "EK002", "?"},
			[]string{"body.fee", "body.amount", "body.flight.number"},
		},
		{
			"a passenger of a wrong shape before one with a wrong name",
			[]string{`[{"name":"Layla Haddad"}]`, `["Layla",{"name":""},{"name":"Omar","seat":"1A"}]`},
			[]string{"body.flight.passengers[2].seat", "body.flight.passengers[0]", "body.flight.passengers[1].name"},
		},
	} {
		got := s.book([]byte(strings.NewReplacer(c.replaced...).Replace(validBody())))
		require.Equal(t, c.want, got.locations(t), "%s: %s", c.name, got.body)
	}
	s.requireNothing()
}

// Hundreds of unknown fields leave room for what is wrong with those that are known.
func TestManyUnknownFieldsLeaveRoomForOthers(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	got := s.book([]byte(strings.Replace(`{`+unknownFields(500)+validBody()[1:], "45900", "0", 1)))
	require.LessOrEqual(t, len(got.locations(t)), 20)
	require.Contains(t, got.locations(t), "body.amount.value")
	s.requireNothing()
}

func unknownFields(n int) string {
	var fields strings.Builder
	for i := range n {
		fmt.Fprintf(&fields, `"x%d":1,`, i)
	}
	return fields.String()
}

func TestActionsNameEveryWrongField(t *testing.T) {
	t.Parallel()
	s := serve(t, withoutTemporal(t))
	s.book([]byte(validBody()))
	of := "/v1/bookings/" + s.db.Text(t, "SELECT reference FROM bookings")
	for path, c := range map[string]struct {
		body string
		want []string
	}{
		of + "/refunds": {
			`{"status":"x","amount":{"value":0,"currency":"EUR"},"reason":"because","note":"a\nb"}`,
			[]string{"body.status", "body.amount.currency", "body.amount.value", "body.reason", "body.note"},
		},
		of + "/capture": {`{"fee":1,"amount":{"value":45901,"currency":"USD"}}`, []string{"body.fee", "body.amount.value"}},
		of + "/cancel": {
			`{"reason":"x","expectedRefund":{"value":-1,"currency":"EUR"}}`,
			[]string{"body.reason", "body.expectedRefund.value", "body.expectedRefund.currency"},
		},
		"/v1/reconciliations": {
			`{"days":1,"lookbackDays":0,"limit":"1","scope":"x"}`,
			[]string{"body.days", "body.limit", "body.lookbackDays", "body.scope"},
		},
	} {
		got := s.do(http.MethodPost, path, []byte(c.body), "Idempotency-Key", "all-wrong")
		require.Equal(t, c.want, got.locations(t), "%s: %s", path, got.body)
	}
}

// An unknown scope is reported by its index; the value sent is not quoted.
func TestUnknownScopesAreToldByTheirPlace(t *testing.T) {
	t.Parallel()
	admin := serve(t, nil).asAdmin()
	for body, want := range map[string][]string{
		`{"client":"shop","scopes":["bookings:read","` + strings.Repeat("x", 20_000) + `",1]}`: {"body.scopes[1]", "body.scopes[2]"},
		`{"client":"shop","scopes":[]}`:                                              {"body.scopes"},
		`{"client":"shop","scopes":[` + strings.Repeat(`"admin",`, 40) + `"admin"]}`: {"body.scopes"},
		`{"client":"shop","status":"x","scopes":["admin "],"expiresAt":"2020-01-01T00:00:00Z"}`: {
			"body.status", "body.scopes[0]",
			"body.expiresAt",
		},
	} {
		got := admin.do(http.MethodPost, "/v1/api-keys", []byte(body), "Idempotency-Key", "scopes")
		require.Equal(t, want, got.locations(t), "%.100s: %s", body, got.body)
		require.Less(t, len(got.body), 4096)
	}
}

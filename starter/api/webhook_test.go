package api_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/stripe/stripe-go/v76/webhook"

	"farebook/booking"
	"farebook/internal/dev/testdb"
	"farebook/money"
	"farebook/starter/api"
	"farebook/store"
	"farebook/workflows"
)

// event is one of Stripe's that is about no booking of ours.
func event(id string) []byte {
	return fmt.Appendf(nil, `{"id":%q,"object":"event","type":"customer.created","api_version":"2023-10-16","created":1763859723,`+
		`"livemode":false,"data":{"object":{"id":"cus_1","object":"customer","metadata":{}}}}`, id)
}

// paymentEvent is about a booking's PaymentIntent.
func paymentEvent(id, reference, intent string) []byte {
	return fmt.Appendf(nil, `{"id":%q,"object":"event","type":"payment_intent.succeeded","api_version":"2023-10-16","created":1763859723,`+
		`"livemode":false,"data":{"object":{"id":%q,"object":"payment_intent","metadata":{"booking_reference":%q,"correlation_id":"request-0001"}}}}`,
		id, intent, reference)
}

// sign makes Stripe's header with Stripe's own library.
func sign(t *testing.T, body []byte, secret string, at time.Time) string {
	t.Helper()
	return webhook.GenerateTestSignedPayload(&webhook.UnsignedPayload{Payload: body, Secret: secret, Timestamp: at, Scheme: "v1"}).Header
}

func (s *server) deliver(signature string, body []byte, headers ...string) answer {
	s.t.Helper()
	return s.do(http.MethodPost, "/webhooks/stripe", body, append([]string{"Authorization", "", "Stripe-Signature", signature}, headers...)...)
}

// Forged, stale, future-dated and unreadable events are answered with 400 and leave nothing behind.
func TestBadEvents(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	now := time.Now()
	body := event("evt_1")
	good := sign(t, body, webhookSecret, now)
	v1 := good[strings.Index(good, "v1="):]
	stamp := fmt.Sprintf("t=%d", now.Unix())
	for name, signature := range map[string]string{
		"none":                      "",
		"of another secret":         sign(t, body, "whsec_other", now),
		"of another body":           sign(t, event("evt_2"), webhookSecret, now),
		"no t":                      v1,
		"an empty t":                "t=," + v1,
		"a negative t":              "t=-1," + v1,
		"a huge t":                  "t=99999999999999999999," + v1,
		"a t that is a float":       "t=1e9," + v1,
		"a t with a sign":           strings.Replace(good, "t=", "t=+", 1),
		"two t":                     stamp + ",t=1," + v1,
		"two t, the right one last": "t=1," + good,
		"no v1":                     stamp,
		"an empty v1":               stamp + ",v1=",
		"v0 only":                   strings.Replace(good, "v1=", "v0=", 1),
		"v1 that is no hexadecimal": stamp + ",v1=zz",
		"v1 of another time":        fmt.Sprintf("t=%d,%s", now.Add(-time.Minute).Unix(), v1),
		"6 minutes old":             sign(t, body, webhookSecret, now.Add(-6*time.Minute)),
		"3 days old":                sign(t, body, webhookSecret, now.Add(-72*time.Hour)),
		"6 minutes ahead":           sign(t, body, webhookSecret, now.Add(6*time.Minute)),
		"a year ahead":              sign(t, body, webhookSecret, now.AddDate(1, 0, 0)),
		"many":                      stamp + strings.Repeat(",v1="+strings.Repeat("0", 64), 1000),
		"garbage":                   "garbage",
	} {
		got := s.deliver(signature, body)
		require.Equal(t, http.StatusBadRequest, got.status, "%s: %s", name, got.body)
		require.Equal(t, "header.Stripe-Signature", got.problem(t).Errors[0].Location, name)
	}
	twice, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url+"/webhooks/stripe", strings.NewReader(string(body)))
	require.NoError(t, err)
	twice.Header = http.Header{"Stripe-Signature": {good, good}}
	require.Equal(t, http.StatusBadRequest, s.send(twice).status)

	reencoded := strings.Replace(string(body), `":`, `": `, 1)
	require.Equal(t, http.StatusBadRequest, s.deliver(good, []byte(reencoded)).status)
	s.requireNothing()
}

// Signed, and yet no event for us.
func TestUnreadableEvents(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	replace := func(was, is string) string { return strings.Replace(string(event("evt_1")), was, is, 1) }
	for name, body := range map[string]string{
		"nothing":                "",
		"null":                   "null",
		"an array":               "[]",
		"no JSON":                "{",
		"no id":                  replace(`"evt_1"`, `""`),
		"an id that is no event": replace(`"evt_1"`, `"pi_1"`),
		"an id that is SQL":      replace(`"evt_1"`, `"evt_1' OR 1=1"`),
		"a very long id":         replace(`"evt_1"`, `"evt_`+strings.Repeat("1", 300)+`"`),
		"not an event":           replace(`"object":"event"`, `"object":"v2.event"`),
		"no type":                replace(`"customer.created"`, `""`),
		"a live event":           replace(`"livemode":false`, `"livemode":true`),
		"no livemode":            replace(`"livemode":false,`, ``),
		"livemode null":          replace(`"livemode":false`, `"livemode":null`),
		"invalid UTF-8":          replace(`"metadata":{}`, "\"metadata\":{\"a\":\"\xff\"}"),
	} {
		got := s.deliver(sign(t, []byte(body), webhookSecret, time.Now()), []byte(body))
		require.Equal(t, http.StatusBadRequest, got.status, "%s: %s", name, got.body)
		got.problem(t)
	}
	s.requireNothing()
}

// A platform's live endpoint gets test events, too: they are acknowledged and set aside.
func TestTestEventInLiveMode(t *testing.T) {
	t.Parallel()
	s := serve(t, func(_ *testdb.DB, deps *api.Deps) { deps.Live = true })
	body := paymentEvent("evt_1", "FB-00000000", "pi_1")
	got := s.deliver(sign(t, body, webhookSecret, time.Now()), body)
	require.Equal(t, http.StatusOK, got.status)
	require.Contains(t, string(got.body), "a test event, and STRIPE_SECRET_KEY is a live key")
	require.Equal(t, "not_ours", s.db.Text(t, "SELECT state FROM stripe_events WHERE NOT livemode AND processed"))
	live := []byte(strings.Replace(string(event("evt_2")), `"livemode":false`, `"livemode":true`, 1))
	require.Equal(t, http.StatusOK, s.deliver(sign(t, live, webhookSecret, time.Now()), live).status)
	require.Equal(t, 1, s.db.Count(t, "SELECT COUNT(*) FROM stripe_events WHERE livemode"))
}

// What is about somebody else's objects, or about none, is kept with the reason, acknowledged, and handed on to nobody.
func TestEventsThatAreNotOursAreAcknowledgedAndKept(t *testing.T) {
	t.Parallel()
	s := serve(t, withoutTemporal(t)) // what were handed on would fail
	payout := func(id, account, object string) []byte {
		return fmt.Appendf(nil, `{"id":%q,"object":"event","type":"payout.paid","created":1763859723,"livemode":false,%s"data":%s}`, id, account,
			object)
	}
	for id, c := range map[string]struct{ account, data, says string }{
		"evt_connected": {`"account":"acct_1Connected",`, `{"object":{"id":"po_1","object":"payout"}}`, "acct_1Connected"},
		"evt_empty":     {"", `{"object":{"id":"","object":"payout"}}`, "data.object has no id"},
		"evt_no_id":     {"", `{"object":{"object":"payout"}}`, "data.object has no id"},
		"evt_null":      {"", `{"object":null}`, "data.object has no id"},
		"evt_array":     {"", `{"object":[]}`, "data.object has no id"},
		"evt_no_object": {"", `{}`, "data.object has no id"},
		"evt_no_data":   {"", `null`, "data.object has no id"},
	} {
		body := payout(id, c.account, c.data)
		for range 2 {
			got := s.deliver(sign(t, body, webhookSecret, time.Now()), body)
			require.Equal(t, http.StatusOK, got.status, "%s: %s", id, got.body)
			require.Contains(t, string(got.body), c.says, id)
		}
		require.Contains(t, s.db.Text(t,
			"SELECT note FROM stripe_events WHERE stripe_event_id = ? AND state = 'not_ours' AND processed AND attempts = 0", id), c.says)
	}
}

// What decides nothing refuses nothing, whatever a later API version makes of it.
func TestFieldsThatDecideNothingRefuseNoEvent(t *testing.T) {
	t.Parallel()
	s := serve(t, withoutTemporal(t))
	for i, change := range [][2]string{
		{`1763859723`, `-1`},
		{`1763859723`, `9223372036854775807`},
		{`1763859723`, `"2024-09-26T17:46:22.134Z"`},
		{`1763859723`, `null`},
		{`"2023-10-16"`, `"2022-08-01; orders_beta=v4"`},
		{`"2023-10-16"`, `null`},
		{`"2023-10-16"`, `7`},
		{`"object":"customer"`, `"object":"payment_record","amount_refunded":{"value":1,"currency":"usd"}`},
		{`"customer.created"`, `"ping"`},
	} {
		id := fmt.Sprintf("evt_%d", i)
		body := []byte(strings.Replace(string(event(id)), change[0], change[1], 1))
		got := s.deliver(sign(t, body, webhookSecret, time.Now()), body)
		require.Equal(t, http.StatusOK, got.status, "%s: %s", change[1], got.body)
	}
	require.Equal(t, 9, s.db.Count(t,
		"SELECT COUNT(*) FROM stripe_events WHERE processed AND note <> '' AND stripe_created_at > '2025-01-01'"))
}

// The refusal of a thin event names the endpoint that Stripe needs.
func TestThinEventsAreRefusedWithTheSettingThatIsRight(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	for kind, says := range map[string]string{
		"v1.billing.meter.no_meter_found": "is a thin event of Stripe's API v2",
		"v2.core.event_destination.ping":  "is a ping of an event destination that sends thin events",
	} {
		body := fmt.Appendf(
			nil, `{"id":"evt_test_65R8","object":"v2.core.event","type":%q,"livemode":false,"created":"2024-09-26T17:46:22.134Z","reason":null}`,
			kind,
		)
		got := s.deliver(sign(t, body, webhookSecret, time.Now()), body)
		require.Equal(t, http.StatusBadRequest, got.status)
		require.Contains(t, got.problem(t).Errors[0].Message, says)
		require.Contains(t, got.problem(t).Errors[0].Message, `payload style "snapshot"`)
	}
	s.requireNothing()
}

// Events that nothing is done about are kept, marked, and acknowledged: unknown types, other API versions, other
// people's references; during a rotation under either secret.
func TestEventsSetAside(t *testing.T) {
	t.Parallel()
	s := serve(t, withoutTemporal(t)) // no workflow is notified
	now := time.Now()
	otherVersion := []byte(strings.Replace(string(event("evt_version")), "2023-10-16", "2025-03-31.basil", 1))
	longID := []byte(strings.Replace(string(event("evt_long")), "cus_1", "cs_test_"+strings.Repeat("a", 200), 1))
	two := sign(t, event("evt_two"), nextSecret, now) + ",v1=" + strings.Repeat("0", 64)
	for _, c := range []struct {
		signature string
		body      []byte
	}{
		{sign(t, event("evt_type"), webhookSecret, now), event("evt_type")},
		{sign(t, event("evt_next"), nextSecret, now), event("evt_next")},
		{two, event("evt_two")},
		{sign(t, event("evt_past"), webhookSecret, now.Add(-4*time.Minute)), event("evt_past")},
		{sign(t, event("evt_future"), webhookSecret, now.Add(4*time.Minute)), event("evt_future")},
		{sign(t, otherVersion, webhookSecret, now), otherVersion},
		{sign(t, longID, webhookSecret, now), longID},
		{sign(t, paymentEvent("evt_none", "FB-00000000", "pi_1"), webhookSecret, now), paymentEvent("evt_none", "FB-00000000", "pi_1")},
		{sign(t, paymentEvent("evt_sql", "1=1", "pi_1"), webhookSecret, now), paymentEvent("evt_sql", "1=1", "pi_1")},
	} {
		for range 2 { // a delivery more changes nothing
			got := s.deliver(c.signature, c.body)
			require.Equal(t, http.StatusOK, got.status, "%s: %s", c.body, got.body)
		}
	}
	require.Equal(t, 9, s.db.Count(t, "SELECT COUNT(*) FROM stripe_events"))
	require.Eventually(t, func() bool {
		return s.db.Count(t, "SELECT COUNT(*) FROM stripe_events WHERE processed AND state IN ('processed', 'not_ours') AND note <> ''") == 9
	}, time.Minute, 10*time.Millisecond)
	require.Equal(t, "2025-03-31.basil", s.db.Text(t, "SELECT api_version FROM stripe_events WHERE stripe_event_id = 'evt_version'"))
	require.Zero(t, s.db.Count(t, "SELECT COUNT(*) FROM stripe_events WHERE payload <> '' AND type = 'customer.created'"), "nobody acts on it")
}

// An event is acknowledged once it is stored. That its workflow could not be notified is kept in the inbox, with the time of
// the next attempt; one that is processed is not handed on again.
func TestEventIsAcknowledgedBeforeItIsHandedOn(t *testing.T) {
	t.Parallel()
	s := serve(t, withoutTemporal(t))
	s.book([]byte(validBody()))
	reference := s.db.Text(t, "SELECT reference FROM bookings")
	body := paymentEvent("evt_1", reference, "pi_1")
	for attempt := 1; attempt <= 2; attempt++ {
		got := s.deliver(sign(t, body, webhookSecret, time.Now()), body)
		require.Equal(t, http.StatusOK, got.status, "%s", got.body)
		require.Eventually(t, func() bool {
			return s.db.Count(t, `SELECT COUNT(*) FROM stripe_events WHERE NOT processed AND state = 'failed' AND attempts = ?
				AND last_error <> '' AND next_attempt_at > received_at AND booking_reference = ?`, attempt, reference) == 1
		}, time.Minute, 10*time.Millisecond)
	}
	s.db.Exec(t, "UPDATE stripe_events SET processed = TRUE")
	require.Equal(t, http.StatusOK, s.deliver(sign(t, body, webhookSecret, time.Now()), body).status)
	require.Equal(t, 2, s.db.Count(t, "SELECT attempts FROM stripe_events"))
}

// The workflow is notified on the real server, by signal with start.
func TestEventReachesTheWorkflow(t *testing.T) {
	t.Parallel()
	var deps api.Deps
	s := serve(t, func(db *testdb.DB, d *api.Deps) { d.AnswerTimeout = 10 * time.Second; deps = *d })
	caller, err := s.db.Store.Authenticate(t.Context(), s.token)
	require.NoError(t, err)
	reserved, err := s.db.Store.ReserveBooking(t.Context(), store.NewBooking{
		Caller: caller, IdempotencyKey: "key-1", CorrelationID: "request-0001", Now: time.Now(), HoldExpiresAt: time.Now().Add(time.Hour),
		Request: booking.Request{Amount: money.Money{Value: 45900, Currency: "USD"}},
	})
	require.NoError(t, err)
	known := reserved.Booking
	body := paymentEvent("evt_1", string(known.Reference), "pi_1")
	require.Equal(t, http.StatusOK, s.deliver(sign(t, body, webhookSecret, time.Now()), body).status)
	id := workflows.BookingPaymentWorkflowID(known.Reference)
	t.Cleanup(func() {
		require.NoError(t, deps.Temporal.TerminateWorkflow(context.WithoutCancel(t.Context()), id, "", "the test is over"))
	})
	require.Eventually(t, func() bool {
		description, err := deps.Temporal.DescribeWorkflowExecution(t.Context(), id, "")
		return err == nil && description.GetWorkflowExecutionInfo().GetType().GetName() == workflows.TypeBookingPayment
	}, time.Minute, 10*time.Millisecond)
	require.Zero(t, s.db.Count(t, "SELECT COUNT(*) FROM stripe_events WHERE processed"), "it is the recording step that marks it")
}

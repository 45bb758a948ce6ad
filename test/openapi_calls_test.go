package test

import (
	"encoding/json"
	"flag"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/access"
	"farebook/internal/dev/fakestripe"
	"farebook/internal/dev/testkit"
	"farebook/reconciliation"
	"farebook/starter/dispatch"
	"farebook/store"
)

var keepExamples = flag.Bool("examples", false, "write the calls of TestEachOperationIsCalled as the examples of the OpenAPI document")

// examplesFile is what the document takes its examples from.
const examplesFile = "../starter/api/examples.json"

// documentCaller calls the API as one client, and holds each request and answer against the document.
type documentCaller struct {
	*testkit.Stack
	document *openAPI
	token    string
	calls    map[string]keptCall
	sent     *int // requests, for their keys
}

// keptCall is what starter/api reads as an example.
type keptCall struct {
	Parameters map[string]string `json:"parameters,omitempty"`
	Request    json.RawMessage   `json:"request,omitempty"`
	Status     string            `json:"status"`
	Answer     json.RawMessage   `json:"answer"`
}

// as is the same as another client, with every scope.
func (c documentCaller) as(client string) documentCaller {
	c.token = c.DB.NewKey(c.T, client, access.All()...)
	return c
}

// call sends a request, which has to succeed, and keeps the first call of each operation.
func (c documentCaller) call(method, target, body string, headers ...string) (answer testkit.Answer) {
	c.T.Helper()
	asking := *c.API
	asking.Token, asking.Header = c.token, http.Header{}
	for i := 0; i < len(headers); i += 2 {
		asking.Header.Set(headers[i], headers[i+1])
	}
	var sent []byte
	if body != "" {
		sent = []byte(body)
	}
	parsed, err := url.Parse(target)
	require.NoError(c.T, err)
	operation, parameters := c.document.operationOf(method, parsed.Path)
	key := ""
	if method == http.MethodPost && !strings.HasPrefix(target, "/webhooks/") && asking.Header.Get("Content-Type") == "" {
		*c.sent++
		key = "example-" + strconv.Itoa(*c.sent)
	}
	c.document.requireRequest(operation, sent)
	answer, err = asking.Ask(method, target, key, sent)
	require.NoError(c.T, err)
	require.Less(c.T, answer.Status, http.StatusMultipleChoices, "%s %s: %s", method, target, answer.Body)
	status := strconv.Itoa(answer.Status)
	c.document.requireAnswer(operation, status, answer.Header, answer.Body)
	_, known := c.calls[operation.id]
	if known || !strings.HasPrefix(answer.Header.Get("Content-Type"), "application/json") {
		return answer
	}
	for name, values := range parsed.Query() {
		parameters[name] = values[0]
	}
	kept := keptCall{Parameters: parameters, Status: status, Answer: published(answer.Body)}
	switch {
	case json.Valid(sent):
		kept.Request = published(sent)
	case body != "":
		kept.Request = encoded(c.T, body)
	}
	c.calls[operation.id] = kept
	return answer
}

func (c documentCaller) get(target string) testkit.Answer { return c.call(http.MethodGet, target, "") }

func (c documentCaller) post(target, body string) testkit.Answer {
	return c.call(http.MethodPost, target, body)
}

// text is a field of an answer, by its path.
func (c documentCaller) text(answer testkit.Answer, keys ...string) string {
	c.T.Helper()
	var value any
	require.NoError(c.T, json.Unmarshal(answer.Body, &value))
	for _, key := range keys {
		if list, ok := value.([]any); ok {
			index, err := strconv.Atoi(key)
			require.NoError(c.T, err)
			require.Greater(c.T, len(list), index, "%s", answer.Body)
			value = list[index]
			continue
		}
		value = at(value, key)
	}
	switch known := value.(type) {
	case string:
		return known
	case float64:
		return strconv.FormatInt(int64(known), 10)
	}
	require.Failf(c.T, "no text", "%v in %s", keys, answer.Body)
	return ""
}

var (
	secrets = regexp.MustCompile(`(_secret_|"token": ?"[A-Za-z0-9_]{8}|"whsec_|/fpl_)[A-Za-z0-9_+/=.-]+`)
	payPage = regexp.MustCompile(`http://127\.0\.0\.1:[0-9]+/pay/`)
	shopURL = regexp.MustCompile(`http://127\.0\.0\.1:[0-9]+/farebook`)
)

// published keeps the beginning of a secret, and has addresses as outside of tests.
func published(body []byte) json.RawMessage {
	body = secrets.ReplaceAll(body, []byte("$1..."))
	body = payPage.ReplaceAll(body, []byte("https://pay.example.com/pay/"))
	return shopURL.ReplaceAll(body, []byte("https://shop.example.com/farebook"))
}

// Each operation of the document is called, with a request that its schema allows, and answers as its schema says. With -examples, the
// calls become the document's examples.
func TestEachOperationIsCalled(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{Heal: "none", PayPage: true})
	c := documentCaller{Stack: s, document: readOpenAPI(t), calls: map[string]keptCall{}, sent: new(int)}.as("test")
	s.API.Token = c.token
	booked := callBookings(c)
	callMoneyBack(c, booked)
	callPayouts(c)
	callReconciliation(c)
	callOperations(c, booked)
	callReports(c)
	callMonths(c)
	callAdministration(c)
	callWebhooks(c)
	for _, path := range []string{"/healthz", "/readyz", "/readyz/webhooks"} {
		c.get(path)
	}
	for _, o := range c.document.operations() {
		require.Contains(t, c.calls, o.id, "%s %s is not called", o.method, o.path)
	}
	if *keepExamples {
		text, err := json.MarshalIndent(c.calls, "", " ")
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(examplesFile, append(text, '\n'), 0o644))
	}
}

func exampleBooking(capture string) string {
	return string(testkit.BookingBody(func(body map[string]any) {
		body["customer"] = map[string]any{"name": "Layla Haddad", "email": "layla@example.com", "locale": "en"}
		body["capture"] = capture
	}))
}

// callBookings makes bookings in several states, and returns one that is paid.
func callBookings(c documentCaller) (paid testkit.Booked) {
	c.T.Helper()
	made := c.post("/v1/bookings", exampleBooking("automatic"))
	made.Into(c.T, &paid)
	require.Equal(c.T, http.StatusOK, c.Pay(paid.Payment.PaymentIntentID, "pm_card_visa"))
	c.AwaitStatus(paid.Reference, "confirmed")
	c.AwaitQuiet()
	at := "/v1/bookings/" + paid.Reference
	for _, path := range []string{"", "/story", "/ledger", "/evidence", "/cancellation-quote"} {
		c.get(at + path)
	}
	c.get("/v1/bookings?limit=1&status=confirmed")
	var held, closed testkit.Booked
	c.post("/v1/bookings", exampleBooking("manual")).Into(c.T, &held)
	require.Equal(c.T, http.StatusOK, c.Pay(held.Payment.PaymentIntentID, "pm_card_visa"))
	c.Eventually(func() bool { return c.PaymentStatus(held.Reference) == "authorized" }, "not authorised")
	c.post("/v1/bookings/"+held.Reference+"/capture", usd(45900))
	c.post("/v1/bookings", exampleBooking("automatic")).Into(c.T, &closed)
	callPayments(c, closed, paid)
	c.post("/v1/bookings/"+closed.Reference+"/cancel", "")
	return paid
}

// callMoneyBack refunds, abandons a refund that Stripe refuses, proposes refunds, and has a payment disputed.
func callMoneyBack(c documentCaller, paid testkit.Booked) {
	c.T.Helper()
	refunds := "/v1/bookings/" + paid.Reference + "/refunds"
	made := c.post(refunds, `{"amount":{"value":5900,"currency":"USD"},"reason":"requested_by_customer"}`)
	id := c.text(made, "id")
	awaitRefund(c.Stack, id, "succeeded")
	c.get("/v1/refunds/" + id)
	c.get("/v1/refunds?limit=1")
	refused := refuseRefunds(c.Stack, paid)
	c.post("/v1/refunds/"+refused.ID+"/abandon", bankTransfer)
	c.Stripe.Faults().Clear()

	proposal := `{"kind":"refund","booking":"` + paid.Reference + `","amount":{"value":100,"currency":"USD"},"reason":"duplicate","note":"Charged twice"}`
	var codes []string
	for range 3 {
		codes = append(codes, c.text(c.post("/v1/proposals", proposal), "code"))
	}
	c.get("/v1/proposals?limit=1")
	c.get("/v1/proposals/" + codes[0])
	other := c.as("finance")
	sent := other.post("/v1/proposals/"+codes[0]+"/send", "")
	awaitRefund(c.Stack, c.text(sent, "refundId"), "succeeded")
	other.post("/v1/proposals/"+codes[1]+"/decline", `{"note":"It was charged once"}`)
	c.post("/v1/proposals/"+codes[2]+"/withdraw", `{"note":"A mistake"}`)

	dispute, err := c.Stripe.Dispute(paid.Payment.PaymentIntentID, 1000, "fraudulent")
	require.NoError(c.T, err)
	c.AwaitStatus(paid.Reference, "disputed")
	c.get("/v1/disputes?limit=1")
	c.get("/v1/disputes/due?limit=1")
	callEvidence(c, dispute)
}

func callPayouts(c documentCaller) {
	c.T.Helper()
	c.AwaitQuiet()
	c.Stripe.SettleFunds()
	id := provenPayout(c.Stack)
	c.AwaitQuiet()
	c.get("/v1/payouts?limit=1")
	c.get("/v1/ledger/payouts/" + id + "/statement")
}

// callReconciliation loses the events of two payments, of which one belongs to no booking, and decides about what is found.
func callReconciliation(c documentCaller) {
	c.T.Helper()
	var lost testkit.Booked
	c.post("/v1/bookings", exampleBooking("automatic")).Into(c.T, &lost)
	again := c.DropWebhooks()
	require.Equal(c.T, http.StatusOK, c.Pay(lost.Payment.PaymentIntentID, "pm_card_visa"))
	c.ForeignPayment(500)
	run := c.text(c.post("/v1/reconciliations", `{"dryRun":true}`), "correlationId")
	awaitReconciliation(c.Stack, run)
	c.get("/v1/reconciliations/" + run)
	c.get("/v1/reconciliations/" + run + "/progress")
	c.get("/v1/reconciliations?limit=1")
	c.get("/v1/reconciliations/" + run + "/items?limit=2")
	applied := c.text(c.post("/v1/reconciliations/"+run+"/apply", ""), "correlationId")
	awaitReconciliation(c.Stack, applied)
	c.AwaitStatus(lost.Reference, "confirmed")
	healing := c.text(c.post("/v1/reconciliations", `{}`), "correlationId")
	awaitReconciliation(c.Stack, healing)
	item := c.text(c.get("/v1/reconciliations/"+healing+"/items?expected=false"), "items", "0", "id")
	at := "/v1/reconciliation-items/" + item
	c.get(at)
	c.get(at + "/correction")
	c.post(at+"/resolve", `{"note":"A payment of the old shop"}`)
	c.post(at+"/reopen", `{"note":"To be posted"}`)
	c.post(at+"/post", `{"note":"A payment of the old shop"}`)
	again()

	dispatcher := dispatch.NewClient(c.Temporal, c.Config.TaskQueue)
	require.NoError(c.T, dispatcher.ApplySchedule(c.T.Context(), dispatch.Schedule{
		Cron: "30 2 * * *", TimeZone: "Asia/Dubai", Options: reconciliation.Options{LookbackDays: 7, Scope: reconciliation.ScopeAll},
	}))
	schedule := c.Temporal.ScheduleClient().GetHandle(c.T.Context(), "Reconciliation:"+c.Config.TaskQueue)
	defer func() { require.NoError(c.T, schedule.Delete(c.T.Context())) }()
	c.get("/v1/schedule")
	c.post("/v1/schedule/pause", `{"note":"Stripe is away"}`)
	c.post("/v1/schedule/resume", "")
	awaitReconciliation(c.Stack, c.text(c.post("/v1/schedule/trigger", ""), "correlationId"))
}

// callOperations does what operators do beside money: events, emails, matters, views, the overview.
func callOperations(c documentCaller, paid testkit.Booked) {
	c.T.Helper()
	_, err := c.DB.Store.ReceiveEvent(c.T.Context(), store.Event{
		ID: "evt_example", Type: "payment_intent.succeeded", ObjectID: paid.Payment.PaymentIntentID, Created: time.Now(), Payload: []byte(`{"id":"x"}`),
	}, "", time.Hour)
	require.NoError(c.T, err)
	c.post("/v1/events/evt_example/ignore", `{"note":"A test"}`)
	c.post("/v1/events/evt_example/retry", "")
	c.get("/v1/events?limit=1&booking=" + paid.Reference)
	event := c.EventOf(paid.Reference, "payment_intent.succeeded")
	c.get("/v1/events/" + event.ID)
	payload := c.DB.Text(c.T, "SELECT payload FROM stripe_events WHERE stripe_event_id = '"+event.ID+"'")
	c.call(http.MethodPost, "/webhooks/stripe", payload,
		"Stripe-Signature", fakestripe.Sign([]byte(payload), c.DB.Store.Now(), testkit.WebhookSecret))
	email := c.text(c.get("/v1/emails?limit=1&status=sent&booking="+paid.Reference), "emails", "0", "number")
	c.get("/v1/emails/" + email)
	c.post("/v1/emails/"+email+"/resend", "")
	matter := c.text(c.get("/v1/attention?limit=1"), "matters", "0", "id")
	c.post("/v1/attention/"+matter+"/take", "")
	c.post("/v1/attention/"+matter+"/comments", `{"text":"The bank answers on Monday"}`)
	c.get("/v1/attention/" + matter)
	c.post("/v1/attention/"+matter+"/give-back", "")
	c.post("/v1/attention/"+matter+"/close", `{"note":"Asked the bank"}`)
	view := c.text(c.post("/v1/views", `{"list":"bookings","name":"Failed","query":"status=payment_failed"}`), "id")
	c.get("/v1/views?list=bookings")
	c.post("/v1/views/"+view+"/remove", "")
	c.get("/v1/overview?zone=Asia/Dubai")
	c.get("/v1/overview/days?zone=Asia/Dubai")
	c.get("/v1/overview/clearing")
}

// callReports reads each report of finance as JSON, and in its other formats.
func callReports(c documentCaller) {
	c.T.Helper()
	to := time.Now().AddDate(0, 0, 2).UTC().Format(time.DateOnly)
	for _, o := range c.document.operations() {
		report, found := strings.CutPrefix(o.path, "/v1/ledger/reports/")
		if found {
			c.get("/v1/ledger/reports/" + report + "?to=" + to)
			c.get("/v1/ledger/reports/" + report + "?format=csv&to=" + to)
		}
	}
	c.get("/v1/ledger/balances?asOf=" + to)
	c.get("/v1/ledger/trial-balance?to=" + to)
	c.get("/v1/ledger/statements/asset:stripe_clearing?currency=USD&to=" + to)
	c.get("/v1/ledger/export?format=json&to=" + to)
	for _, format := range []string{"csv", "hledger", "beancount"} {
		c.get("/v1/ledger/export?format=" + format + "&to=" + to)
	}
	c.get("/v1/ledger/transactions/" + c.DB.Text(c.T, "SELECT MAX(id) FROM financial_ledger"))
}

// callMonths closes the last month and reopens it, with a journal in it.
func callMonths(c documentCaller) {
	c.T.Helper()
	bob, last := c.as("finance"), lastMonth()
	at := "/v1/ledger/periods/" + last.Format("2006-01")
	c.post("/v1/ledger/journals", `{"key":"fee-1","reason":"Bank charges","effectiveAt":"`+last.Format(time.RFC3339)+`","entries":[
		{"account":"expense:stripe_fees","side":"debit","amount":{"value":500,"currency":"USD"}},
		{"account":"asset:bank","side":"credit","amount":{"value":500,"currency":"USD"}}]}`)
	bob.post("/v1/ledger/journals/fee-1/approve", "")
	text, err := c.Stripe.Report("balance_change_from_activity.itemized.3", last.AddDate(0, 0, 1-last.Day()), last.AddDate(0, 1, 1-last.Day()))
	require.NoError(c.T, err)
	c.call(http.MethodPost, "/v1/ledger/compare?month="+last.Format("2006-01"), string(text), "Content-Type", "text/csv")
	said, err := c.StarterCommand("reconcile").CombinedOutput()
	require.NoError(c.T, err, "%s", said)
	c.post(at+"/close", "")
	bob.post(at+"/close/approve", "")
	c.get("/v1/ledger/periods?limit=1")
	c.post(at+"/reopen", `{"note":"A missing journal"}`)
	bob.post(at+"/reopen/approve", "")
}

// callAdministration makes and ends clients and keys.
func callAdministration(c documentCaller) {
	c.T.Helper()
	client := c.text(c.post("/v1/clients", `{"name":"new shop"}`), "id")
	key := c.text(c.post("/v1/api-keys", `{"client":"new shop","scopes":["bookings:read","bookings:write"]}`), "id")
	c.get("/v1/api-keys?client=new+shop&limit=1")
	c.post("/v1/api-keys/"+key+"/rotate", `{"overlapHours":1}`)
	c.post("/v1/api-keys/"+key+"/revoke", "")
	c.get("/v1/clients?limit=1")
	c.get("/v1/clients/" + client)
	urls := "/v1/clients/" + client + "/return-urls"
	c.post(urls, `{"url":"https://shop.example/paid"}`)
	c.get(urls)
	c.post(urls+"/remove", `{"url":"https://shop.example/paid"}`)
	c.post("/v1/clients/"+client+"/disable", "")
	c.post("/v1/clients/"+client+"/enable", "")
	c.post("/v1/clients", `{"name":"old shop"}`)
	c.post("/v1/clients/"+client+"/merge", `{"from":"old shop"}`)
	c.get("/v1/audit?limit=2")
}

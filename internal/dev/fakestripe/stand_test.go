package fakestripe_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/stripe/stripe-go/v76/webhook"

	"farebook/internal/dev/fakestripe"
)

const secret = "whsec_stand"

// stand is a stand-in that listens on a port, with a client for it.
type stand struct {
	*fakestripe.Server
	t *testing.T
}

func newStand(t *testing.T) stand {
	t.Helper()
	s := fakestripe.New(fakestripe.Options{APIKey: "sk_test_1"})
	require.NoError(t, s.Start("127.0.0.1:0"))
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return stand{s, t}
}

type answer struct {
	status   int
	replayed bool
	body     map[string]any
}

func (a answer) text(field string) string { text, _ := a.body[field].(string); return text }

func (a answer) code() string {
	failure, _ := a.body["error"].(map[string]any)
	code, _ := failure["code"].(string)
	return code
}

func (s stand) try(method, path, key, form string) (answer, error) {
	request, err := http.NewRequestWithContext(s.t.Context(), method, s.URL()+path, strings.NewReader(form))
	if err != nil {
		return answer{}, err
	}
	request.Header.Set("Authorization", "Bearer sk_test_1")
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if key != "" {
		request.Header.Set("Idempotency-Key", key)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = response.Body.Close() }() // the body was read to its end
	text, err := io.ReadAll(response.Body)
	out := answer{status: response.StatusCode, replayed: response.Header.Get("Idempotent-Replayed") == "true"}
	if json.Unmarshal(text, &out.body) != nil {
		out.body = map[string]any{"text": string(text)}
	}
	return out, err
}

func (s stand) do(method, path, key, form string) answer {
	s.t.Helper()
	a, err := s.try(method, path, key, form)
	require.NoError(s.t, err)
	return a
}

const creation = "amount=45900&currency=usd"

func (s stand) create(key string) answer {
	s.t.Helper()
	return s.do(http.MethodPost, "/v1/payment_intents", key, creation)
}

func TestFirstAnswerIsReplayed(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	first, again := s.create("k"), s.create("k")
	require.Equal(t, first.text("id"), again.text("id"))
	require.False(t, first.replayed)
	require.True(t, again.replayed)
	other := s.do(http.MethodPost, "/v1/payment_intents", "k", "amount=1000&currency=usd")
	require.Equal(t, http.StatusBadRequest, other.status)
	require.Equal(t, "idempotency_error", other.body["error"].(map[string]any)["type"])
	require.Len(t, s.PaymentIntents(), 1)

	s.Clock().Advance(25 * time.Hour)
	require.NotEqual(t, first.text("id"), s.create("k").text("id"), "keys expire after a day")
}

func TestDeclinesAreStoredAndValidationErrorsAreNot(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	id := s.create("").text("id")
	for _, replayed := range []bool{false, true} {
		declined := s.do(http.MethodPost, "/v1/payment_intents/"+id+"/confirm", "c", "payment_method=pm_card_chargeDeclined")
		require.Equal(t, http.StatusPaymentRequired, declined.status)
		require.Equal(t, "card_declined", declined.code())
		require.Equal(t, replayed, declined.replayed)
	}
	for range 2 {
		refused := s.do(http.MethodPost, "/v1/payment_intents", "v", "amount=1&currency=usd")
		require.Equal(t, "amount_too_small", refused.code())
		require.False(t, refused.replayed)
	}
	require.Equal(t, http.StatusOK, s.do(http.MethodPost, "/v1/payment_intents", "v", creation).status,
		"a validation error does not use up the key")
}

// A payment method that Stripe selects may redirect the customer, so confirmation needs a return_url.
func TestConfirmNeedsAReturnURL(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	const automatic = creation + "&automatic_payment_methods[enabled]=true"
	id := s.do(http.MethodPost, "/v1/payment_intents", "", automatic).text("id")
	confirm := "/v1/payment_intents/" + id + "/confirm"
	refused := s.do(http.MethodPost, confirm, "", "payment_method=pm_card_visa")
	require.Equal(t, http.StatusBadRequest, refused.status)
	require.Equal(t, "return_url", refused.body["error"].(map[string]any)["param"])
	require.Equal(t, "requires_payment_method", s.do(http.MethodGet, "/v1/payment_intents/"+id, "", "").text("status"))
	require.Equal(t, "succeeded",
		s.do(http.MethodPost, confirm, "", "payment_method=pm_card_visa&return_url=https://example.com").text("status"))

	stays := s.do(http.MethodPost, "/v1/payment_intents", "", automatic+"&automatic_payment_methods[allow_redirects]=never").text("id")
	require.Equal(t, "succeeded",
		s.do(http.MethodPost, "/v1/payment_intents/"+stays+"/confirm", "", "payment_method=pm_card_visa").text("status"))
}

func TestAmountsThatStripeRefuses(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	for _, form := range []string{
		"amount=0&currency=usd", "amount=49&currency=usd", "amount=100000000&currency=usd", "amount=1001&currency=kwd",
		"amount=45910&currency=isk", "amount=45901&currency=ugx", "amount=45900&currency=dollar",
	} {
		refused := s.do(http.MethodPost, "/v1/payment_intents", "", form)
		require.Equal(t, http.StatusBadRequest, refused.status, form)
	}
	require.Empty(t, s.PaymentIntents())
	require.Equal(t, http.StatusOK, s.do(http.MethodPost, "/v1/payment_intents", "", "amount=45900&currency=isk").status)
}

func TestHundredRequestsUnderOneKey(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	var group sync.WaitGroup
	statuses := make([]int, 100)
	for i := range statuses {
		group.Go(func() {
			if a, err := s.try(http.MethodPost, "/v1/payment_intents", "hundred", creation); err == nil {
				statuses[i] = a.status
			}
		})
	}
	group.Wait()
	for _, status := range statuses {
		require.Contains(t, []int{http.StatusOK, http.StatusConflict}, status)
	}
	require.Len(t, s.PaymentIntents(), 1)
}

func TestFaults(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		kind    fakestripe.FaultKind
		status  int // 0 if no answer arrives
		created int // by the faulty call
		again   int // status when the call is repeated
	}{
		{fakestripe.FaultAnswerLost, 0, 1, 200},
		{fakestripe.Fault500Before, 500, 0, 500},
		{fakestripe.Fault500After, 500, 1, 500},
		{fakestripe.FaultRateLimit, 429, 0, 200},
		{fakestripe.FaultLockTimeout, 429, 0, 200},
		{fakestripe.FaultKeyInUse, 409, 0, 200},
		{fakestripe.FaultHTML502, 502, 0, 200},
		{fakestripe.FaultInvalidRequest, 400, 0, 200},
		{fakestripe.FaultUnauthorized, 401, 0, 200},
	} {
		s := newStand(t)
		s.Faults().Add(fakestripe.Fault{Method: http.MethodPost, Path: "/v1/payment_intents", Kind: c.kind})
		got, err := s.try(http.MethodPost, "/v1/payment_intents", "k", creation)
		if c.status == 0 {
			require.Error(t, err, c.kind)
		} else {
			require.NoError(t, err, c.kind)
		}
		require.Equal(t, c.status, got.status, c.kind)
		require.Len(t, s.PaymentIntents(), c.created, c.kind)
		require.Equal(t, c.again, s.create("k").status, c.kind)
		require.LessOrEqual(t, len(s.PaymentIntents()), 1, c.kind)
	}
}

func TestHangEndsWithTheClientsDeadline(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	s.Faults().Add(fakestripe.Fault{Path: "/v1/balance", Kind: fakestripe.FaultHang})
	ctx, giveUp := context.WithCancel(t.Context())
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL()+"/v1/balance", nil)
	require.NoError(t, err)
	request.Header.Set("Authorization", "Bearer sk_test_1")
	ended := make(chan error, 1)
	go func() {
		response, err := http.DefaultClient.Do(request)
		if err == nil {
			_ = response.Body.Close()
		}
		ended <- err
	}()
	require.Eventually(t, func() bool { return s.Faults().Hanging() == 1 }, time.Minute, 5*time.Millisecond, "no client waits")
	giveUp() // as a deadline does
	require.ErrorIs(t, <-ended, context.Canceled)
	require.Eventually(t, func() bool { return s.Faults().Hanging() == 0 }, time.Minute, 5*time.Millisecond, "no client waits any more")
	require.Equal(t, http.StatusOK, s.do(http.MethodGet, "/v1/balance", "", "").status)
}

func TestListsArePagedNewestFirst(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	var ids []string
	for range 5 {
		ids = append([]string{s.create("").text("id")}, ids...)
	}
	var seen []string
	after := ""
	for range 5 {
		page := s.do(http.MethodGet, "/v1/payment_intents?limit=2&starting_after="+after, "", "")
		rows := page.body["data"].([]any)
		for _, row := range rows {
			after = row.(map[string]any)["id"].(string)
			seen = append(seen, after)
		}
		if page.body["has_more"] == false {
			break
		}
	}
	require.Equal(t, ids, seen)
	future := s.do(http.MethodGet, "/v1/payment_intents?created[gte]=99999999999", "", "")
	require.Empty(t, future.body["data"])
	require.Equal(t, http.StatusBadRequest, s.do(http.MethodGet, "/v1/payment_intents?limit=1000", "", "").status)
	require.Equal(t, http.StatusBadRequest, s.do(http.MethodGet, "/v1/payment_intents?starting_after=pi_nobody", "", "").status)
}

func TestBalanceIsTheSumOfNets(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	s.DelayBalanceTransactions(true)
	for range 2 {
		id := s.create("").text("id")
		require.Equal(t, "succeeded",
			s.do(http.MethodPost, "/v1/payment_intents/"+id+"/confirm", "", "payment_method=pm_card_visa").text("status"))
	}
	require.Zero(t, s.Balance("usd"), "asynchronous capture: no balance transaction yet")
	s.ReleaseBalanceTransactions()
	require.EqualValues(t, 2*(45900-1361), s.Balance("usd"))
	held := s.do(http.MethodPost, "/v1/payment_intents", "", creation+"&capture_method=manual&payment_method=pm_card_visa&confirm=true")
	require.Equal(t, "requires_capture", held.text("status"))
	require.EqualValues(t, 2*(45900-1361), s.Balance("usd"), "an authorisation does not move the balance")
	part := s.do(http.MethodPost, "/v1/payment_intents/"+held.text("id")+"/capture", "", "amount_to_capture=1000")
	require.EqualValues(t, 1000, part.body["amount_received"])
	require.EqualValues(t, 2*(45900-1361)+1000-59, s.Balance("usd"))
}

func TestKeysAreChecked(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	id := s.create("").text("id")
	for authorization, want := range map[string]int{
		"": 401, "Bearer sk_test_other": 401, "Bearer pk_test_1": 401, "Bearer sk_test_1": 200,
		"Basic c2tfdGVzdF8xOg==": 200,
	} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL()+"/v1/payment_intents/"+id, nil)
		require.NoError(t, err)
		request.Header.Set("Authorization", authorization)
		response, err := http.DefaultClient.Do(request)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		require.Equal(t, want, response.StatusCode, authorization)
	}
}

// receiver is a webhook endpoint; it fails the first deliveries if a test asks for it.
type receiver struct {
	mu     sync.Mutex
	fail   int
	events []string
	bad    int
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	body, err := io.ReadAll(request.Body)
	r.mu.Lock()
	defer r.mu.Unlock()
	event, signatureErr := webhook.ConstructEvent(body, request.Header.Get("Stripe-Signature"), secret)
	switch {
	case err != nil || signatureErr != nil:
		r.bad++
	case r.fail > 0:
		r.fail--
		w.WriteHeader(http.StatusInternalServerError)
	default:
		r.events = append(r.events, string(event.Type))
	}
}

func (r *receiver) got() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]string{}, r.events...)
}

func TestWebhooks(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	r := &receiver{fail: 1}
	server := httptest.NewServer(r)
	t.Cleanup(server.Close)
	s.SetWebhook(server.URL, "whsec_old,"+secret)
	s.create("")
	require.Eventually(t, func() bool { return len(r.got()) == 1 }, time.Minute, 10*time.Millisecond, "delivered after a failure")

	s.HoldWebhooks()
	id := s.create("").text("id")
	s.do(http.MethodPost, "/v1/payment_intents/"+id+"/confirm", "", url.Values{"payment_method": {"pm_card_visa"}}.Encode())
	s.Settle()
	require.Len(t, r.got(), 1, "held")
	s.ReleaseWebhooksDisordered(3)
	s.Settle()
	require.Len(t, r.got(), 1+3*3)
	require.Zero(t, r.bad)
}

func TestSlowReceiverBlocksNobody(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	let := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-let }))
	t.Cleanup(server.Close)
	t.Cleanup(func() { close(let) })
	s.SetWebhook(server.URL, secret)
	for range 50 {
		require.Equal(t, http.StatusOK, s.create("").status)
	}
}

func TestAdminByHTTP(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	id := s.create("").text("id")
	post := func(path, body string) int {
		response, err := http.Post(s.URL()+path, "application/json", strings.NewReader(body)) //nolint:noctx // a test's own server
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		return response.StatusCode
	}
	require.Equal(t, http.StatusConflict, post("/_stand/payment_intents/"+id+"/complete_action", ""))
	require.Equal(t, http.StatusOK, post("/_stand/payment_intents/"+id+"/force_succeed", ""))
	require.Equal(t, "succeeded", s.PaymentIntents()[0].Status)
	require.Equal(t, http.StatusOK, post("/_stand/faults", `{"method":"GET","path":"/v1/balance","kind":"html_502"}`))
	require.Equal(t, http.StatusBadGateway, s.do(http.MethodGet, "/v1/balance", "", "").status)
	require.Equal(t, http.StatusBadRequest, post("/_stand/faults", `{"colour":"blue"}`))
	before := s.Clock().Now()
	require.Equal(t, http.StatusOK, post("/_stand/clock", `{"advance_ms":3600000}`))
	require.Greater(t, s.Clock().Now().Sub(before), 59*time.Minute)
	require.NotEmpty(t, s.Journal().Records())
}

// A slow link breaks within the body of a request. Nothing is done, and the key is free for the whole request.
func TestARequestThatIsCutOffIsNotMade(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	intent := s.create("k").text("id")
	const form = "description=a flight to Amman"
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.URL(), "http://"))
	require.NoError(t, err)
	_, err = fmt.Fprintf(conn, "POST /v1/payment_intents/%s HTTP/1.1\r\nHost: stripe\r\nAuthorization: Bearer sk_test_1\r\n"+
		"Content-Type: application/x-www-form-urlencoded\r\nIdempotency-Key: cut\r\nContent-Length: %d\r\n\r\n%s", intent, len(form), form[:20])
	require.NoError(t, err)
	require.NoError(t, conn.(*net.TCPConn).CloseWrite())
	refused, err := http.ReadResponse(bufio.NewReader(conn), nil)
	require.NoError(t, err)
	require.NoError(t, refused.Body.Close())
	require.NoError(t, conn.Close())
	require.Equal(t, http.StatusBadRequest, refused.StatusCode)

	whole := s.do(http.MethodPost, "/v1/payment_intents/"+intent, "cut", form)
	require.Equal(t, http.StatusOK, whole.status, whole.body)
	require.False(t, whole.replayed)
}

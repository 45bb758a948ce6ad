package test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"farebook/access"
	"farebook/internal/dev/testkit"
	"farebook/starter/dispatch"
	"farebook/starter/view"
	"farebook/workflows"
)

// A shop hears what happens to its bookings, signed and in order, and nothing twice under two ids.
func TestShopHearsWhatHappens(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	r := newReceiver(s)
	endpoint := r.register("shop")
	booked := s.BookAndPay("heard", nil)
	refund := ask(s, booked.Reference, "heard-refund", usd(1000))
	awaitRefund(s, refund.ID, "succeeded")
	answer := s.Post("/v1/bookings/"+booked.Reference+"/cancel", "heard-cancel", nil)
	require.Equal(t, http.StatusOK, answer.Status, "%s", answer.Body)
	r.Eventually(func() bool { return len(r.types("shop")) >= 4 }, "not everything arrived: %s\n%s", later(r.state), s.Logs)
	types := r.types("shop")
	require.Equal(t, []string{"booking.confirmed", "refund.succeeded", "booking.cancelled", "refund.succeeded"}, types)
	ids := map[string]bool{}
	for _, event := range r.events("shop") {
		require.Equal(t, booked.Reference, event.Data.Booking.Reference)
		require.Equal(t, 1, event.Version)
		ids[event.id] = true
	}
	require.Len(t, ids, 4)
	require.Empty(t, r.refused)
	s.AwaitQuiet()

	var list struct{ Deliveries []view.WebhookDelivery }
	r.hooks.Get("/v1/webhook-endpoints/"+endpoint.ID+"/deliveries", &list)
	require.Len(t, list.Deliveries, 4)
	require.Equal(t, "delivered", list.Deliveries[0].State)
	require.Equal(t, http.StatusNoContent, list.Deliveries[0].LastAttempt.Status)
	var one view.WebhookMessage
	r.hooks.Get("/v1/webhook-endpoints/"+endpoint.ID+"/deliveries/"+list.Deliveries[3].ID, &one)
	require.Contains(t, string(one.Payload), `"booking.confirmed"`)

	r.act("/"+endpoint.ID+"/deliveries/"+one.ID+"/replay", "heard-replay", nil)
	r.await(5)
	events := r.events("shop")
	require.Equal(t, events[0].id, events[4].id, "the same event, by which the shop knows it")
	body := fmt.Sprintf(`{"from":%q,"until":%q}`, one.OccurredAt.Add(-time.Hour).Format(time.RFC3339), one.OccurredAt.Add(time.Hour).Format(time.RFC3339))
	r.act("/"+endpoint.ID+"/replay", "heard-range", []byte(body))
	r.await(9)
	s.RequirePromises()
}

// An endpoint that does nothing has no workflow, and a client without endpoints costs nothing.
func TestIdleEndpointsCostNothing(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	r := newReceiver(s)
	endpoint := r.register("idle", "refund.failed")
	booked := s.BookAndPay("idle", nil)
	s.AwaitWorkflowEnd(booked.Reference)
	require.Zero(t, s.DB.Count(t, "SELECT COUNT(*) FROM webhook_deliveries"))
	_, err := s.Temporal.DescribeWorkflowExecution(t.Context(), workflows.DeliverWebhooksWorkflowID(endpoint.ID), "")
	require.Error(t, err, "it was never started")
}

// A receiver that is away keeps its events, in order, and holds up neither another endpoint nor a booking.
func TestReceiverThatIsAwayHoldsNobodyElseUp(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	r := newReceiver(s)
	r.status = onlyTake("/well", http.StatusServiceUnavailable)
	away := r.register("away")
	r.register("well")
	var expected []string
	for i := range 3 {
		s.BookAndPay(fmt.Sprintf("away-%d", i), nil)
		expected = append(expected, "booking.confirmed")
		r.awaitTypes("well", expected...)
	}
	var list struct{ Deliveries []view.WebhookDelivery }
	s.Eventually(func() bool {
		r.hooks.Get("/v1/webhook-endpoints/"+away.ID+"/deliveries", &list)
		first := list.Deliveries[len(list.Deliveries)-1]
		return first.LastAttempt != nil && first.NextAttemptAt != nil
	}, "no attempt was recorded; logs:\n%s", s.Logs)
	require.Len(t, list.Deliveries, 3)
	require.Nil(t, list.Deliveries[0].LastAttempt, "the newest waits for the oldest")
	require.Equal(t, http.StatusServiceUnavailable, list.Deliveries[2].LastAttempt.Status)

	r.mu.Lock()
	r.status = nil
	r.mu.Unlock()
	r.act("/"+away.ID+"/deliveries/"+list.Deliveries[2].ID+"/replay", "away-now", nil)
	r.awaitTypes("away", expected...)
	references := func(name string) (all []string) {
		for _, event := range r.events(name) {
			all = append(all, event.Data.Booking.Reference)
		}
		return all
	}
	require.Equal(t, references("well"), references("away"), "in order")
	saveDeliveries(s, away.ID, "deliver_webhooks_later")
}

// A receiver that takes nothing for three days is given up: the endpoint is disabled, an operator sees it, and its owner is written to.
func TestReceiverThatTakesNothingIsGivenUp(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	r := newReceiver(s)
	r.status = onlyTake("", http.StatusInternalServerError)
	endpoint := r.register("dead")
	s.BookAndPay("dead", nil)
	s.Eventually(func() bool { return s.DB.Count(t, "SELECT COUNT(*) FROM webhook_deliveries WHERE attempts > 0") == 1 },
		"no attempt was recorded; logs:\n%s", s.Logs)
	// The last attempt, as three days later.
	s.DB.Exec(t, "UPDATE webhook_deliveries SET attempts = 10, next_attempt_at = NULL")
	require.NoError(t, signalNow(s, endpoint.ID))
	var shown view.WebhookEndpoint
	s.Eventually(func() bool {
		r.hooks.Get("/v1/webhook-endpoints/"+endpoint.ID, &shown)
		return shown.State == "disabled"
	}, "the endpoint is not disabled; logs:\n%s", s.Logs)
	require.Equal(t, "failing", shown.DisabledReason)
	s.Eventually(func() bool {
		return s.DB.Count(t, "SELECT COUNT(*) FROM emails WHERE kind = 'webhook_disabled' AND status = 'sent'") == 1
	}, "its owner was not written to; logs:\n%s", s.Logs)
	var mails []string
	for _, message := range s.Mailbox.Messages() {
		if strings.Contains(message.Subject, endpoint.ID) {
			mails = append(mails, message.To...)
		}
	}
	require.Equal(t, []string{"hooks@canary-mail.example"}, mails)
	require.Equal(t, 1, s.DB.Count(t, "SELECT COUNT(*) FROM attention_items WHERE kind = 'webhook_endpoint_disabled' AND is_open = 1"))
	saveDeliveries(s, endpoint.ID, "deliver_webhooks_given_up")

	r.mu.Lock()
	r.status = nil
	r.mu.Unlock()
	r.act("/"+endpoint.ID+"/enable", "dead-enable", nil)
	r.awaitTypes("dead", "booking.confirmed")
}

// saveDeliveries waits until nothing is left to deliver to an endpoint, and saves the history of its run.
func saveDeliveries(s *testkit.Stack, endpointID, name string) {
	s.T.Helper()
	id := workflows.DeliverWebhooksWorkflowID(endpointID)
	s.AwaitRunEnd(id)
	s.SaveRun(id, name)
}

// While a secret is rotated both verify; afterwards the new one does. Nothing but the first answer has a secret.
func TestSecretsAreRotated(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	r := newReceiver(s)
	endpoint := r.register("rotated")
	rotate := func(key, body string) issued {
		answer := r.act("/"+endpoint.ID+"/rotate-secret", key, []byte(body))
		var made issued
		answer.Into(t, &made)
		return made
	}
	rotated := rotate("rotate-1", `{}`)
	require.NotEqual(t, endpoint.Secret, rotated.Secret)
	require.Empty(t, rotate("rotate-1", `{}`).Secret, "a repetition shows nothing")
	require.NotNil(t, rotated.OverlapUntil)
	test := func(key string) {
		r.act("/"+endpoint.ID+"/test", key, nil)
	}
	test("with-the-old")
	r.awaitTypes("rotated", "test")
	r.mu.Lock()
	r.secrets["/rotated"] = rotated.Secret
	r.mu.Unlock()
	test("with-the-new")
	r.awaitTypes("rotated", "test", "test")
	last := rotate("rotate-2", `{"overlapHours":0}`)
	r.mu.Lock()
	r.secrets["/rotated"] = last.Secret
	r.mu.Unlock()
	test("with-the-last")
	r.awaitTypes("rotated", "test", "test", "test")
	require.Empty(t, r.refused)
	for _, secret := range []string{endpoint.Secret, rotated.Secret, last.Secret} {
		for _, where := range s.EveryText() {
			require.False(t, slices.ContainsFunc(where.Values, func(value string) bool { return strings.Contains(value, secret) }), where.Column)
		}
		require.NotContains(t, s.Logs.String(), secret)
	}
}

// A removal is answered again under its key, and under no other one.
func TestRemovalOfAnEndpointIsRepeated(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	r := newReceiver(s)
	endpoint := r.register("removed")
	first := r.act("/"+endpoint.ID+"/remove", "remove", nil)
	again := r.act("/"+endpoint.ID+"/remove", "remove", nil)
	require.Equal(t, string(first.Body), string(again.Body))
	require.Equal(t, "true", again.Header.Get("Idempotent-Replayed"))
	require.Equal(t, http.StatusNotFound, r.post("/"+endpoint.ID+"/remove", "remove-another", nil).Status)
	require.Equal(t, http.StatusNotFound, r.post("/"+endpoint.ID+"/remove", "", nil).Status)
}

// Payouts and differences are heard of by clients that may read operations.
func TestOperationsEventsNeedTheirScope(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	r := newReceiver(s)
	shop := *s.API
	shop.Token = s.DB.NewKey(t, "shop", access.WebhooksWrite)
	body, err := json.Marshal(map[string]any{
		"url": r.server.URL + "/shop", "contactEmail": "hooks@canary-mail.example", "eventTypes": []string{"payout.paid"},
	})
	require.NoError(t, err)
	answer, err := shop.Ask(http.MethodPost, "/v1/webhook-endpoints", "shop", body)
	require.NoError(t, err)
	require.Equal(t, http.StatusForbidden, answer.Status, "%s", answer.Body)

	r.register("desk", "payout.paid", "reconciliation.differences")
	s.BookAndPay("paid-out", nil)
	s.AwaitQuiet()
	s.Stripe.SettleFunds()
	id, err := s.Stripe.PayOut("usd")
	require.NoError(t, err)
	require.NoError(t, s.Stripe.MovePayout(id, "paid"))
	awaitPayout(s, id, "paid", "proven")
	r.awaitTypes("desk", "payout.paid")
}

// signalNow has an endpoint's workflow try again now.
func signalNow(s *testkit.Stack, endpointID string) error {
	return s.Temporal.SignalWorkflow(s.T.Context(), workflows.DeliverWebhooksWorkflowID(endpointID), "", workflows.SignalWebhooks,
		workflows.WebhooksSignal{Now: true})
}

// deliver runs the workflow of an endpoint that has nothing to be delivered, so that it has a history.
func deliver(s *testkit.Stack) {
	s.T.Helper()
	endpoint := newReceiver(s).register("shop")
	_, err := s.Temporal.ExecuteWorkflow(s.T.Context(), client.StartWorkflowOptions{
		ID: workflows.DeliverWebhooksWorkflowID(endpoint.ID), TaskQueue: dispatch.WebhooksQueue(s.Config.TaskQueue),
	}, workflows.TypeDeliverWebhooks, workflows.DeliverWebhooksInput{EndpointID: endpoint.ID})
	require.NoError(s.T, err)
}

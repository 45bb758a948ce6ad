package fakestripe_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/stripe/stripe-go/v76/webhook"

	"farebook/internal/dev/fakestripe"
)

func TestListsLagAndReadsByIDDoNot(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	paid := s.pay("pm_card_visa")
	s.LagLists(20*time.Second, "/v1/refunds")
	refund := s.do(http.MethodPost, "/v1/refunds", "", "payment_intent="+paid).text("id")
	require.Empty(t, s.rows("/v1/refunds?payment_intent="+paid))
	require.Equal(t, "succeeded", s.do(http.MethodGet, "/v1/refunds/"+refund, "", "").text("status"))
	require.Len(t, s.rows("/v1/payment_intents"), 1, "the other lists do not lag")
	s.Advance(21 * time.Second)
	require.Len(t, s.rows("/v1/refunds?payment_intent="+paid), 1)
	s.LagLists(time.Hour)
	require.Empty(t, s.rows("/v1/payment_intents"), "without paths, all lists lag")
}

func TestRefundIsRefusedWithInsufficientBalance(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	paid := s.pay("pm_card_visa")
	s.RefuseRefunds(fakestripe.RefuseUnfunded) // the payment's funds are still pending
	ask := func(key string) answer {
		return s.do(http.MethodPost, "/v1/refunds", key, "payment_intent="+paid+"&amount=100")
	}
	refused := ask("one")
	require.Equal(t, http.StatusBadRequest, refused.status)
	require.Empty(t, refused.code())
	s.SettleFunds()
	again := ask("one")
	require.Equal(t, http.StatusBadRequest, again.status, "an executed refusal is stored under its key")
	require.True(t, again.replayed)
	require.Equal(t, http.StatusOK, ask("two").status)
	s.RefuseRefunds(fakestripe.RefuseAlways)
	require.Equal(t, http.StatusBadRequest, ask("three").status)
	s.RefuseRefunds(fakestripe.RefuseNever)
	require.Equal(t, http.StatusOK, ask("four").status)
}

func TestScriptedRefusalIsStoredAndScriptedNotFoundIsNot(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	paid := s.pay("pm_card_visa")
	s.Faults().Add(fakestripe.Fault{
		Path: "/v1/refunds", Kind: fakestripe.FaultRefused, Status: http.StatusFailedDependency,
		Code: "brand_new",
	})
	for range 2 {
		refused := s.do(http.MethodPost, "/v1/refunds", "k", "payment_intent="+paid)
		require.Equal(t, http.StatusFailedDependency, refused.status)
		require.Equal(t, "brand_new", refused.code())
	}
	require.Empty(t, s.Refunds())
	s.Faults().Add(fakestripe.Fault{Path: "/v1/payment_intents/*", Kind: fakestripe.FaultNotFound})
	require.Equal(t, http.StatusNotFound, s.do(http.MethodGet, "/v1/payment_intents/"+paid, "", "").status)
	require.Equal(t, http.StatusOK, s.do(http.MethodGet, "/v1/payment_intents/"+paid, "", "").status)
}

func TestRewriteShowsUnknownValues(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	paid := s.pay("pm_card_visa")
	charge := s.charge(paid)["id"].(string)
	require.NoError(t, s.Rewrite(charge, map[string]any{"status": "teleported"}, "charge.teleported"))
	require.Equal(t, "teleported", s.do(http.MethodGet, "/v1/charges/"+charge, "", "").text("status"))
	require.Equal(t, "teleported", s.charge(paid)["status"])
	event := s.rows("/v1/events")[0]
	require.Equal(t, "charge.teleported", event["type"])
	require.Equal(t, "teleported", event["data"].(map[string]any)["object"].(map[string]any)["status"])
	require.NoError(t, s.Rewrite(charge, nil))
	require.Equal(t, "succeeded", s.charge(paid)["status"])
	require.Error(t, s.Rewrite("ch_other", nil))
}

func TestMetadataIsEditedInTheDashboard(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	paid := s.pay("pm_card_visa", "metadata[booking_reference]", "FB-1")
	charge := s.charge(paid)["id"].(string)
	events := len(s.events(0))
	require.NoError(t, s.EditMetadata(paid, map[string]string{"booking_reference": "", "order": "17"}))
	require.Equal(t, map[string]any{"order": "17"}, s.do(http.MethodGet, "/v1/payment_intents/"+paid, "", "").body["metadata"])
	require.Empty(t, s.events(events), "Stripe sends no event for it")
	require.NoError(t, s.EditMetadata(charge, map[string]string{"booking_reference": "FB-2"}))
	require.Equal(t, []string{"charge.updated"}, s.events(events))
	before := s.rows("/v1/events")[0]["data"].(map[string]any)["previous_attributes"]
	require.Equal(t, map[string]any{"metadata": map[string]any{"booking_reference": "FB-1"}}, before)
}

func TestDisputeBeginsInAnyStatus(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	paid := s.pay("pm_card_visa")
	id, err := s.OpenDispute(fakestripe.NewDispute{
		PaymentIntent: paid, Status: "prevented", Withdraw: true,
		Events: []string{"charge.dispute.created"},
	})
	require.NoError(t, err)
	require.Equal(t, []string{"adjustment dispute -45900 1500"}, s.booked(id))
	require.Equal(t, "prevented", s.do(http.MethodGet, "/v1/disputes/"+id, "", "").text("status"))
	require.NoError(t, s.SetDisputeStatus(id, "lost", "charge.dispute.closed"))
	require.NoError(t, s.ReinstateDispute(id, 20000, 0, "charge.dispute.funds_reinstated"))
	require.Equal(t, []string{"adjustment dispute -45900 1500", "adjustment dispute_reversal 20000 0"}, s.booked(id))

	s.KeepDisputeFees(true)
	won, err := s.Dispute(s.pay("pm_card_visa"), 0, "fraudulent")
	require.NoError(t, err)
	require.NoError(t, s.MoveDispute(won, "won"))
	require.Equal(t, []string{"adjustment dispute -45900 1500", "adjustment dispute_reversal 45900 0"}, s.booked(won))
	_, err = s.OpenDispute(fakestripe.NewDispute{PaymentIntent: "pi_other"})
	require.Error(t, err)
}

func TestFeesAreConfigurableAndCanBeBilledLater(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	s.SetFees(&fakestripe.Fees{})
	charge := s.charge(s.pay("pm_card_visa"))["id"].(string)
	s.Book(fakestripe.BalanceTransaction{Amount: -120, Currency: "usd", Type: "network_cost", Category: "network_cost", Source: charge})
	require.Equal(t, []string{"charge charge 45900 0", "network_cost network_cost -120 0"}, s.booked(charge))
	s.requireBalance(45900 - 120)
	s.SetFees(&fakestripe.Fees{PerMille: 10, Tax: 90, Application: 200})
	row := s.rows("/v1/balance_transactions?source=" + s.charge(s.pay("pm_card_visa"))["id"].(string))[0]
	require.EqualValues(t, 459+90+200, row["fee"])
	parts := map[string]float64{}
	for _, part := range row["fee_details"].([]any) {
		part := part.(map[string]any)
		parts[part["type"].(string)] = part["amount"].(float64)
	}
	require.Equal(t, map[string]float64{"stripe_fee": 459, "tax": 90, "application_fee": 200}, parts)
}

func TestBalanceShowsFurtherKinds(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	s.SetBalanceKind("connect_reserved", "usd", 700)
	s.SetBalanceKind("issuing", "usd", 900)
	body := s.do(http.MethodGet, "/v1/balance", "", "").body
	want := func(amount float64) []any { return []any{map[string]any{"amount": amount, "currency": "usd"}} }
	require.Equal(t, want(700), body["connect_reserved"])
	require.Equal(t, map[string]any{"available": want(900)}, body["issuing"])
	s.requireBalance(0)
}

func TestPayoutsReconcileLaterAndCanBeNegative(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	paid := s.pay("pm_card_bypassPending")
	s.HoldPayoutReconciliation(true)
	id, err := s.PayOut("usd")
	require.NoError(t, err)
	require.Equal(t, "in_progress", s.do(http.MethodGet, "/v1/payouts/"+id, "", "").text("reconciliation_status"))
	require.Empty(t, s.rows("/v1/balance_transactions?payout="+id))
	_, err = s.PayOut("usd")
	require.Error(t, err, "the payout whose reconciliation is held includes all funds")
	require.NoError(t, s.CompletePayoutReconciliation(id))
	require.Equal(t, "completed", s.do(http.MethodGet, "/v1/payouts/"+id, "", "").text("reconciliation_status"))
	require.Len(t, s.rows("/v1/balance_transactions?payout="+id), 2)
	require.Error(t, s.CompletePayoutReconciliation(id))

	s.HoldPayoutReconciliation(false)
	_, err = s.RefundInDashboard(paid, 0)
	require.NoError(t, err)
	_, err = s.PayOut("usd")
	require.Error(t, err)
	s.AllowNegativePayouts(true)
	below, err := s.PayOut("usd")
	require.NoError(t, err)
	require.EqualValues(t, -45900, s.do(http.MethodGet, "/v1/payouts/"+below, "", "").body["amount"])
	s.requireBalance(0)
}

// receiver starts a webhook endpoint and returns the events that it receives, after checking their signatures.
func (s stand) receiver() <-chan map[string]any {
	s.t.Helper()
	received := make(chan map[string]any, 100)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || webhook.ValidatePayload(body, r.Header.Get("Stripe-Signature"), secret) != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		var event map[string]any
		if json.Unmarshal(body, &event) != nil {
			event = map[string]any{"text": string(body)}
		}
		received <- event
	}))
	s.t.Cleanup(server.Close)
	s.SetWebhook(server.URL, secret)
	return received
}

func TestDeliversArbitraryEvents(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	received := s.receiver()
	for _, deliver := range []func() (int, error){
		func() (int, error) {
			return s.DeliverMade(fakestripe.MadeEvent{Type: "payout.paid", Account: "acct_1", Object: json.RawMessage(`{"object":"payout"}`)})
		},
		func() (int, error) {
			return s.DeliverMade(fakestripe.MadeEvent{Type: "x.y", APIVersion: "2022-08-01; orders_beta=v4", Livemode: true})
		},
		func() (int, error) { return s.DeliverThin("v2.core.event_destination.ping") },
		func() (int, error) { return s.DeliverPayload([]byte("no JSON")) },
	} {
		status, err := deliver()
		require.NoError(t, err)
		require.Equal(t, http.StatusOK, status)
	}
	connected, flagged, thin, text := <-received, <-received, <-received, <-received
	require.Equal(t, "acct_1", connected["account"])
	require.Equal(t, map[string]any{"object": map[string]any{"object": "payout"}}, connected["data"])
	require.Equal(t, "2022-08-01; orders_beta=v4", flagged["api_version"])
	require.Equal(t, true, flagged["livemode"])
	require.Empty(t, flagged["data"])
	require.Equal(t, "v2.core.event", thin["object"])
	require.NotContains(t, thin, "data")
	require.Equal(t, "no JSON", text["text"])

	s.SendEventsFrom("acct_2")
	s.pay("pm_card_visa")
	require.Equal(t, "acct_2", s.rows("/v1/events")[0]["account"])
}

func TestEventsNameTheRequestThatCausedThem(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	paid := s.do(http.MethodPost, "/v1/payment_intents", "key-1", creation+"&confirm=true&payment_method=pm_card_visa").text("id")
	request := s.rows("/v1/events")[0]["request"].(map[string]any)
	require.Equal(t, "key-1", request["idempotency_key"])
	require.Regexp(t, "^req_", request["id"])
	s.SendMoreEvents(true)
	refund, err := s.RefundInDashboard(paid, 100)
	require.NoError(t, err)
	require.Equal(t, map[string]any{"id": nil, "idempotency_key": nil}, s.rows("/v1/events")[0]["request"])
	events := len(s.events(0))
	require.NoError(t, s.FailRefund(refund, ""))
	s.SettleFunds()
	s.pay("pm_card_visa")
	require.Equal(t, []string{
		"refund.updated", "charge.refund.updated", "refund.failed", "balance.available",
		"payment_intent.created", "charge.succeeded", "payment_intent.succeeded", "charge.updated",
	}, s.events(events))
	require.NoError(t, s.Tell(paid, "payment_intent.partially_funded"))
	require.Equal(t, "payment_intent.partially_funded", s.rows("/v1/events")[0]["type"])
}

func TestDeclinesNameTheDeclinedPayment(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	id := s.create("").text("id")
	refused := s.do(http.MethodPost, "/v1/payment_intents/"+id+"/confirm", "", "payment_method=pm_card_chargeDeclinedExpiredCard")
	failure := refused.body["error"].(map[string]any)
	require.Equal(t, "Your card has expired.", failure["message"])
	require.Equal(t, "pm_card_chargeDeclinedExpiredCard", failure["payment_method"].(map[string]any)["id"])
	require.Equal(t, "https://stripe.com/docs/error-codes/expired_card", failure["doc_url"])
	require.Equal(t, "Your card has expired.", s.charge(id)["failure_message"])
}

// Every hook of Server is also reachable over HTTP.
func TestHooksOverHTTP(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	s.receiver()
	paid := s.pay("pm_card_bypassPending")
	_, err := s.RefundInDashboard(paid, 100)
	require.NoError(t, err)
	for path, body := range map[string]string{
		"lists/lag": `{"ms": 1, "paths": ["/v1/refunds"]}`, "fees": `{"fixed": 1}`, "refunds/refuse": `{"when": "unfunded"}`,
		"objects/" + paid + "/rewrite":  `{"fields": {"status": "x"}, "events": ["payment_intent.x"]}`,
		"objects/" + paid + "/metadata": `{"a": "b"}`,
		"objects/" + paid + "/tell":     `{"events": ["charge.updated"]}`,
		"balance_transactions":          `{"amount": 1, "currency": "usd", "type": "topup", "reporting_category": "topup"}`,
		"balance/kinds/issuing":         `{"currency": "usd", "amount": 5}`,
		"disputes":                      `{"payment_intent": "` + paid + `", "status": "prevented", "events": ["charge.dispute.created"]}`,
		"deliveries/event":              `{"type": "payout.paid", "account": "acct_1"}`,
		"deliveries/thin":               `{"type": "v2.core.event_destination.ping"}`,
		"deliveries/payload":            `{}`,
		"events/account":                `{"account": "acct_1"}`,
		"switches/more_events":          `{"on": true}`,
		"switches/cancel_processing":    `{"on": true}`,
	} {
		require.Equal(t, http.StatusOK, s.admin(path, body), path)
	}
	require.Equal(t, http.StatusOK, s.admin("switches/hold_payout_reconciliation", `{"on": true}`))
	payout, err := s.PayOut("usd")
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, s.admin("payouts/"+payout+"/reconcile", `{}`))
	dispute := s.Disputes()[0].ID
	for path, body := range map[string]string{
		"status": `{"status": "lost"}`, "withdraw": `{}`, "reinstate": `{"amount": 100, "fee": 0, "events": ["charge.dispute.funds_reinstated"]}`,
	} {
		require.Equal(t, http.StatusOK, s.admin("disputes/"+dispute+"/"+path, body), path)
	}
	require.Equal(t, "x", s.do(http.MethodGet, "/v1/payment_intents/"+paid, "", "").text("status"))
	require.Equal(t, http.StatusConflict, s.admin("objects/pi_other/tell", `{"events": []}`))
	require.Equal(t, http.StatusBadRequest, s.admin("fees", `{"colour": 1}`))
}

// pending_webhooks is 1 until the endpoint acknowledges the event, and 0 if there is no endpoint.
func TestPendingWebhooksCountUnacknowledgedEndpoints(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	s.pay("pm_card_visa")
	require.Zero(t, number(s.rows("/v1/events")[0]["pending_webhooks"]), "no endpoint is registered")
	statuses := make(chan int, 1) // the endpoint's next status
	endpoint := httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, _ *http.Request) { out.WriteHeader(<-statuses) }))
	t.Cleanup(endpoint.Close)
	s.SetWebhook(endpoint.URL, "whsec_test")
	s.HoldWebhooks()
	s.pay("pm_card_visa")
	newest := s.rows("/v1/events")[0]
	require.EqualValues(t, 1, number(newest["pending_webhooks"]))
	id, isText := newest["id"].(string)
	require.True(t, isText)
	for _, answer := range []struct {
		status  int
		pending int64
	}{{http.StatusServiceUnavailable, 1}, {http.StatusOK, 0}} {
		statuses <- answer.status
		status, err := s.Deliver(id)
		require.NoError(t, err)
		require.Equal(t, answer.status, status)
		require.Equal(t, answer.pending, number(s.rows("/v1/events")[0]["pending_webhooks"]))
	}
}

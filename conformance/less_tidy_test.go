package conformance

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/fakestripe"
)

// What the stand-in plays when it is less tidy is of Stripe's form still.
func TestLessTidyIsStripes(t *testing.T) {
	t.Parallel()
	s := stand(t)
	s.SetWebhook("http://127.0.0.1:9", "whsec_one") // events are made; nobody listens
	s.SendMoreEvents(true)
	s.SendEventsFrom("acct_1Connected")
	s.SetFees(&fakestripe.Fees{PerMille: 20, Tax: 30, Application: 40})
	s.SetBalanceKind("connect_reserved", "usd", 100)
	s.SetBalanceKind("issuing", "usd", 200)
	automatic := url.Values{"automatic_payment_methods[enabled]": {"true"}, "return_url": {"https://example.com/return"}}
	debited := pay(t, s, "pm_usBankAccount_success", automatic)
	require.NoError(t, s.CompleteAction(debited))
	require.NoError(t, s.FailAction(pay(t, s, "pm_usBankAccount_success", automatic)))
	status, body := ask(s, http.MethodPost, "/v1/payment_intents/"+pay(t, s, "pm_usBankAccount_processing", automatic)+"/cancel", url.Values{})
	require.Equal(t, http.StatusOK, status, "%s", body)
	requireSchema(t, "payment_intent", body)
	refund, err := s.RefundInDashboard(debited, 100)
	require.NoError(t, err)
	require.NoError(t, s.FailRefund(refund, ""))
	_, err = s.OpenDispute(fakestripe.NewDispute{
		PaymentIntent: debited, Status: "lost", Withdraw: true,
		Events: []string{"charge.dispute.closed"},
	})
	require.NoError(t, err)
	require.NoError(t, s.EditMetadata(refund, map[string]string{"a": "b"}))
	s.Book(fakestripe.BalanceTransaction{Amount: -5, Currency: "usd", Type: "stripe_fee", Category: "network_cost", Source: "ch_1Theirs"})
	s.SettleFunds()
	pay(t, s, "pm_card_bypassPending", nil)
	s.HoldPayoutReconciliation(true)
	payout, err := s.PayOut("usd")
	require.NoError(t, err)
	for path, name := range map[string]string{"/v1/balance": "balance", "/v1/payouts/" + payout: "payout", "/v1/account": "account"} {
		_, body := ask(s, http.MethodGet, path, nil)
		requireSchema(t, name, body)
	}
	for path, name := range map[string]string{"/v1/refunds": "refund", "/v1/disputes": "dispute", "/v1/payouts": "payout"} {
		requireList(t, s, path, name)
	}
	requireLists(t, s)
}

// So are the endpoints that Farebook does not call.
func TestEndpointsBesideOursAreStripes(t *testing.T) {
	t.Parallel()
	s := stand(t)
	made := func(path string, form url.Values, schema string) string {
		status, body := ask(s, http.MethodPost, path, form)
		require.Equal(t, http.StatusOK, status, "%s: %s", path, body)
		requireSchema(t, schema, body)
		return textOf(t, body, "id")
	}
	token := made("/v1/tokens", url.Values{"card[number]": {"4242424242424242"}, "card[exp_month]": {"12"}, "card[exp_year]": {"2034"}},
		"token")
	charge := made("/v1/charges", url.Values{"amount": {"1000"}, "currency": {"usd"}, "source": {token}, "capture": {"false"}}, "charge")
	made("/v1/charges/"+charge+"/capture", url.Values{}, "charge")
	made("/v1/refunds", url.Values{"charge": {charge}}, "refund")
	customer := made("/v1/customers", url.Values{"email": {"layla@example.com"}}, "customer")
	method := made("/v1/payment_methods/pm_card_visa/attach", url.Values{"customer": {customer}}, "payment_method")
	paid := pay(t, s, method, url.Values{"customer": {customer}})
	_, body := ask(s, http.MethodGet, "/v1/payment_intents/"+paid+"?expand[]=customer&expand[]=payment_method.customer", nil)
	requireSchema(t, "payment_intent", body)
	require.Contains(t, string(body), `"object": "customer"`)
	require.Contains(t, string(body), `"object": "payment_method"`)
	held := pay(t, s, "pm_card_visa", url.Values{
		"capture_method": {"manual"}, "payment_method_options[card][request_incremental_authorization]": {"if_available"},
	})
	made("/v1/payment_intents/"+held+"/increment_authorization", url.Values{"amount": {"50000"}}, "payment_intent")
	pay(t, s, "pm_card_bypassPending", nil)
	payout := made("/v1/payouts", url.Values{"amount": {"100"}, "currency": {"usd"}}, "payout")
	require.NoError(t, s.MovePayout(payout, "paid"))
	made("/v1/payouts/"+payout+"/reverse", url.Values{}, "payout")
	made("/v1/webhook_endpoints", url.Values{"url": {"http://127.0.0.1:9"}, "enabled_events[]": {"charge.refunded"}}, "webhook_endpoint")
	status, _ := ask(s, http.MethodPost, "/v1/webhook_endpoints", url.Values{"url": {"http://127.0.0.1:9"}, "enabled_events[]": {"*"}})
	require.Equal(t, http.StatusBadRequest, status, "it delivers to one")
	for path, name := range map[string]string{"/v1/customers": "customer", "/v1/payment_methods": "payment_method", "/v1/charges": "charge"} {
		requireList(t, s, path, name)
	}
	for query, found := range map[string]int{"status:'succeeded' AND customer:'" + customer + "'": 1, "status:'canceled'": 0} {
		status, body := ask(s, http.MethodGet, "/v1/payment_intents/search?query="+url.QueryEscape(query), nil)
		require.Equal(t, http.StatusOK, status, "%s", body)
		require.Len(t, rowsOf(t, body), found, query)
	}
}

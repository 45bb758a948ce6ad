package conformance

import (
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/conformance/internal/trimmed"
	"farebook/internal/dev/fakestripe"
)

// The rules that the stand-in judges requests by are those of Stripe's document.
func TestParametersAreUpToDate(t *testing.T) {
	t.Parallel()
	want, err := trimmed.Parameters()
	require.NoError(t, err)
	have, err := os.ReadFile("../internal/dev/fakestripe/parameters.json")
	require.NoError(t, err)
	require.Equal(t, string(want), string(have), "run `make generate`")
}

// What is refused in these is refused by stripe-mock, too, but for those marked with !, where Stripe reads more than
// stripe-mock does: it refuses unknown nested parameters and properties that cannot be expanded
// (stripe.com/docs/api/expanding_objects).
//
// UNPAID, PAID and HELD stand for fresh PaymentIntents, CH for a charge to be captured, RE for a refund, WAITING for one that waits
// for the customer, DP, PO and CUS for a dispute, a payout and a customer.
const strictness = `
refused  GET /v1/payment_intents?status=succeeded
refused  GET /v1/payment_intents?colour=blue
refused! GET /v1/payment_intents?expand[]=colour
refused! GET /v1/payment_intents?expand[]=latest_charge
taken    GET /v1/payment_intents?expand[]=data.latest_charge
refused  GET /v1/payment_intents?limit=abc
refused! GET /v1/payment_intents?created[foo]=1
refused! GET /v1/payment_intents/UNPAID?expand[]=colour
refused  GET /v1/payment_intents/UNPAID?colour=blue
taken    GET /v1/charges?customer=cus_1
refused  GET /v1/charges?status=failed
taken    GET /v1/charges?transfer_group=g
refused  GET /v1/refunds?status=pending
refused  GET /v1/refunds?limit=3&colour=1
taken    GET /v1/refunds?expand[]=data.charge&expand[]=data.balance_transaction
refused! GET /v1/refunds?expand[]=charge
taken    GET /v1/refunds/RE?expand[]=failure_balance_transaction&expand[]=charge
taken    GET /v1/refunds/RE?expand[]=charge.balance_transaction.source
refused  GET /v1/disputes?status=won
refused  GET /v1/disputes?created[gte]=1&colour=x
taken    GET /v1/disputes/DP?expand[]=balance_transactions
taken    GET /v1/payouts?status=paid
refused  GET /v1/payouts?status=paid&automatic=true
taken    GET /v1/payouts/PO?expand[]=destination
refused! GET /v1/payouts/PO?expand[]=amount
refused  GET /v1/balance?currency=usd
taken    GET /v1/balance_transactions?type=charge&currency=usd
refused  GET /v1/balance_transactions?available_on[gte]=1
refused  GET /v1/balance_transactions?reporting_category=charge
refused  GET /v1/balance_transactions?status=available
taken    GET /v1/events?delivery_success=true
taken    GET /v1/events?types[]=a.b&types[]=c.d
refused  GET /v1/events?object=charge
refused  POST /v1/payment_intents amount=45900&currency=usd&automatic_payment_methods[colour]=true
refused  POST /v1/payment_intents amount=45900&currency=usd&automatic_payment_methods=true
refused  POST /v1/payment_intents amount=45900&currency=usd&automatic_payment_methods[enabled]=perhaps
refused  POST /v1/payment_intents amount=45900&currency=usd&confirm=perhaps
refused  POST /v1/payment_intents amount=45900&currency=usd&metadata=x
refused  POST /v1/payment_intents amount=45900&currency=usd&metadata[a][b]=x
refused  POST /v1/payment_intents amount=45900&currency=usd&payment_method_types=card
refused  POST /v1/payment_intents amount=45900&currency=usd&shipping[name]=L
refused! POST /v1/payment_intents amount=45900&currency=usd&shipping[name]=L&shipping[colour]=x&shipping[address][line1]=1
taken    POST /v1/payment_intents amount=45900&currency=usd&application_fee_amount=10
taken    POST /v1/payment_intents amount=45900&currency=usd&transfer_group=x
taken    POST /v1/payment_intents amount=45900&currency=usd&error_on_requires_action=true&confirm=true&payment_method=pm_card_visa
taken    POST /v1/payment_intents amount=45900&currency=usd&use_stripe_sdk=true
taken    POST /v1/payment_intents amount=45900&currency=usd&mandate_data[customer_acceptance][type]=offline
refused  POST /v1/payment_intents amount=45900&currency=usd&mandate_data[customer_acceptance][type]=colour
refused! POST /v1/payment_intents amount=45900&currency=usd&expand[]=colour
refused  POST /v1/payment_intents amount=45900&currency=usd&payment_method_options[card][request_three_d_secure]=sometimes
taken    POST /v1/payment_intents amount=45900&currency=usd&off_session=one_off
taken    POST /v1/payment_intents/UNPAID amount=100&capture_method=manual
taken    POST /v1/payment_intents/UNPAID transfer_group=x
taken    POST /v1/payment_intents/UNPAID/confirm payment_method=pm_card_visa&return_url=https://e.x&error_on_requires_action=true
refused  POST /v1/payment_intents/HELD/capture amount_to_capture=100&final_capture=perhaps
refused  POST /v1/payment_intents/HELD/capture amount_to_capture=abc
taken    POST /v1/payment_intents/HELD/capture amount_to_capture=100&application_fee_amount=1
refused  POST /v1/refunds payment_intent=PAID&metadata=x
refused  POST /v1/refunds payment_intent=PAID&refund_application_fee=perhaps
refused! POST /v1/refunds payment_intent=PAID&expand[]=colour
refused  POST /v1/refunds/RE metadata=x
refused  POST /v1/disputes/DP evidence=x
refused  POST /v1/disputes/DP evidence[customer_name][a]=x
refused! POST /v1/payouts amount=1&currency=usd&expand[]=colour
taken    POST /v1/payouts/PO/reverse
taken    POST /v1/payment_intents/HELD/increment_authorization amount=50000
taken    POST /v1/charges/CH/capture
taken    POST /v1/charges amount=100&currency=usd&source=tok_visa
taken    POST /v1/payment_methods/pm_card_visa/attach customer=CUS
taken    GET /v1/payment_methods?type=card
taken    GET /v1/customers
taken    POST /v1/refunds/WAITING/cancel
taken    POST /v1/webhook_endpoints url=https://e.x&enabled_events[]=*
taken    GET /v1/account
taken    POST /v1/tokens card[number]=4242424242424242&card[exp_month]=12&card[exp_year]=2030
taken    GET /v1/payment_intents/search?query=status:'succeeded'
taken    POST /v1/test_helpers/refunds/WAITING/expire
`

func TestStrictness(t *testing.T) {
	t.Parallel()
	judge := oracle(t)
	for _, line := range strings.Split(strings.TrimSpace(strictness), "\n") {
		parts := append(strings.Fields(line), "")
		verdict, method := parts[0], parts[1]
		s := stand(t)
		ids := strictObjects(t, s)
		form, err := url.ParseQuery(ids.Replace(parts[3]))
		require.NoError(t, err)
		byMock, said := ask(judge, method, ids.Replace(parts[2]), form)
		byStand, answer := ask(s, method, ids.Replace(parts[2]), form)
		if verdict == "refused!" {
			require.NotEqual(t, http.StatusBadRequest, byMock, "the mark is not needed: %s\n%s", line, said)
			require.Equal(t, http.StatusBadRequest, byStand, "%s\n%s", line, answer)
			continue
		}
		want := map[string]int{"taken": http.StatusOK, "refused": http.StatusBadRequest}[verdict]
		require.Equal(t, want, byMock, "stripe-mock: %s\n%s", line, said)
		require.Equal(t, want, byStand, "stand-in: %s\n%s", line, answer)
	}
}

func strictObjects(t *testing.T, s *fakestripe.Server) *strings.Replacer {
	t.Helper()
	made := func(path string, form url.Values) string {
		status, body := ask(s, http.MethodPost, path, form)
		require.Equal(t, http.StatusOK, status, "%s", body)
		return textOf(t, body, "id")
	}
	unpaid := create(t, s, url.Values{"amount": {"45900"}, "currency": {"usd"}, "automatic_payment_methods[enabled]": {"true"}})
	paid := pay(t, s, "pm_card_pendingRefund", nil)
	held := pay(t, s, "pm_card_visa", url.Values{
		"capture_method": {"manual"}, "payment_method_options[card][request_incremental_authorization]": {"if_available"},
	})
	pay(t, s, "pm_card_createDispute", nil)
	s.SettleFunds()
	var refunds [2]string
	for i := range refunds {
		var err error
		refunds[i], err = s.RefundInDashboard(paid, 10)
		require.NoError(t, err)
	}
	require.NoError(t, s.RequireRefundAction(refunds[1]))
	payout := made("/v1/payouts", url.Values{"amount": {"1000"}, "currency": {"usd"}})
	charge := made("/v1/charges", url.Values{"amount": {"1000"}, "currency": {"usd"}, "source": {"tok_visa"}, "capture": {"false"}})
	customer := made("/v1/customers", url.Values{"email": {"layla@example.com"}})
	return strings.NewReplacer("UNPAID", unpaid, "PAID", paid, "HELD", held, "RE", refunds[0], "WAITING", refunds[1], "DP", s.Disputes()[0].ID,
		"PO", payout, "CH", charge, "CUS", customer)
}

// Bounds that Stripe's document does not have.
func TestBoundsBeyondTheSpecification(t *testing.T) {
	t.Parallel()
	s := stand(t)
	creation := func(more url.Values) (int, []byte) {
		form := url.Values{"amount": {"45900"}, "currency": {"usd"}}
		for name, texts := range more {
			form[name] = texts
		}
		return ask(s, http.MethodPost, "/v1/payment_intents", form)
	}
	keys := func(n int, prefix string) url.Values {
		form := url.Values{}
		for i := range n {
			form.Set("metadata["+prefix+string(rune('A'+i%26))+string(rune('a'+i/26))+"]", "x")
		}
		return form
	}
	for name, c := range map[string]struct {
		form url.Values
		want int
	}{
		"fifty keys":                   {keys(50, ""), http.StatusOK},
		"fifty-one keys":               {keys(51, ""), http.StatusBadRequest},
		"a key of forty characters":    {url.Values{"metadata[" + strings.Repeat("k", 40) + "]": {"x"}}, http.StatusOK},
		"a key of forty-one":           {url.Values{"metadata[" + strings.Repeat("k", 41) + "]": {"x"}}, http.StatusBadRequest},
		"a text of five hundred":       {url.Values{"metadata[k]": {strings.Repeat("é", 500)}}, http.StatusOK},
		"a text of five hundred and 1": {url.Values{"metadata[k]": {strings.Repeat("é", 501)}}, http.StatusBadRequest},
		"four levels of expansion":     {url.Values{"expand[]": {"latest_charge.balance_transaction.source.customer"}}, http.StatusOK},
		"five levels of expansion": {
			url.Values{"expand[]": {"latest_charge.balance_transaction.source.customer.default_source"}},
			http.StatusBadRequest,
		},
		"a description of 1,001": {url.Values{"description": {strings.Repeat("d", 1001)}}, http.StatusBadRequest},
		"types beside automatic": {
			url.Values{"payment_method_types[]": {"card"}, "automatic_payment_methods[enabled]": {"true"}},
			http.StatusBadRequest,
		},
		"types and automatic, disabled": {
			url.Values{"payment_method_types[]": {"card"}, "automatic_payment_methods[enabled]": {"false"}},
			http.StatusOK,
		},
		"an empty currency": {url.Values{"currency": {""}}, http.StatusBadRequest},
	} {
		status, body := creation(c.form)
		require.Equal(t, c.want, status, "%s: %s", name, body)
	}
	full := create(t, s, func() url.Values { f := keys(50, ""); f.Set("amount", "100"); f.Set("currency", "usd"); return f }())
	status, _ := ask(s, http.MethodPost, "/v1/payment_intents/"+full, keys(1, "more"))
	require.Equal(t, http.StatusBadRequest, status, "metadata is merged before it is counted")
	status, _ = ask(s, http.MethodGet, "/v1/payment_intents?starting_after="+full+"&ending_before="+full, nil)
	require.Equal(t, http.StatusBadRequest, status)
	status, _ = ask(s, http.MethodPost, "/v1/refunds", url.Values{"charge": {"ch_1"}, "payment_intent": {full}})
	require.Equal(t, http.StatusBadRequest, status)
}

func TestHeadersAreJudged(t *testing.T) {
	t.Parallel()
	s := stand(t)
	for _, c := range []struct {
		name, value string
		want        int
	}{
		{"Stripe-Version", "2023-10-16", http.StatusOK},
		{"Stripe-Version", "2099-01-01", http.StatusBadRequest},
		{"Stripe-Account", "acct_1Other", http.StatusForbidden},
		{"Idempotency-Key", strings.Repeat("k", 255), http.StatusOK},
		{"Idempotency-Key", strings.Repeat("k", 256), http.StatusBadRequest},
		{"Content-Type", "application/json", http.StatusBadRequest},
	} {
		status, body := askWith(s, http.MethodPost, "/v1/payment_intents", url.Values{"amount": {"45900"}, "currency": {"usd"}},
			http.Header{c.name: {c.value}})
		require.Equal(t, c.want, status, "%s: %s\n%s", c.name, c.value, body)
	}
}

// A page before a cursor is the one next to it, newest first.
func TestPageBeforeACursor(t *testing.T) {
	t.Parallel()
	s := stand(t)
	var ids []string
	for range 5 {
		ids = append(ids, create(t, s, url.Values{"amount": {"45900"}, "currency": {"usd"}}))
	}
	_, body := ask(s, http.MethodGet, "/v1/payment_intents?limit=2&ending_before="+ids[1], nil)
	at := func(id string) int { return strings.Index(string(body), `"id": "`+id+`"`) }
	require.Contains(t, string(body), `"has_more": true`)
	require.Positive(t, at(ids[3]))
	require.Less(t, at(ids[3]), at(ids[2]))
	require.Negative(t, at(ids[4]))
	require.Negative(t, at(ids[1]))
}

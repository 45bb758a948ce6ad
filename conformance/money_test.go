package conformance

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/fakestripe"
)

func pay(t *testing.T, s *fakestripe.Server, card string, more url.Values) string {
	t.Helper()
	form := url.Values{"amount": {"45900"}, "currency": {"usd"}, "payment_method": {card}, "confirm": {"true"}}
	for name, values := range more {
		form[name] = values
	}
	return create(t, s, form)
}

// Refunds, disputes and payouts in all their states are objects by Stripe's schemas, and so are the objects of every
// event about them.
func TestMoneyBackIsStripes(t *testing.T) {
	t.Parallel()
	s := stand(t)
	s.SetWebhook("http://127.0.0.1:9", "whsec_one") // events are made; nobody listens
	intent := pay(t, s, "pm_card_pendingRefund", nil)
	requireRefunds(t, s, intent)

	disputed := pay(t, s, "pm_card_createDispute", nil)
	pay(t, s, "pm_card_createDisputeProductNotReceived", nil)
	pay(t, s, "pm_card_createDisputeInquiry", nil)
	disputes := s.Disputes()
	require.Len(t, disputes, 3)
	for i, evidence := range []string{"winning_evidence", "losing_evidence", "it was an inquiry"} {
		path := "/v1/disputes/" + disputes[i].ID
		status, body := ask(s, http.MethodPost, path,
			url.Values{"evidence[uncategorized_text]": {evidence}, "evidence[customer_name]": {"Layla"}})
		require.Equal(t, http.StatusOK, status, "%s", body)
		requireSchema(t, "dispute", body)
		_, body = ask(s, http.MethodGet, path, nil)
		requireSchema(t, "dispute", body)
	}
	require.Equal(t, "won", s.Disputes()[0].Status)
	require.Equal(t, "lost", s.Disputes()[1].Status)
	require.Equal(t, "warning_under_review", s.Disputes()[2].Status)
	_, body := ask(s, http.MethodGet, "/v1/payment_intents/"+disputed+"?expand[]=latest_charge", nil)
	requireSchema(t, "payment_intent", body)

	for _, dispute := range disputes {
		_, body := ask(s, http.MethodGet, "/v1/disputes/"+dispute.ID+"?expand[]=charge.balance_transaction&expand[]=payment_intent", nil)
		requireSchema(t, "dispute", body)
	}

	requirePayouts(t, s)
	requireExpandedSources(t, s)
	for path, name := range map[string]string{"/v1/refunds": "refund", "/v1/disputes": "dispute", "/v1/payouts": "payout"} {
		requireList(t, s, path, name)
	}
	requireLists(t, s)
}

func requireRefunds(t *testing.T, s *fakestripe.Server, intent string) {
	t.Helper()
	for _, form := range []url.Values{
		{"payment_intent": {intent}, "amount": {"100"}, "reason": {"duplicate"}, "metadata[a]": {"b"}},
		{"payment_intent": {intent}, "amount": {"200"}, "expand[]": {"balance_transaction"}},
		{"payment_intent": {intent}, "amount": {"300"}},
	} {
		status, body := ask(s, http.MethodPost, "/v1/refunds", form)
		require.Equal(t, http.StatusOK, status, "%s", body)
		requireSchema(t, "refund", body)
	}
	refunds := s.Refunds()
	require.NoError(t, s.SettleRefund(refunds[0].ID))
	require.NoError(t, s.FailRefund(refunds[1].ID, "expired_or_canceled_card"))
	require.NoError(t, s.RequireRefundAction(refunds[2].ID))
	status, body := ask(s, http.MethodPost, "/v1/refunds/"+refunds[2].ID+"/cancel", url.Values{})
	require.Equal(t, http.StatusOK, status, "%s", body)
	for _, refund := range refunds {
		_, body := ask(s, http.MethodGet, "/v1/refunds/"+refund.ID+"?expand[]=balance_transaction&expand[]=failure_balance_transaction", nil)
		requireSchema(t, "refund", body)
	}
	_, body = ask(s, http.MethodPost, "/v1/refunds", url.Values{"payment_intent": {intent}, "amount": {"99999999"}})
	requireSchema(t, "error", body)
}

// requireExpandedSources reads balance transactions with what they came of, as whoever reconciles a payout does.
func requireExpandedSources(t *testing.T, s *fakestripe.Server) {
	t.Helper()
	s.Bill(250, "usd", "Radar")
	s.SettleIn("usd", map[string]float64{"eur": 1.085})
	pay(t, s, "pm_card_visa", url.Values{"currency": {"eur"}})
	status, body := ask(s, http.MethodGet, "/v1/balance_transactions?limit=100&expand[]=data.source", nil)
	require.Equal(t, http.StatusOK, status)
	var page struct{ Data []json.RawMessage }
	require.NoError(t, json.Unmarshal(body, &page))
	seen := map[string]bool{}
	for _, row := range page.Data {
		requireSchema(t, "balance_transaction", row)
		var transaction struct{ Source json.RawMessage }
		require.NoError(t, json.Unmarshal(row, &transaction))
		if string(transaction.Source) == "null" {
			seen["none"] = true
			continue
		}
		name := textOf(t, transaction.Source, "object")
		requireSchema(t, name, transaction.Source)
		seen[name] = true
	}
	require.Equal(t, map[string]bool{"charge": true, "refund": true, "dispute": true, "payout": true, "none": true}, seen)
}

func requirePayouts(t *testing.T, s *fakestripe.Server) {
	t.Helper()
	s.SettleFunds()
	status, body := ask(s, http.MethodPost, "/v1/payouts", url.Values{"amount": {"1000"}, "currency": {"usd"}, "metadata[a]": {"b"}})
	require.Equal(t, http.StatusOK, status, "%s", body)
	requireSchema(t, "payout", body)
	manual := textOf(t, body, "id")
	automatic, err := s.PayOut("usd")
	require.NoError(t, err)
	for _, move := range []string{"in_transit", "paid", "failed"} {
		require.NoError(t, s.MovePayout(automatic, move))
		_, body := ask(s, http.MethodGet, "/v1/payouts/"+automatic+"?expand[]=balance_transaction&expand[]=failure_balance_transaction", nil)
		requireSchema(t, "payout", body)
	}
	status, body = ask(s, http.MethodPost, "/v1/payouts/"+manual+"/cancel", url.Values{})
	require.Equal(t, http.StatusOK, status, "%s", body)
	requireSchema(t, "payout", body)
	status, body = ask(s, http.MethodGet, "/v1/balance_transactions?limit=100&payout="+automatic, nil)
	require.Equal(t, http.StatusOK, status, "%s", body)
	var page struct{ Data []struct{ Net int64 } }
	require.NoError(t, json.Unmarshal(body, &page))
	var sum int64
	for _, row := range page.Data {
		sum += row.Net
	}
	require.Greater(t, len(page.Data), 1)
	require.Zero(t, sum, "a payout and what it pays out add up to nothing")
	status, body = ask(s, http.MethodGet, "/v1/balance_transactions?payout="+manual, nil)
	require.Equal(t, http.StatusBadRequest, status)
	requireSchema(t, "error", body)
}

// A payment that is captured in part has the two balance transactions that Stripe documents; one that is not captured is
// let go after seven days.
func TestManualCaptureIsStripes(t *testing.T) {
	t.Parallel()
	s := stand(t)
	held := pay(t, s, "pm_card_visa", url.Values{"capture_method": {"manual"}})
	_, body := ask(s, http.MethodGet, "/v1/payment_intents/"+held+"?expand[]=latest_charge", nil)
	requireSchema(t, "payment_intent", body)
	require.Contains(t, string(body), `"capture_before"`)
	status, body := ask(s, http.MethodPost, "/v1/payment_intents/"+held+"/capture",
		url.Values{"amount_to_capture": {"30000"}, "expand[]": {"latest_charge.balance_transaction"}})
	require.Equal(t, http.StatusOK, status)
	requireSchema(t, "payment_intent", body)
	requireLists(t, s)
	_, body = ask(s, http.MethodGet, "/v1/balance_transactions", nil)
	require.Equal(t, 1, strings.Count(string(body), `"partial_capture_reversal"`))
	require.EqualValues(t, 30000-900, s.Balance("usd"))

	expired := pay(t, s, "pm_card_visa", url.Values{"capture_method": {"manual"}})
	s.Advance(8 * 24 * 3600 * 1e9)
	_, body = ask(s, http.MethodGet, "/v1/payment_intents/"+expired+"?expand[]=latest_charge", nil)
	require.Equal(t, "canceled", textOf(t, body, "status"))
	requireSchema(t, "payment_intent", body)
	status, _ = ask(s, http.MethodPost, "/v1/payment_intents/"+pay(t, s, "pm_card_visa", url.Values{"capture_method": {"manual"}})+"/cancel",
		nil)
	require.Equal(t, http.StatusOK, status)
	requireLists(t, s) // events of what was let go among them
	requireList(t, s, "/v1/refunds", "refund")
}

// What the oracle refuses of refunds, disputes and payouts, the stand-in refuses; PI, RE, DP and PO stand for fresh ones.
func TestRequestsOfMoneyBackAreTakenAndRefusedAlike(t *testing.T) {
	t.Parallel()
	judge := oracle(t)
	for _, c := range []struct{ method, path, form string }{
		{"POST", "/v1/refunds", "payment_intent=PI&amount=100&reason=requested_by_customer&metadata[refund_id]=RF-1"},
		{"POST", "/v1/refunds", "payment_intent=PI"},
		{"POST", "/v1/refunds", "payment_intent=PI&amount=abc"},
		{"POST", "/v1/refunds", "payment_intent=PI&reason=bored"},
		{"POST", "/v1/refunds", "payment_intent=PI&colour=blue"},
		{"POST", "/v1/refunds/RE", "metadata[a]=b"},
		{"POST", "/v1/refunds/RE", "amount=1"},
		{"POST", "/v1/refunds/RE/cancel", "colour=blue"},
		{"GET", "/v1/refunds/RE?expand[]=charge&expand[]=payment_intent", ""},
		{"GET", "/v1/refunds?created[gte]=1&created[lt]=9999999999", ""},
		{"GET", "/v1/refunds/RE?expand[]=balance_transaction", ""},
		{"GET", "/v1/refunds?payment_intent=PI&limit=100", ""},
		{"GET", "/v1/disputes/DP", ""},
		{"GET", "/v1/disputes?limit=3", ""},
		{"POST", "/v1/disputes/DP", "evidence[uncategorized_text]=winning_evidence&submit=true"},
		{"POST", "/v1/disputes/DP", "evidence[customer_name]=Layla&evidence[refund_policy_disclosure]=x&submit=false&metadata[a]=b"},
		{"POST", "/v1/disputes/DP", "colour=blue"},
		{"POST", "/v1/disputes/DP", "evidence[customer_name]=Layla&submit=perhaps"},
		{"POST", "/v1/disputes/DP/close", "colour=blue"},
		{"GET", "/v1/disputes/DP?expand[]=charge.balance_transaction", ""},
		{"GET", "/v1/disputes?payment_intent=PI", ""},
		{"POST", "/v1/disputes/DP/close", ""},
		{"POST", "/v1/payouts", "amount=100&currency=usd"},
		{"POST", "/v1/payouts", "currency=usd"},
		{"POST", "/v1/payouts", "amount=100"},
		{"POST", "/v1/payouts", "amount=100&currency=usd&method=pigeon"},
		{"POST", "/v1/payouts", "amount=100&currency=usd&colour=blue"},
		{"POST", "/v1/payouts/PO", "metadata[a]=b"},
		{"POST", "/v1/payouts", "amount=1&currency=usd&method=standard&source_type=card&statement_descriptor=ACME&metadata[a]=b"},
		{"POST", "/v1/payouts", "amount=1&currency=usd&source_type=cash"},
		{"POST", "/v1/payouts/PO", "amount=1"},
		{"POST", "/v1/payouts/PO/cancel", ""},
		{"POST", "/v1/payouts/PO/cancel", "colour=blue"},
		{"GET", "/v1/payouts?arrival_date[gte]=1&created[gt]=1", ""},
		{"GET", "/v1/balance_transactions?source=RE&expand[]=data.source", ""},
		{"GET", "/v1/payouts/PO", ""},
		{"GET", "/v1/payouts?limit=3&status=paid", ""},
		{"POST", "/v1/payment_intents/HELD/capture", "amount_to_capture=100"},
		{"POST", "/v1/payment_intents/HELD/capture", "colour=blue"},
	} {
		s := stand(t)
		ids := freshMoney(t, s)
		fill := func(text string) string { return ids.Replace(text) }
		form, err := url.ParseQuery(fill(c.form))
		require.NoError(t, err)
		wanted, text := ask(judge, c.method, fill(c.path), form)
		got, body := ask(s, c.method, fill(c.path), form)
		require.Equal(t, wanted, got, "%s %s %s\noracle: %s\nstand-in: %s", c.method, c.path, c.form, text, body)
	}
}

func freshMoney(t *testing.T, s *fakestripe.Server) *strings.Replacer {
	t.Helper()
	paid := pay(t, s, "pm_card_visa", nil)
	held := pay(t, s, "pm_card_visa", url.Values{"capture_method": {"manual"}})
	pay(t, s, "pm_card_createDispute", nil)
	s.SettleFunds()
	refund, err := s.RefundInDashboard(paid, 10)
	require.NoError(t, err)
	status, body := ask(s, http.MethodPost, "/v1/payouts", url.Values{"amount": {"1000"}, "currency": {"usd"}})
	require.Equal(t, http.StatusOK, status, "%s", body)
	return strings.NewReplacer("HELD", held, "PI", paid, "RE", refund, "DP", s.Disputes()[0].ID, "PO", textOf(t, body, "id"))
}

package fakestripe_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A partial capture books the whole authorised amount with the fee of the captured part, and a refund of the rest.
func TestCaptureInPart(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	held := s.pay("pm_card_visa", "capture_method", "manual")
	charge := s.charge(held)
	card := charge["payment_method_details"].(map[string]any)["card"].(map[string]any)
	require.Equal(t, number(charge["created"])+7*24*3600, number(card["capture_before"]))
	s.requireBalance(0)

	before := len(s.events(0))
	captured := s.do(http.MethodPost, "/v1/payment_intents/"+held+"/capture", "", "amount_to_capture=30000&metadata[a]=b")
	require.Equal(t, []string{"charge.captured", "refund.created", "charge.refunded", "payment_intent.succeeded"}, s.events(before))
	require.Equal(t, "succeeded", captured.text("status"))
	require.EqualValues(t, 30000, captured.body["amount_received"])
	require.Equal(t, map[string]any{"a": "b"}, captured.body["metadata"])
	charge = s.charge(held)
	require.EqualValues(t, 30000, charge["amount_captured"])
	require.EqualValues(t, 15900, charge["amount_refunded"])
	require.Equal(t, false, charge["refunded"])
	require.NotContains(t, charge["payment_method_details"].(map[string]any)["card"], "capture_before")
	require.Equal(t, []string{"charge charge 45900 900"}, s.booked(charge["id"].(string)))
	rest := s.rows("/v1/refunds?payment_intent=" + held)[0]
	require.EqualValues(t, 15900, rest["amount"])
	require.Equal(t, "succeeded", rest["status"])
	require.Equal(t, []string{"refund partial_capture_reversal -15900 0"}, s.booked(rest["id"].(string)))
	require.Error(t, s.FailRefund(rest["id"].(string), ""), "a released authorisation is no captured amount that could be returned")
	require.Equal(t, s.rows("/v1/balance_transactions?type=charge")[0]["id"], charge["balance_transaction"])
	s.requireBalance(30000 - 900)

	require.Equal(t, "amount", s.refund(held, "30001").body["error"].(map[string]any)["param"], "a refund is limited to the captured amount")
	require.Equal(t, http.StatusOK, s.refund(held, "30000").status)
	charge = s.charge(held)
	require.Equal(t, true, charge["refunded"])
	require.EqualValues(t, 45900, charge["amount_refunded"])
	require.Empty(t, s.rows("/v1/refunds?payment_intent=pi_other"))
	s.requireBalance(-900)
	s.SettleFunds()
	_, err := s.PayOut("usd")
	require.Error(t, err, "no available funds remain")
}

func TestCaptureBeforeBalanceTransactionsExist(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	s.DelayBalanceTransactions(true)
	held := s.pay("pm_card_visa", "capture_method", "manual")
	require.Equal(t, http.StatusOK, s.do(http.MethodPost, "/v1/payment_intents/"+held+"/capture", "", "amount_to_capture=100").status)
	require.Nil(t, s.charge(held)["balance_transaction"])
	s.requireBalance(0)
	s.ReleaseBalanceTransactions()
	require.NotNil(t, s.charge(held)["balance_transaction"])
	require.Len(t, s.rows("/v1/balance_transactions"), 2)
	require.NotNil(t, s.rows("/v1/refunds")[0]["balance_transaction"])
	require.Equal(t, "charge.updated", s.events(0)[len(s.events(0))-1])
	s.requireBalance(100 - 33)
}

func TestAuthorisationsExpire(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	held := s.pay("pm_card_visa", "capture_method", "manual")
	require.Equal(t, http.StatusOK, s.admin("authorizations/expire", ""))
	require.Equal(t, "requires_capture", s.PaymentIntents()[0].Status, "not before it is due")
	before := len(s.events(0))
	require.Equal(t, http.StatusOK, s.admin("clock", `{"advance_ms":604800000}`))
	require.Equal(t, []string{"charge.expired", "refund.created", "charge.refunded", "payment_intent.canceled"}, s.events(before))
	s.requireReleased(held, "expired_uncaptured_charge")
	expired := s.do(http.MethodGet, "/v1/payment_intents/"+held, "", "")
	require.Equal(t, "canceled", expired.text("status"))
	require.Equal(t, "automatic", expired.text("cancellation_reason"))
	require.Equal(t, "payment_intent_unexpected_state", s.do(http.MethodPost, "/v1/payment_intents/"+held+"/capture", "", "").code())
	s.requireBalance(0)

	second := s.pay("pm_card_visa", "capture_method", "manual")
	s.Clock().Advance(8 * 24 * time.Hour)
	late := s.do(http.MethodPost, "/v1/payment_intents/"+second+"/capture", "", "")
	require.Equal(t, "charge_expired_for_capture", late.code(), "even before ExpireAuthorizations has run")
	s.Advance(0)
	require.Equal(t, "canceled", s.PaymentIntents()[1].Status)
	require.Equal(t, http.StatusOK,
		s.do(http.MethodPost, "/v1/payment_intents/"+s.pay("pm_card_visa", "capture_method", "manual")+"/capture", "", "").status)
	s.requireBalance(45900 - chargeFee)
}

// Cancelling a PaymentIntent before its capture releases the authorisation; one that was never authorised has nothing to
// release.
func TestCancelReleasesTheAuthorisation(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	held, before := s.pay("pm_card_visa", "capture_method", "manual"), len(s.events(0))
	require.Equal(t, http.StatusOK, s.do(http.MethodPost, "/v1/payment_intents/"+held+"/cancel", "", "").status)
	require.Equal(t, []string{"refund.created", "charge.refunded", "payment_intent.canceled"}, s.events(before))
	s.requireReleased(held, nil)
	s.requireBalance(0)
	unpaid := s.create("").text("id")
	require.Equal(t, http.StatusOK, s.do(http.MethodPost, "/v1/payment_intents/"+unpaid+"/cancel", "", "").status)
	require.Len(t, s.Refunds(), 1)
}

// requireReleased checks that the charge shows its whole authorised amount as refunded, although nothing was captured and no
// balance moved.
func (s stand) requireReleased(held string, reason any) {
	s.t.Helper()
	charge := s.charge(held)
	require.Equal(s.t, []any{false, true, charge["amount"], nil},
		[]any{charge["captured"], charge["refunded"], charge["amount_refunded"], charge["balance_transaction"]})
	refund := s.rows("/v1/refunds?payment_intent=" + held)[0]
	require.Equal(s.t, []any{charge["amount"], "succeeded", reason, nil},
		[]any{refund["amount"], refund["status"], refund["reason"], refund["balance_transaction"]})
	require.Equal(s.t, "charge_not_refundable", s.do(http.MethodPost, "/v1/refunds", "", "charge="+charge["id"].(string)).code())
}

// A test card that disputes payments opens the dispute on capture, not on authorisation.
func TestDisputeFollowsTheCapture(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	held := s.pay("pm_card_createDispute", "capture_method", "manual")
	require.Empty(t, s.Disputes())
	require.Equal(t, http.StatusOK, s.do(http.MethodPost, "/v1/payment_intents/"+held+"/capture", "", "amount_to_capture=1000").status)
	require.EqualValues(t, 1000, s.Disputes()[0].Amount)
	s.requireBalance(-59 - disputeFee)
}

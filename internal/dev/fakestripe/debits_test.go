package fakestripe_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// debit submits a bank debit of 459.00 USD and returns the PaymentIntent's id.
func (s stand) debit(account string) string {
	s.t.Helper()
	return s.pay(account, "automatic_payment_methods[enabled]", "true", "return_url", "https://example.com/return")
}

// debitFee is the fee of a bank debit of 459.00 USD, in minor units: 0.8%.
const debitFee = 367

func TestBankDebitMovesTheBalanceWhileItIsProcessing(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	id := s.debit("pm_usBankAccount_success")
	read := s.do(http.MethodGet, "/v1/payment_intents/"+id, "", "")
	require.Equal(t, "processing", read.text("status"))
	charge := s.charge(id)
	require.Regexp(t, "^py_", charge["id"])
	require.Equal(t, charge["id"], read.text("latest_charge"))
	require.Equal(t, "pending", charge["status"])
	require.Equal(t, []string{"payment charge 45900 367"}, s.booked(charge["id"].(string)))
	s.requireBalance(45900 - debitFee)
	require.Equal(t, []string{"payment_intent.created", "charge.pending", "payment_intent.processing"}, s.events(0))

	require.NoError(t, s.CompleteAction(id))
	require.Equal(t, "succeeded", s.charge(id)["status"])
	require.Equal(t, "succeeded", s.do(http.MethodGet, "/v1/payment_intents/"+id, "", "").text("status"))
	require.Equal(t, []string{"charge.succeeded", "payment_intent.succeeded"}, s.events(3))
	s.requireBalance(45900 - debitFee)

	refund := s.do(http.MethodPost, "/v1/refunds", "", "payment_intent="+id+"&amount=900")
	require.Regexp(t, "^pyr_", refund.text("id"))
	require.Equal(t, []string{"payment_refund refund -900 0"}, s.booked(refund.text("id")))
}

func TestFailedBankDebitReversesItsBalanceTransaction(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	id := s.debit("pm_usBankAccount_insufficientFunds")
	s.requireBalance(45900 - debitFee)
	s.Advance(5 * 24 * time.Hour)
	charge := s.charge(id)
	require.Equal(t, "failed", charge["status"])
	require.Equal(t, []string{"payment charge 45900 367", "payment_failure_refund charge_failure -45900 -367"},
		s.booked(charge["id"].(string)))
	failure := s.do(http.MethodGet, "/v1/balance_transactions/"+charge["failure_balance_transaction"].(string), "", "")
	require.Equal(t, "charge_failure", failure.text("reporting_category"))
	s.requireBalance(0)
	read := s.do(http.MethodGet, "/v1/payment_intents/"+id, "", "")
	require.Equal(t, "requires_payment_method", read.text("status"))
	require.Equal(t, "payment_method_insufficient_funds", read.body["last_payment_error"].(map[string]any)["code"])
	require.Equal(t, []string{"charge.failed", "payment_intent.payment_failed"}, s.events(3))
}

func TestOnlySomePaymentsMayBeCancelledWhileProcessing(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	cancel := func(id string) answer { return s.do(http.MethodPost, "/v1/payment_intents/"+id+"/cancel", "", "") }
	require.Equal(t, "payment_intent_unexpected_state", cancel(s.debit("pm_usBankAccount_success")).code())

	waits := s.debit("pm_usBankAccount_processing")
	s.Advance(30 * 24 * time.Hour)
	s.requireBalance(2 * (45900 - debitFee))
	require.Equal(t, "canceled", cancel(waits).text("status"))
	require.Equal(t, "failed", s.charge(waits)["status"])
	s.requireBalance(45900 - debitFee)

	other := s.debit("pm_usBankAccount")
	s.LetProcessingBeCancelled(true)
	require.Equal(t, "canceled", cancel(other).text("status"))
}

func TestCardOnlyIntentRefusesBankDebits(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	const confirmed = creation + "&confirm=true&return_url=https://example.com&payment_method=pm_usBankAccount_success"
	refused := s.do(http.MethodPost, "/v1/payment_intents", "", confirmed+"&payment_method_types[]=card")
	require.Equal(t, http.StatusBadRequest, refused.status)
	require.Equal(t, "payment_method", refused.body["error"].(map[string]any)["param"])
	taken := s.do(http.MethodPost, "/v1/payment_intents", "", confirmed+"&payment_method_types[]=card&payment_method_types[]=us_bank_account")
	require.Equal(t, "processing", taken.text("status"))
}

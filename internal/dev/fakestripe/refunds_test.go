package fakestripe_test

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/stripe/stripe-go/v76"
)

func TestRefundsInParts(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	api := s.stripeGo()
	intent := s.pay("pm_card_visa")
	before := len(s.events(0))
	params := &stripe.RefundParams{
		PaymentIntent: stripe.String(intent), Amount: stripe.Int64(10000), Reason: stripe.String("duplicate"),
		Metadata: map[string]string{"refund_id": "RF-1"},
	}
	params.AddExpand("balance_transaction")
	params.AddExpand("charge")
	first, err := api.Refunds.New(params)
	require.NoError(t, err)
	require.Equal(t, stripe.RefundStatusSucceeded, first.Status)
	require.EqualValues(t, -10000, first.BalanceTransaction.Net)
	require.EqualValues(t, "refund", first.BalanceTransaction.ReportingCategory)
	require.EqualValues(t, 10000, first.Charge.AmountRefunded)
	require.Equal(t, []string{"refund.created", "charge.refunded"}, s.events(before))
	require.Equal(t, []string{"refund refund -10000 0"}, s.booked(first.ID))
	require.Equal(t, false, s.charge(intent)["refunded"])

	_, err = api.Refunds.New(&stripe.RefundParams{PaymentIntent: stripe.String(intent), Amount: stripe.Int64(35901)})
	var refusal *stripe.Error
	require.ErrorAs(t, err, &refusal)
	require.Equal(t, http.StatusBadRequest, refusal.HTTPStatusCode)
	require.Equal(t, "amount", refusal.Param)
	require.Equal(t, "Refund amount ($359.01) is greater than unrefunded amount on charge ($359.00)", refusal.Msg)

	rest, err := api.Refunds.New(&stripe.RefundParams{Charge: stripe.String(first.Charge.ID)})
	require.NoError(t, err)
	require.EqualValues(t, 35900, rest.Amount, "without an amount, the rest is refunded")
	require.Equal(t, true, s.charge(intent)["refunded"])
	_, err = api.Refunds.New(&stripe.RefundParams{PaymentIntent: stripe.String(intent)})
	require.ErrorAs(t, err, &refusal)
	require.Equal(t, stripe.ErrorCodeChargeAlreadyRefunded, refusal.Code)
	s.requireBalance(-chargeFee)

	list := api.Refunds.List(&stripe.RefundListParams{PaymentIntent: stripe.String(intent)})
	var ids []string
	for list.Next() {
		ids = append(ids, list.Refund().ID)
	}
	require.NoError(t, list.Err())
	require.Equal(t, []string{rest.ID, first.ID}, ids)
	require.Equal(t, map[string]string{"refund_id": "RF-1"}, s.Refunds()[0].Metadata)
}

func TestFailedRefundRestoresTheBalance(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	intent := s.pay("pm_card_refundFail")
	id, err := s.RefundInDashboard(intent, 900)
	require.NoError(t, err)
	s.requireBalance(45900 - chargeFee - 900)
	before := len(s.events(0))
	require.NoError(t, s.FailRefund(id, ""))
	require.Equal(t, []string{"refund.updated", "charge.refund.updated"}, s.events(before))
	failed := s.do(http.MethodGet, "/v1/refunds/"+id+"?expand[]=failure_balance_transaction", "", "")
	require.Equal(t, "failed", failed.text("status"))
	require.Equal(t, "unknown", failed.text("failure_reason"))
	require.EqualValues(t, 900, failed.body["failure_balance_transaction"].(map[string]any)["net"])
	require.Equal(t, []string{"refund refund -900 0", "refund_failure refund_failure 900 0"}, s.booked(id))
	require.Zero(t, s.charge(intent)["amount_refunded"])
	s.requireBalance(45900 - chargeFee)
	require.Error(t, s.FailRefund(id, ""), "once")
	require.Error(t, s.SettleRefund(id))

	all, err := s.RefundInDashboard(intent, 0)
	require.NoError(t, err)
	require.EqualValues(t, 45900, s.Refunds()[1].Amount, "0 refunds the rest, including the failed refund's amount")
	require.Equal(t, all, s.Refunds()[1].ID)
}

func TestRefundThatIsPending(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	id, err := s.RefundInDashboard(s.pay("pm_card_pendingRefund"), 1000)
	require.NoError(t, err)
	require.Equal(t, "pending", s.Refunds()[0].Status)
	s.requireBalance(45900 - chargeFee - 1000)
	require.NoError(t, s.SettleRefund(id))
	require.Equal(t, "succeeded", s.Refunds()[0].Status)
	s.requireBalance(45900 - chargeFee - 1000)
	require.Len(t, s.booked(id), 1)
}

// Refunds to the test cards of stripe.com/docs/testing that change status "some time later" change by the clock.
func TestRefundsThatMoveByTheClock(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	for _, card := range []string{"pm_card_pendingRefund", "pm_card_refundFail", "pm_card_visa"} {
		require.Equal(t, http.StatusOK, s.refund(s.pay(card), "1000").status)
	}
	before := len(s.events(0))
	s.Advance(59 * time.Minute)
	require.Empty(t, s.events(before), "not before it is due")
	s.Advance(time.Minute)
	require.Len(t, s.events(before), 4, "refund.updated and charge.refund.updated, for each of two")
	for i, status := range []string{"succeeded", "failed", "succeeded"} {
		require.Equal(t, status, s.Refunds()[i].Status)
	}
	s.requireBalance(3*(45900-chargeFee) - 2000)
	s.Advance(time.Hour)
	require.Len(t, s.events(before), 4, "once")
}

// With an insufficient balance, a refund is booked only when funds arrive, and its failure returns nothing that was not booked.
func TestRefundsWithInsufficientBalance(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	intent := s.pay("pm_card_visa")
	s.HoldRefunds(true)
	settled, failed := s.refund(intent, "1000"), s.refund(intent, "2000")
	require.Equal(t, "pending", settled.text("status"))
	require.Nil(t, settled.body["balance_transaction"])
	require.EqualValues(t, 3000, s.charge(intent)["amount_refunded"], "a pending refund reduces the refundable amount")
	s.requireBalance(45900 - chargeFee)
	require.NoError(t, s.SettleRefund(settled.text("id")))
	require.NoError(t, s.FailRefund(failed.text("id"), "insufficient_funds"))
	require.Empty(t, s.booked(failed.text("id")))
	s.requireBalance(45900 - chargeFee - 1000)
	s.HoldRefunds(false)
	require.Equal(t, "succeeded", s.refund(intent, "1").text("status"))
}

func (s stand) refund(intent, amount string) answer {
	s.t.Helper()
	return s.do(http.MethodPost, "/v1/refunds", "", "payment_intent="+intent+"&amount="+amount)
}

func TestRefundThatAwaitsTheCustomer(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	intent := s.pay("pm_card_pendingRefund")
	arrives, stopped := s.refund(intent, "100").text("id"), s.refund(intent, "200").text("id")
	require.Equal(t, http.StatusBadRequest, s.do(http.MethodPost, "/v1/refunds/"+arrives+"/cancel", "", "").status,
		"only a refund that requires action can be cancelled")
	for _, id := range []string{arrives, stopped} {
		require.Equal(t, http.StatusOK, s.admin("refunds/"+id+"/require_action", ""))
	}
	require.Equal(t, http.StatusOK, s.admin("refunds/"+arrives+"/settle", ""))
	canceled := s.do(http.MethodPost, "/v1/refunds/"+stopped+"/cancel", "", "")
	require.Equal(t, "canceled", canceled.text("status"))
	require.NotEmpty(t, canceled.text("failure_balance_transaction"))
	require.EqualValues(t, 100, s.charge(intent)["amount_refunded"])
	s.requireBalance(45900 - chargeFee - 100)
	require.Equal(t, http.StatusConflict, s.admin("refunds/"+stopped+"/fail", ""))
}

func TestRefundsThatAreRefused(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	api := s.stripeGo()
	paid, held, disputed := s.pay("pm_card_visa"), s.pay("pm_card_visa", "capture_method", "manual"), s.pay("pm_card_createDispute")
	unpaid := s.create("").text("id")
	heldCharge := s.charge(held)["id"].(string)
	for name, c := range map[string]struct {
		form string
		code string
	}{
		"no charge or PaymentIntent": {"amount=1", "parameter_missing"},
		"unknown PaymentIntent":      {"payment_intent=pi_nobody", "resource_missing"},
		"unknown charge":             {"charge=ch_nobody", "resource_missing"},
		"unpaid":                     {"payment_intent=" + unpaid, ""},
		"authorised":                 {"payment_intent=" + held, ""},
		"uncaptured charge":          {"charge=" + heldCharge, "charge_not_refundable"},
		"disputed":                   {"payment_intent=" + disputed, "charge_disputed"},
		"zero amount":                {"amount=0&payment_intent=" + paid, "parameter_invalid_integer"},
		"unknown reason":             {"reason=bored&payment_intent=" + paid, ""},
		"unknown parameter":          {"colour=blue&payment_intent=" + paid, "parameter_unknown"},
	} {
		refused := s.do(http.MethodPost, "/v1/refunds", "", c.form)
		require.Equal(t, http.StatusBadRequest, refused.status, name)
		require.Equal(t, c.code, refused.code(), name)
	}
	require.Empty(t, s.Refunds())
	_, err := s.RefundInDashboard(paid, 45901)
	require.Error(t, err)
	_, err = s.RefundInDashboard(disputed, 1)
	require.Error(t, err)
	_, err = api.Refunds.Get("re_nobody", nil)
	var refusal *stripe.Error
	require.True(t, errors.As(err, &refusal) && refusal.HTTPStatusCode == http.StatusNotFound)
}

func TestMetadataOfRefunds(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	id := s.refund(s.pay("pm_card_visa"), "1").text("id")
	changed := s.do(http.MethodPost, "/v1/refunds/"+id, "", "metadata[a]=b")
	require.Equal(t, map[string]any{"a": "b"}, changed.body["metadata"])
	require.Equal(t, http.StatusBadRequest, s.do(http.MethodPost, "/v1/refunds/"+id, "", "amount=5").status)
}

func TestRefundsUnderOneKey(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	form := "amount=45900&payment_intent=" + s.pay("pm_card_visa")
	first, again := s.do(http.MethodPost, "/v1/refunds", "k", form), s.do(http.MethodPost, "/v1/refunds", "k", form)
	require.Equal(t, first.text("id"), again.text("id"))
	require.True(t, again.replayed)
	require.Len(t, s.Refunds(), 1)
	for _, replayed := range []bool{false, true} {
		refused := s.do(http.MethodPost, "/v1/refunds", "another", form)
		require.Equal(t, "charge_already_refunded", refused.code())
		require.Equal(t, replayed, refused.replayed, "execution had begun, so the answer is stored")
	}
	s.requireBalance(-chargeFee)
}

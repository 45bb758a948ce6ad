package fakestripe_test

import (
	"net/http"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/stripe/stripe-go/v76"
)

// requireReconciled checks that an automatic payout lists these sources, and that they and the payout's own balance transaction
// add up to zero.
func (s stand) requireReconciled(payout string, sources ...string) {
	s.t.Helper()
	var sum int64
	var got []string
	for _, row := range s.rows("/v1/balance_transactions?limit=100&payout=" + payout) {
		sum += number(row["net"])
		got = append(got, row["source"].(string))
	}
	require.Zero(s.t, sum)
	require.ElementsMatch(s.t, append(sources, payout), got)
}

func TestAutomaticPayouts(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	intent := s.pay("pm_card_visa")
	_, err := s.PayOut("usd")
	require.Error(t, err, "all funds are pending")
	s.SettleFunds()
	refund := s.refund(intent, "900").text("id")
	s.pay("pm_card_visa") // pending, so for the next payout
	before := len(s.events(0))
	first, err := s.PayOut("usd")
	require.NoError(t, err)
	require.Equal(t, []string{"payout.created", "payout.reconciliation_completed"}, s.events(before))
	read, err := s.stripeGo().Payouts.Get(first, nil)
	require.NoError(t, err)
	require.EqualValues(t, 45900-chargeFee-900, read.Amount)
	require.True(t, read.Automatic)
	require.Equal(t, stripe.PayoutReconciliationStatusCompleted, read.ReconciliationStatus)
	require.Equal(t, stripe.PayoutStatusPending, read.Status)
	require.Equal(t, []string{"payout payout -" + strconv.Itoa(45900-chargeFee-900) + " 0"}, s.booked(first))
	s.requireReconciled(first, s.charge(intent)["id"].(string), refund)
	s.requireBalance(45900 - chargeFee)
	_, err = s.PayOut("usd")
	require.Error(t, err, "a balance transaction is paid out only once")

	before = len(s.events(0))
	for _, status := range []string{"in_transit", "paid", "failed"} {
		require.NoError(t, s.MovePayout(first, status))
	}
	require.Equal(t, []string{"payout.updated", "payout.paid", "payout.failed"}, s.events(before))
	require.Error(t, s.MovePayout(first, "paid"))
	failed := s.do(http.MethodGet, "/v1/payouts/"+first+"?expand[]=failure_balance_transaction", "", "")
	require.Equal(t, "account_closed", failed.text("failure_code"))
	back := failed.body["failure_balance_transaction"].(map[string]any)
	require.Equal(t, "payout_failure", back["type"])
	require.Equal(t, "payout_reversal", back["reporting_category"])
	s.requireReconciled(first, s.charge(intent)["id"].(string), refund)
	s.requireBalance(2*(45900-chargeFee) - 900)

	s.SettleFunds()
	second, err := s.PayOut("usd")
	require.NoError(t, err)
	require.EqualValues(t, 2*(45900-chargeFee)-900, s.Payouts()[1].Amount, "returned funds are part of the next payout")
	require.Equal(t, second, s.Payouts()[1].ID)
	s.requireBalance(0)
}

func TestManualPayouts(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	api := s.stripeGo()
	s.pay("pm_card_bypassPending")
	s.pay("pm_card_visa") // pending, so not available
	_, err := api.Payouts.New(&stripe.PayoutParams{Amount: stripe.Int64(45900), Currency: stripe.String("usd")})
	var refusal *stripe.Error
	require.ErrorAs(t, err, &refusal)
	require.Equal(t, stripe.ErrorCodeBalanceInsufficient, refusal.Code)
	made, err := api.Payouts.New(&stripe.PayoutParams{
		Amount: stripe.Int64(1000), Currency: stripe.String("usd"),
		Description: stripe.String("rent"),
	})
	require.NoError(t, err)
	require.False(t, made.Automatic)
	require.Equal(t, stripe.PayoutReconciliationStatusNotApplicable, made.ReconciliationStatus)
	s.requireBalance(2*(45900-chargeFee) - 1000)
	refused := s.do(http.MethodGet, "/v1/balance_transactions?payout="+made.ID, "", "")
	require.Equal(t, http.StatusBadRequest, refused.status)

	noted, err := api.Payouts.Update(made.ID, &stripe.PayoutParams{Metadata: map[string]string{"a": "b"}})
	require.NoError(t, err)
	require.Equal(t, "b", noted.Metadata["a"])
	canceled, err := api.Payouts.Cancel(made.ID, nil)
	require.NoError(t, err)
	require.Equal(t, stripe.PayoutStatusCanceled, canceled.Status)
	require.Equal(t, []string{"payout payout -1000 0", "payout_cancel payout_reversal 1000 0"}, s.booked(made.ID))
	require.Equal(t, "payout.canceled", s.events(0)[len(s.events(0))-1])
	s.requireBalance(2 * (45900 - chargeFee))
	_, err = api.Payouts.Cancel(made.ID, nil)
	require.Error(t, err)

	automatic, err := s.PayOut("usd")
	require.NoError(t, err)
	_, err = api.Payouts.Cancel(automatic, nil)
	require.Error(t, err, "automatic payouts cannot be cancelled")
	require.EqualValues(t, 45900-chargeFee, s.Payouts()[1].Amount)
}

func TestPayoutsAreListed(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	s.pay("pm_card_bypassPending")
	for range 2 {
		require.Equal(t, http.StatusOK, s.do(http.MethodPost, "/v1/payouts", "", "amount=100&currency=usd").status)
	}
	first := s.Payouts()[0].ID
	require.Equal(t, http.StatusOK, s.admin("payouts/"+first+"/move", `{"status":"paid"}`))
	require.Len(t, s.rows("/v1/payouts?status=paid"), 1)
	arrival := number(s.rows("/v1/payouts")[0]["arrival_date"])
	require.Zero(t, arrival%(24*3600), "a day")
	require.Len(t, s.rows("/v1/payouts?arrival_date[gte]="+strconv.FormatInt(arrival, 10)), 2)
	require.Empty(t, s.rows("/v1/payouts?arrival_date[lt]="+strconv.FormatInt(arrival, 10)))
	for _, form := range []string{
		"amount=1", "currency=usd", "amount=0&currency=usd", "amount=1&currency=dollar",
		"amount=1&currency=usd&method=pigeon",
	} {
		require.Equal(t, http.StatusBadRequest, s.do(http.MethodPost, "/v1/payouts", "", form).status, form)
	}
	require.Equal(t, http.StatusConflict, s.admin("payouts", `{"currency":"eur"}`))
	require.Equal(t, http.StatusOK, s.admin("balance/settle", ""))
	require.Equal(t, http.StatusOK, s.admin("payouts", `{"currency":"usd"}`))
	s.requireBalance(0)
}

// Balance transactions can be listed with their sources expanded, so that one call reconciles a payout.
func TestSourcesAreExpanded(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	intent := s.pay("pm_card_createDispute")
	require.NoError(t, s.MoveDispute(s.Disputes()[0].ID, "won"))
	require.Equal(t, http.StatusOK, s.refund(intent, "5").status)
	s.SettleFunds()
	_, err := s.PayOut("usd")
	require.NoError(t, err)
	var kinds []string
	for _, row := range s.rows("/v1/balance_transactions?expand[]=data.source.charge") {
		source := row["source"].(map[string]any)
		kinds = append(kinds, source["object"].(string))
		if source["object"] == "refund" || source["object"] == "dispute" {
			require.Equal(t, intent, source["charge"].(map[string]any)["payment_intent"])
		}
	}
	require.Equal(t, []string{"payout", "refund", "dispute", "dispute", "charge"}, kinds)
}

package fakestripe_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

// A charge in euros moves the balance in dollars at the current rate; a charge in dollars is not converted.
func TestExchange(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	require.Equal(t, http.StatusOK, s.admin("settlement", `{"currency":"usd","rates":{"eur":1.085}}`))
	intent := s.pay("pm_card_visa", "currency", "eur")
	s.pay("pm_card_visa")
	require.Equal(t, []string{"charge charge 49802 1477"}, s.booked(s.charge(intent)["id"].(string)), "45900 and 1361, half up")
	row := s.rows("/v1/balance_transactions?source=" + s.charge(intent)["id"].(string))[0]
	require.Equal(t, "usd", row["currency"])
	require.InDelta(t, 1.085, row["exchange_rate"], 0)
	s.SettleIn("usd", map[string]float64{"eur": 1.07})
	refund := s.refund(intent, "1000")
	require.Equal(t, "eur", refund.text("currency"), "the refund is in the charge's currency")
	require.Equal(t, []string{"refund refund -1070 0"}, s.booked(refund.text("id")))
	require.Nil(t, s.rows("/v1/balance_transactions?limit=100&currency=usd")[1]["exchange_rate"])
	s.requireBalance(49802 - 1477 - 1070 + 45900 - chargeFee)
	require.Equal(t, []string{"usd"}, s.Currencies())
}

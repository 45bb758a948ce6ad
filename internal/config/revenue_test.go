package config_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/booking"
	"farebook/internal/config"
	"farebook/money"
)

func TestRevenueModelIsRead(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		model, moment string
		want          booking.RevenueRules
		refused       string
	}{
		{"", "", booking.RevenueRules{Model: booking.ModelPrincipal, Moment: booking.AtDeparture}, ""},
		{"agent", "", booking.RevenueRules{Model: booking.ModelAgent, Moment: booking.AtDeparture}, ""},
		{"agent", "ticketing", booking.RevenueRules{Model: booking.ModelAgent, Moment: booking.AtTicketing}, ""},
		{"Agent", "", booking.RevenueRules{}, `REVENUE_MODEL is "Agent": set it to principal or agent`},
		{"agent", "payment", booking.RevenueRules{}, `RECOGNISE_AT is "payment": set it to departure or ticketing`},
		{"principal", "ticketing", booking.RevenueRules{}, "RECOGNISE_AT is ticketing without REVENUE_MODEL=agent"},
	} {
		vars := production()
		vars["REVENUE_MODEL"], vars["RECOGNISE_AT"] = c.model, c.moment
		cfg, _, err := config.LoadFrom(lines(vars))
		if c.refused != "" {
			require.ErrorContains(t, err, c.refused)
			continue
		}
		require.NoError(t, err)
		require.Equal(t, c.want, cfg.Revenue)
	}
}

// The limits above which journals are approved are read by currency. Of two for one currency, neither is taken.
func TestJournalLimitsAreRead(t *testing.T) {
	t.Parallel()
	for value, refused := range map[string]string{
		"USD:100000, EUR:0": "",
		"USD:1,EUR:2,USD:3": "JOURNAL_APPROVAL_ABOVE has two limits for USD: leave one out",
		"USD":               `JOURNAL_APPROVAL_ABOVE has "USD"`,
		"USD:-1":            `JOURNAL_APPROVAL_ABOVE has "USD:-1"`,
	} {
		vars := production()
		vars["JOURNAL_APPROVAL_ABOVE"] = value
		cfg, _, err := config.LoadFrom(lines(vars))
		if refused != "" {
			require.ErrorContains(t, err, refused)
			continue
		}
		require.NoError(t, err)
		require.Equal(t, map[money.Currency]int64{"USD": 100000, "EUR": 0}, cfg.JournalLimits)
	}
}

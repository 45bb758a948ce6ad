package config_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/booking"
	"farebook/internal/config"
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

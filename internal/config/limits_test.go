package config_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/access"
	"farebook/internal/config"
)

func TestLimitsOfTheConsole(t *testing.T) {
	t.Parallel()
	cfg, _, err := config.LoadFrom(lines(production()))
	require.NoError(t, err)
	require.Equal(t, access.Limits{access.Support: {}}, cfg.RefundLimits, "support proposes every refund")
	require.Equal(t, access.Limits{access.Support: {}}, cfg.CorrectionLimits)

	vars := production()
	vars["CONSOLE_REFUND_LIMITS"], vars["CONSOLE_CORRECTION_LIMITS"] = "support:USD:50000:200000, support:EUR:1:1,viewer", "none"
	cfg, _, err = config.LoadFrom(lines(vars))
	require.NoError(t, err)
	require.Equal(t, access.Limits{
		access.Support: {"USD": {Action: 50000, Day: 200000}, "EUR": {Action: 1, Day: 1}}, access.Viewer: {},
	}, cfg.RefundLimits)
	require.Empty(t, cfg.CorrectionLimits)

	for text, says := range map[string]string{
		"owner:USD:1:2":                      `unknown role "owner"`,
		"support:USD":                        "four parts",
		"support:XXX:1:2":                    "currency is unknown",
		"support:USD:0:2":                    "above zero",
		"support:USD:1:two":                  "above zero",
		"support:USD:3:2":                    "a day is below that of one action",
		"support:USD:1:2,support:USD:2:3":    "a limit in this currency already",
		"support:USD:99999999999999999999:1": "above zero",
		"none,support":                       `unknown role "none"`,
	} {
		_, _, err := config.LoadFrom(with("CONSOLE_REFUND_LIMITS", text))
		require.ErrorContains(t, err, "CONSOLE_REFUND_LIMITS has", text)
		require.ErrorContains(t, err, says, text)
	}
}

package monitoring_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/monitoring"
)

// Rules that are faster wait and look back for a shorter time, never for less than a rate needs, and keep their bounds.
func TestFasterRulesKeepTheirBounds(t *testing.T) {
	t.Parallel()
	rules := monitoring.Rules{Name: "farebook", Rules: []monitoring.Rule{
		{Alert: "Hour", Expr: "sum(increase(a[1h])) + sum(rate(b[5m])) > 0.1", For: "10m", Labels: map[string]string{"severity": "page"}},
		{Alert: "AtOnce", Expr: "max(c) < 1", For: "0m"},
	}}
	faster, err := rules.Faster(60, 20*time.Second)
	require.NoError(t, err)
	require.Equal(t, "sum(increase(a[60000ms])) + sum(rate(b[20000ms])) > 0.1", faster.Rules[0].Expr)
	require.Equal(t, "10000ms", faster.Rules[0].For)
	require.Equal(t, rules.Rules[0].Labels, faster.Rules[0].Labels)
	require.Equal(t, "0ms", faster.Rules[1].For)
	require.Equal(t, "10m", rules.Rules[0].For, "the rules themselves are unchanged")
	left, err := faster.Rules[0].Left("")
	require.NoError(t, err)
	require.Equal(t, "sum(increase(a[60000ms])) + sum(rate(b[20000ms]))", left)

	file := filepath.Join(t.TempDir(), "rules.yml")
	require.NoError(t, faster.Write(file))
	again, err := monitoring.ReadRules(file)
	require.NoError(t, err)
	require.Equal(t, faster, again)
}

// A duration that the rule cannot divide is an error and no alert that fires at once.
func TestUnknownDurationsAreRefused(t *testing.T) {
	t.Parallel()
	for _, rule := range []monitoring.Rule{{Expr: "max(a) > 0", For: "1d"}, {Expr: "increase(a[1w]) > 0", For: "1m"}} {
		_, err := monitoring.Rules{Rules: []monitoring.Rule{rule}}.Faster(60, time.Second)
		require.Error(t, err)
	}
	_, err := monitoring.Rule{Expr: "max(a)"}.Left("")
	require.Error(t, err)
}

// Each panel and each alert asks something.
func TestQueriesAreThoseOfAllPanelsAndAlerts(t *testing.T) {
	t.Parallel()
	queries, err := monitoring.Queries("../../../deploy", "10m")
	require.NoError(t, err)
	require.Greater(t, len(queries), 80)
	for _, query := range queries {
		require.NotEmpty(t, query.Expr, query.Of)
		require.NotContains(t, query.Expr, "$__", query.Of)
	}
}

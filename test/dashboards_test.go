package test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/monitoring"
	"farebook/internal/metrics"
)

// Each panel has a title and a unit and a place for itself alone, reads the books by max or min, and every metric of Farebook's is on a
// dashboard or in an alert.
func TestDashboardsAreComplete(t *testing.T) {
	t.Parallel()
	var everything strings.Builder
	for _, rule := range readAlerts(t).Rules {
		everything.WriteString(rule.Expr + "\n")
	}
	dashboards, err := monitoring.ReadDashboards("../deploy/grafana")
	require.NoError(t, err)
	require.NotEmpty(t, dashboards)
	for file, d := range dashboards {
		require.NotEmpty(t, d.UID, file)
		ids, places := map[int]bool{}, map[[2]int]bool{}
		for _, panel := range d.Panels {
			require.NotEmpty(t, panel.Title, file)
			require.NotEmpty(t, panel.FieldConfig.Defaults.Unit, "%s, %s", file, panel.Title)
			require.False(t, ids[panel.ID], "%s: two panels have the id %d", file, panel.ID)
			place := [2]int{panel.GridPos.X, panel.GridPos.Y}
			require.False(t, places[place], "%s: %s covers another panel", file, panel.Title)
			ids[panel.ID], places[place] = true, true
		}
		for _, query := range d.Queries("10m") {
			require.Len(t, aggregated.FindAllString(query.Expr, -1), len(ofBooks.FindAllString(query.Expr, -1)), "%s: take max: %v", file, query)
			everything.WriteString(query.Expr + "\n")
		}
	}
	for _, d := range metrics.Definitions() {
		require.Contains(t, everything.String(), d.Name, "neither a dashboard nor an alert reads it")
	}
}

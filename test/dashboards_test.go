package test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/internal/metrics"
)

type dashboard struct {
	UID    string
	Title  string
	Panels []struct {
		ID          int
		Title       string
		GridPos     struct{ H, W, X, Y int }
		FieldConfig struct{ Defaults struct{ Unit string } }
		Targets     []struct{ Expr, LegendFormat string }
	}
}

// queries are the expressions of a dashboard's panels, with a window in place of Grafana's variable.
func (d dashboard) queries() (all []string) {
	for _, panel := range d.Panels {
		for _, target := range panel.Targets {
			all = append(all, strings.ReplaceAll(target.Expr, "$__rate_interval", storyTime))
		}
	}
	return all
}

func readDashboards(t *testing.T) map[string]dashboard {
	t.Helper()
	files, err := filepath.Glob("../deploy/grafana/*.json")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	all := map[string]dashboard{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		var d dashboard
		require.NoError(t, json.Unmarshal(text, &d), file)
		all[filepath.Base(file)] = d
	}
	return all
}

// Each panel has a title and a unit and a place for itself alone, reads the books by max or min, and every metric of Farebook's is on a
// dashboard or in an alert.
func TestDashboardsAreComplete(t *testing.T) {
	t.Parallel()
	_, rules := readAlerts(t)
	var everything strings.Builder
	for _, rule := range rules {
		everything.WriteString(rule.Expr + "\n")
	}
	for file, d := range readDashboards(t) {
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
		for _, query := range d.queries() {
			require.Len(t, aggregated.FindAllString(query, -1), len(ofBooks.FindAllString(query, -1)), "%s: take max: %s", file, query)
			everything.WriteString(query + "\n")
		}
	}
	for _, d := range metrics.Definitions() {
		require.Contains(t, everything.String(), d.Name, "neither a dashboard nor an alert reads it")
	}
}

package measured_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/measured"
)

// result has one load of each system, and Farebook at twice the empty workflow's first answer.
func result() measured.Bookings {
	figure := func(system string, rate, p50 float64, cpu map[string]float64) measured.Figure {
		return measured.Figure{
			System: system, Clients: 16, Runs: 500, Rate: rate, First: measured.Spread{P50: p50, P99: 2 * p50, Max: 3 * p50},
			End: measured.Spread{P50: 4 * p50, P99: 5 * p50, Max: 6 * p50}, CPU: cpu,
		}
	}
	return measured.Bookings{
		Command: "make bench", Date: "2026-01-02", Machine: "2 cores", Servers: "Temporal on SQLite",
		Figures: []measured.Figure{
			figure(measured.Empty, 80, 50, map[string]float64{"Temporal": 20}),
			figure(measured.Tutorial, 10, 200, map[string]float64{"Temporal": 85}),
			figure(measured.Apart, 40, 100, map[string]float64{"Temporal": 25, "API": 2, "worker": 3}),
		},
		Costs: map[string]measured.Cost{measured.Apart: {Actions: 6, Events: 15, Bytes: 3200}},
	}
}

func TestTablesCompareWithTheSameRun(t *testing.T) {
	text := result().Markdown()
	for _, line := range []string{
		"Measured on 2026-01-02 with `make bench`: 2 cores; Temporal on SQLite.",
		"| paid bookings a second, 16 at once; an empty workflow | 0.45 | 0.50 | - |",
		"| the same; the tutorial design without its work | 4 | 4.00 | - |",
		"| first answer, 16 at once, p99; an empty workflow | 0.9 | 2.00 | - |",
		"| first answer, 16 at once, max | 500 ms | 300 ms | - |",
		"| CPU of API and worker per booking, 16 at once | 6 ms | 5.0 ms | - |",
		"| events of the history | 13 | 15 | - |",
		"| Farebook, API_WORKER=false | 16 | no time | 40.0 | 0.50 | 100, 200, 300 ms | 2.00 | 400, 500, 600 ms |",
		"| CPU a run, 16 at once | API | Temporal | worker | together |",
		"| Farebook, API_WORKER=false | 2.0 ms | 25.0 ms | 3.0 ms | 30.0 ms |",
		"| empty workflow |  | 20.0 ms |  | 20.0 ms |",
	} {
		require.Contains(t, text, line+"\n")
	}
}

func TestAResultIsReadAsItWasSaved(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "bookings.json")
	require.NoError(t, measured.Save(path, result()))
	var read measured.Bookings
	require.NoError(t, measured.Load(path, &read))
	require.Equal(t, result(), read)
}

func TestOnlyWhatIsBetweenTheMarksIsWritten(t *testing.T) {
	path := filepath.Join(t.TempDir(), "page.md")
	page := "before\n<!-- make bench: begin -->\nold\n<!-- make bench: end -->\nafter\n"
	require.NoError(t, os.WriteFile(path, []byte(page), 0o600))
	require.NoError(t, measured.Write(path, "make bench", "new\n"))
	written, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, "before\n<!-- make bench: begin -->\n\nnew\n\n<!-- make bench: end -->\nafter\n", string(written))
	require.ErrorContains(t, measured.Write(path, "make bench-soak", "new\n"), "<!-- make bench-soak: begin -->")
}

// soak has ten windows in which the API's memory, in MiB, is what memory says.
func soak(memory func(window int) int64) (s measured.Soak) {
	for i := range 10 {
		s.Windows = append(s.Windows, measured.Window{Memory: map[string]int64{"API": memory(i) << 20, "worker": 60 << 20}})
	}
	return s
}

func TestMemoryMayFillAtFirstAndNotGrow(t *testing.T) {
	require.Empty(t, soak(func(window int) int64 { return 60 + 40*int64(min(window, 3)) }).Grown(), "caches fill")
	require.Empty(t, soak(func(window int) int64 { return 60 + 30*int64(window%2) }).Grown(), "a heap that is collected")
	require.Equal(t, []string{"the memory of the API grew from 260 MiB to 460 MiB while the load did not change"},
		soak(func(window int) int64 { return 60 + 50*int64(window) }).Grown())
}

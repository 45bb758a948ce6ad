package test

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/measured"
)

// soakWindows is into how many parts the time is divided.
const soakWindows = 10

// BenchmarkSoak makes paid bookings for FAREBOOK_BENCH_MINUTES without a pause, and prints latency and memory of API and worker as they
// were in each tenth of the time. It fails when the memory grows with the bookings. Run by `make bench-soak`.
func BenchmarkSoak(b *testing.B) {
	minutes := benchSize(b, "FAREBOOK_BENCH_MINUTES", 10)
	machine := measured.Machine()
	keepConnections(b, benchClients)
	servers := startBenchServers(b)
	s := startBenched(b, servers, true)
	new(timings).run(benchClients, benchWarm, s.do)
	result := measured.Soak{
		Command: cmp.Or(os.Getenv("FAREBOOK_BENCH_COMMAND"), "make bench-soak"), Date: time.Now().UTC().Format(time.DateOnly),
		Machine: machine, Servers: servers.describe(s.stack), Clients: benchClients,
	}
	window := time.Duration(minutes) * time.Minute / soakWindows
	b.ResetTimer()
	for i := range soakWindows {
		var l timings
		l.runFor(benchClients, window, func() time.Duration { return s.do(0) })
		api, _ := s.stack.Memory("starter")
		worker, _ := s.stack.Memory("worker")
		result.Windows = append(result.Windows, measured.Window{
			Ends: time.Duration(i+1) * window, Runs: len(l.first), Rate: l.rate(), First: spread(l.first),
			Memory: map[string]int64{"API": api, "worker": worker},
		})
	}
	b.StopTimer()
	s.stack.AwaitQuiet()
	s.stack.RequirePromises()
	require.NoError(b, measured.Save(filepath.Join("..", "var", "bench", "soak.json"), result))
	fmt.Printf("\n%s\n", result.Markdown())
	require.Empty(b, result.Grown())
}

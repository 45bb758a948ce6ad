package test

import (
	"context"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"farebook/internal/wait"
)

// samplePace is how often the machine is sampled.
const samplePace = 50 * time.Millisecond

// machineWatch samples what the machine does.
type machineWatch struct {
	mu      sync.Mutex
	samples []machineSample
}

type machineSample struct {
	at time.Time
	// late is how much later than planned the sample was taken: a machine that stops, or that has no core for a process.
	late time.Duration
	// cpu is the time of each process so far, in milliseconds.
	cpu map[string]float64
	// disk is the time so far in which a process waited for the disk, in microseconds (proc(5), pressure).
	disk float64
	// dirty are pages in memory that the disk does not have yet, in MiB.
	dirty int64
}

// watchMachine samples until the benchmark ends.
func watchMachine(b *testing.B, of clocks) *machineWatch {
	b.Helper()
	w := &machineWatch{}
	ctx, cancel := context.WithCancel(b.Context())
	var group sync.WaitGroup
	b.Cleanup(func() { // before the processes end
		cancel()
		group.Wait()
	})
	group.Go(func() {
		planned := time.Now()
		for wait.For(ctx, time.Until(planned.Add(samplePace))) == nil {
			planned = planned.Add(samplePace)
			sample := machineSample{
				at: time.Now(), late: time.Since(planned), cpu: of.spent(b), disk: pressure("io"),
				dirty: (memoryField("Dirty:") + memoryField("Writeback:")) >> 20,
			}
			if sample.late > samplePace {
				planned = sample.at // no burst of samples follows
			}
			w.mu.Lock()
			w.samples = append(w.samples, sample)
			w.mu.Unlock()
		}
	})
	return w
}

// during says in words what the machine did between two moments.
func (w *machineWatch) during(from, to time.Time) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	last := slices.IndexFunc(w.samples, func(s machineSample) bool { return s.at.After(to) })
	if last < 0 {
		last = len(w.samples) - 1
	}
	first := last
	for first > 0 && w.samples[first].at.After(from) {
		first--
	}
	if first < 0 || first == last {
		return "not sampled"
	}
	a, z := w.samples[first], w.samples[last]
	var late time.Duration
	for _, s := range w.samples[first+1 : last+1] {
		late = max(late, s.late)
	}
	window := float64(z.at.Sub(a.at).Milliseconds())
	parts := []string{
		fmt.Sprintf("samples at most %s late, waited for the disk %.0f %%, dirty pages %d MiB, cores:", inMS(late),
			(z.disk-a.disk)/10/window, z.dirty),
	}
	for _, name := range slices.Sorted(maps.Keys(z.cpu)) {
		parts = append(parts, fmt.Sprintf("%s %.2f", name, (z.cpu[name]-a.cpu[name])/window))
	}
	return strings.Join(parts, " ")
}

// pressure reads the total of /proc/pressure: the time in which some process waited, in microseconds; 0 where the kernel does not tell.
func pressure(of string) (total float64) {
	text, err := os.ReadFile("/proc/pressure/" + of)
	if err != nil {
		return 0
	}
	some, _, _ := strings.Cut(string(text), "\n")
	_, value, _ := strings.Cut(some, "total=")
	_, _ = fmt.Sscan(value, &total) // 0 where it is missing
	return total
}

// memoryField reads a field of /proc/meminfo, in bytes.
func memoryField(name string) (bytes int64) {
	text, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(text), name)
	_, _ = fmt.Sscan(rest, &bytes) // 0 where it is missing
	return bytes << 10
}

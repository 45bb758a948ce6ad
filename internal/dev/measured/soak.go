package measured

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Soak is the result of `make bench-soak`: a load that does not change, in windows of equal length.
type Soak struct {
	Command string
	Date    string
	Machine string
	Servers string
	Clients int
	Windows []Window
}

// Window is what was measured in a part of the time.
type Window struct {
	Ends  time.Duration // after the beginning
	Runs  int
	Rate  float64 // a second
	First Spread
	// Memory is what processes occupy at the end, in bytes.
	Memory map[string]int64
}

// Markdown is the result as text with a table.
func (s Soak) Markdown() string {
	var out strings.Builder
	fmt.Fprintf(&out, "Measured on %s with `%s`: %s; %s. %d clients at once.\n\n", s.Date, s.Command, s.Machine, s.Servers, s.Clients)
	fmt.Fprint(&out, "| until | bookings | a second | first answer p50, p99, max | memory of the API | of the worker |\n"+
		"|---|---|---|---|---|---|\n")
	for _, w := range s.Windows {
		fmt.Fprintf(&out, "| %s | %d | %.1f | %s | %d MiB | %d MiB |\n", w.Ends.Round(time.Second), w.Runs, w.Rate, w.First,
			w.Memory["API"]>>20, w.Memory["worker"]>>20)
	}
	return out.String()
}

const (
	// settled is how many windows pass before memory is compared: caches, pools and the heap's goal fill first.
	settled = 3
	// compared is how many windows each side of the comparison has.
	compared = 3
	// slack is what a process may grow by in any case: a garbage collection that comes a little later.
	slack = 32 << 20
)

// Grown names the processes whose memory has grown by more than half and slack, from the first settled windows to the last ones. What
// keeps something of each booking grows with all windows; what fills a cache does not grow between these.
func (s Soak) Grown() (problems []string) {
	if len(s.Windows) < settled+2*compared {
		return nil
	}
	for _, process := range []string{"API", "worker"} {
		before := s.memory(process, settled, settled+compared)
		after := s.memory(process, len(s.Windows)-compared, len(s.Windows))
		if after > before+before/2+slack {
			problems = append(problems, fmt.Sprintf("the memory of the %s grew from %d MiB to %d MiB while the load did not change", process,
				before>>20, after>>20))
		}
	}
	return problems
}

// memory is the median of some windows.
func (s Soak) memory(process string, from, to int) int64 {
	var all []int64
	for _, w := range s.Windows[from:to] {
		all = append(all, w.Memory[process])
	}
	slices.Sort(all)
	return all[len(all)/2]
}

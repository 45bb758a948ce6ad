package measured

import (
	"fmt"
	"maps"
	"slices"
)

// Panel is one chart of internal/dev/plot: a value of each series for each label.
type Panel struct {
	Title   string
	Stacked bool
	Labels  []string
	Series  []Series
}

// Series are the values of one colour.
type Series struct {
	Name   string
	Values []float64
}

// Panels are the charts of the result: rates and first answers by the number of clients, and CPU time by process.
func (b Bookings) Panels() []Panel {
	return []Panel{
		b.byClients("Runs a second, by clients at once", func(f Figure) float64 { return f.Rate }),
		b.byClients("First answer, p50 in ms, by clients at once", func(f Figure) float64 { return f.First.P50 }),
		b.byClients("First answer, p99 in ms, by clients at once", func(f Figure) float64 { return f.First.P99 }),
		b.byProcess(),
	}
}

func (b Bookings) byClients(title string, value func(Figure) float64) Panel {
	panel := Panel{Title: title}
	var loads []int
	for _, f := range b.Figures {
		if f.Stripe == quick && !slices.Contains(loads, f.Clients) {
			loads = append(loads, f.Clients)
		}
	}
	slices.Sort(loads)
	for _, clients := range loads {
		panel.Labels = append(panel.Labels, fmt.Sprint(clients))
	}
	for _, system := range b.systems() {
		series := Series{Name: system}
		for _, clients := range loads {
			f, _ := b.Find(system, clients, quick)
			series.Values = append(series.Values, value(f))
		}
		panel.Series = append(panel.Series, series)
	}
	return panel
}

// systems are those with figures, in their order.
func (b Bookings) systems() (names []string) {
	for _, f := range b.Figures {
		if !slices.Contains(names, f.System) {
			names = append(names, f.System)
		}
	}
	return names
}

func (b Bookings) byProcess() Panel {
	panel := Panel{Title: "CPU a run in ms, 16 at once", Stacked: true, Labels: b.systems()}
	processes := map[string][]float64{}
	for i, system := range panel.Labels {
		f, _ := b.Find(system, many, quick)
		for name, spent := range f.CPU {
			if processes[name] == nil {
				processes[name] = make([]float64, len(panel.Labels))
			}
			processes[name][i] = spent
		}
	}
	for _, name := range slices.Sorted(maps.Keys(processes)) {
		panel.Series = append(panel.Series, Series{name, processes[name]})
	}
	return panel
}

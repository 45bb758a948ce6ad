package measured

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// The loads that have an aim.
const (
	alone = 1
	many  = 16
	quick = 0
	far   = 300
)

// Markdown is the result as text with three tables: aims, figures, and CPU time by process.
func (b Bookings) Markdown() string {
	var out strings.Builder
	fmt.Fprintf(&out, "Measured on %s with `%s`: %s; %s.\n\n", b.Date, b.Command, b.Machine, b.Servers)
	b.writeAims(&out)
	b.writeFigures(&out)
	b.writeCPU(&out)
	return out.String()
}

// aim is a value of Farebook that has an aim, some of them relative to a comparator of the same run.
type aim struct {
	what, aim string
	text      func(b Bookings, system string) string
}

var aims = []aim{
	{"paid bookings a second, 16 at once; an empty workflow", "0.45", rateTo(Empty)},
	{"the same; a workflow of a booking's shape without steps", "0.75", rateTo(Shape)},
	{"the same; the tutorial design without its work", "4", rateTo(Tutorial)},
	{"first answer, one at a time, p50; an empty workflow", "0.7", firstTo(alone, quick, p50)},
	{"first answer, 16 at once, p50; an empty workflow", "0.5", firstTo(many, quick, p50)},
	{"first answer, 16 at once, p99; an empty workflow", "0.9", firstTo(many, quick, p99)},
	{"first answer, 16 at once, max", "500 ms", first(many, quick, longest)},
	{"first answer while Stripe takes 300 ms, one at a time, p50", "315 ms", first(alone, far, p50)},
	{"first answer while Stripe takes 300 ms, 16 at once, p50", "", first(many, far, p50)},
	{"CPU of API and worker per booking, 16 at once", "6 ms", ours},
	{"billable actions", "5", cost(func(c Cost) int { return c.Actions })},
	{"events of the history", "13", cost(func(c Cost) int { return c.Events })},
}

func p50(s Spread) float64     { return s.P50 }
func p99(s Spread) float64     { return s.P99 }
func longest(s Spread) float64 { return s.Max }

func rateTo(comparator string) func(Bookings, string) string {
	return func(b Bookings, system string) string {
		ours, _ := b.Find(system, many, quick)
		theirs, _ := b.Find(comparator, many, quick)
		return quotient(ours.Rate, theirs.Rate)
	}
}

func firstTo(clients, stripe int, of func(Spread) float64) func(Bookings, string) string {
	return func(b Bookings, system string) string {
		ours, _ := b.Find(system, clients, stripe)
		empty, _ := b.Find(Empty, clients, stripe)
		return quotient(of(ours.First), of(empty.First))
	}
}

func first(clients, stripe int, of func(Spread) float64) func(Bookings, string) string {
	return func(b Bookings, system string) string {
		figure, _ := b.Find(system, clients, stripe)
		return inMilliseconds(of(figure.First))
	}
}

func cost(of func(Cost) int) func(Bookings, string) string {
	return func(b Bookings, system string) string {
		counted, has := b.Costs[system]
		if !has {
			return "-"
		}
		return strconv.Itoa(of(counted))
	}
}

func ours(b Bookings, system string) string {
	figure, _ := b.Find(system, many, quick)
	return inMilliseconds(figure.CPU["API"] + figure.CPU["worker"])
}

func (b Bookings) writeAims(out *strings.Builder) {
	fmt.Fprintf(out, "| Farebook; the comparator of a ratio | aim | `API_WORKER=false` | `API_WORKER=true` |\n|---|---|---|---|\n")
	for _, a := range aims {
		fmt.Fprintf(out, "| %s | %s | %s | %s |\n", a.what, a.aim, a.text(b, Apart), a.text(b, Beside))
	}
}

func (b Bookings) writeFigures(out *strings.Builder) {
	fmt.Fprint(out, "\n| | at once | Stripe takes | a second | to empty | first answer p50, p99, max | p50 to empty | end p50, p99, max |\n"+
		"|---|---|---|---|---|---|---|---|\n")
	for _, f := range b.Figures {
		empty, _ := b.Find(Empty, f.Clients, f.Stripe)
		stripe := "no time"
		if f.Stripe > 0 {
			stripe = inMilliseconds(float64(f.Stripe))
		}
		fmt.Fprintf(out, "| %s | %d | %s | %.1f | %s | %s | %s | %s |\n", f.System, f.Clients, stripe, f.Rate, quotient(f.Rate, empty.Rate),
			f.First, quotient(f.First.P50, empty.First.P50), f.End)
	}
}

func (b Bookings) writeCPU(out *strings.Builder) {
	var measured []Figure
	names := map[string]bool{}
	for _, f := range b.Figures {
		if f.Clients == many && f.Stripe == quick {
			measured = append(measured, f)
			for name := range f.CPU {
				names[name] = true
			}
		}
	}
	columns := slices.Sorted(maps.Keys(names))
	fmt.Fprintf(out, "\n| CPU a run, 16 at once | %s | together |\n|---%s|---|\n", strings.Join(columns, " | "),
		strings.Repeat("|---", len(columns)))
	for _, f := range measured {
		fmt.Fprintf(out, "| %s |", f.System)
		var together float64
		for _, name := range columns {
			text := ""
			if spent, has := f.CPU[name]; has {
				text = fmt.Sprintf("%.1f ms", spent)
				together += spent
			}
			fmt.Fprintf(out, " %s |", text)
		}
		fmt.Fprintf(out, " %.1f ms |\n", together)
	}
}

func (s Spread) String() string { return fmt.Sprintf("%.0f, %.0f, %.0f ms", s.P50, s.P99, s.Max) }

func inMilliseconds(value float64) string {
	switch {
	case value == 0:
		return "-"
	case value < 100:
		return fmt.Sprintf("%.1f ms", value)
	}
	return fmt.Sprintf("%.0f ms", value)
}

// quotient is "-" if one of both was not measured.
func quotient(a, z float64) string {
	if a == 0 || z == 0 {
		return "-"
	}
	return fmt.Sprintf("%.2f", a/z)
}

package growth

import (
	"fmt"
	"slices"
)

// Rows may grow by a tenth, and by a few: plans of the same cost differ by the statistics that the server has sampled. It is a thousandth
// of the bookings that the large books have more.
const (
	tenth = 10
	few   = 200
)

// Verdict is what the gate says of one call.
type Verdict string

// The verdicts.
const (
	Flat    Verdict = "flat"
	Allowed Verdict = "allowed" // it grows, and the list of allowed ones says why it may
	Grows   Verdict = "GROWS"
	Stale   Verdict = "STALE" // the list of allowed ones has it, and it does not grow
)

// Comparison is one call on small and on large books.
type Comparison struct {
	Label        string
	Small, Large Call
	Verdict      Verdict
	Reason       string // why it may grow
}

// Grown reports whether more rows are examined on the larger books than the gate lets pass.
func Grown(small, large int64) bool { return large > small+small/tenth+few }

// Compare compares the calls on small books with those on large books. allowed are the calls that may grow, with the reason.
func Compare(small, large []Call, allowed map[string]string) []Comparison {
	onLarge := map[string]Call{}
	for _, call := range large {
		onLarge[call.Label] = call
	}
	compared := make([]Comparison, 0, len(small))
	known := map[string]bool{}
	for _, call := range small {
		known[call.Label] = true
		other := onLarge[call.Label]
		c := Comparison{Label: call.Label, Small: call, Large: other, Verdict: Flat}
		reason, listed := allowed[call.Label]
		switch grown := Grown(call.Rows(), other.Rows()); {
		case grown && listed:
			c.Verdict, c.Reason = Allowed, reason
		case grown && MayGrow[call.Label] != "":
			c.Verdict, c.Reason = Allowed, MayGrow[call.Label]
		case grown:
			c.Verdict = Grows
		case listed:
			c.Verdict = Stale
		}
		compared = append(compared, c)
	}
	for label := range allowed {
		if !known[label] {
			compared = append(compared, Comparison{Label: label, Verdict: Stale})
		}
	}
	return compared
}

// Failures are the lines that tell a developer what to do.
func Failures(compared []Comparison) (failures []string) {
	for _, c := range compared {
		switch c.Verdict {
		case Grows:
			failures = append(failures, fmt.Sprintf("%s examines %d rows on the small books and %d on the large ones: give its statement an index "+
				"or a bound, or list it in internal/dev/growth/allowed.go with the reason. The costliest statement:\n    %s",
				c.Label, c.Small.Rows(), c.Large.Rows(), c.Large.Costliest))
		case Stale:
			failures = append(failures, fmt.Sprintf("%s does not grow, or is not called: take it out of internal/dev/growth/allowed.go", c.Label))
		case Flat, Allowed:
		}
	}
	return failures
}

// Rows is the median of the rows that its calls made the server examine.
func (c Call) Rows() int64 { return median(c.Samples, func(s Sample) int64 { return s.Rows }) }

// Statements is the median of their statements.
func (c Call) Statements() int64 {
	return median(c.Samples, func(s Sample) int64 { return s.Statements })
}

// Microseconds are the median and the maximum of the time that the calls took.
func (c Call) Microseconds() (p50, longest int64) {
	took := func(s Sample) int64 { return s.Took.Microseconds() }
	for _, s := range c.Samples {
		longest = max(longest, took(s))
	}
	return median(c.Samples, took), longest
}

func median(samples []Sample, value func(Sample) int64) int64 {
	if len(samples) == 0 {
		return 0
	}
	values := make([]int64, len(samples))
	for i, s := range samples {
		values[i] = value(s)
	}
	slices.Sort(values)
	return values[(len(values)-1)/2]
}

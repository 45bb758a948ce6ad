package test

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"farebook/internal/dev/otlp"
)

// delay is a part of an answer's time in which no span began or ended.
type delay struct {
	what string
	at   time.Time
	took time.Duration
}

// moment is where a span begins or ends.
type moment struct {
	at     time.Time
	name   string
	begins bool
	call   bool // of a span with no other below it: a statement, or a request to Stripe
}

// waits divides the time of an answer at each moment, and adds equal parts, the longest first. A part in which a call is under way is that
// call; any other is a gap between two moments, in which nothing that is traced happens: a queue, the scheduler, or Temporal's server.
func (a *answer) waits() []delay {
	moments := a.moments()
	var all []delay
	underWay := map[string]int{}
	for i, m := range moments[:len(moments)-1] {
		if m.call {
			underWay[m.name] += map[bool]int{true: 1, false: -1}[m.begins]
		}
		next := moments[i+1]
		what := "between " + m.words() + " and " + next.words()
		for name, calls := range underWay {
			if calls > 0 {
				what = "in " + name
			}
		}
		same := slices.IndexFunc(all, func(w delay) bool { return w.what == what })
		if same < 0 {
			same = len(all)
			all = append(all, delay{what: what, at: m.at})
		}
		all[same].took += next.at.Sub(m.at)
	}
	slices.SortFunc(all, func(a, z delay) int { return cmp.Compare(z.took, a.took) })
	return all
}

// moments are those of the answer's time, in order, with the client's at both ends.
func (a *answer) moments() []moment {
	end := a.began.Add(a.took)
	parents := map[string]bool{}
	for _, span := range a.spans {
		parents[span.ParentID] = true
	}
	all := []moment{{at: a.began, name: "the client's request", begins: true}, {at: end, name: "the client's request"}}
	for _, span := range a.spans {
		name, call := spanName(span), !parents[span.SpanID]
		for _, m := range []moment{{span.Start, name, true, call}, {span.End, name, false, call}} {
			if m.at.After(a.began) && m.at.Before(end) {
				all = append(all, m)
			}
		}
	}
	slices.SortStableFunc(all, func(a, z moment) int { return a.at.Compare(z.at) })
	return all
}

// spanName names the process as well: "api POST /v1/bookings".
func spanName(span otlp.Span) string {
	return strings.TrimPrefix(span.Service, "farebook-") + " " + span.Name
}

func (m moment) words() string {
	if m.begins {
		return "begin of " + m.name
	}
	return "end of " + m.name
}

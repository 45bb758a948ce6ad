package storm

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"
)

// Print writes the tables of a result: kinds and counts, bookings, violations.
func (r Result) Print(out io.Writer, plan Plan) {
	say(out, "\nSeed %d, %s\n\n%-48s %7s %7s", plan.Seed, plan.Long, "Fault", "played", "missed")
	played, missed := 0, 0
	for _, name := range Kinds() {
		if r.Played[name]+r.Missed[name] > 0 {
			say(out, "%-48s %7d %7d", name, r.Played[name], r.Missed[name])
		}
		played, missed = played+r.Played[name], missed+r.Missed[name]
	}
	for _, name := range slices.Sorted(maps.Keys(r.LeftOut)) {
		say(out, "%-48s left out: %s", name, r.LeftOut[name])
	}
	say(out, "%-48s %7d %7d", fmt.Sprintf("%d kinds", len(r.Played)), played, missed)
	points := slices.Compact(slices.Sorted(slices.Values(r.PointsHit)))
	for _, line := range []struct {
		what string
		n    any
	}{
		{"acknowledged bookings and further payments", r.Bookings},
		{"acknowledged answers", r.Answers},
		{"of them, by the client for TypeScript", r.TypeScript},
		{"requests without an answer", r.Unanswered},
		{"ends of processes", r.Deaths},
		{"ends of MariaDB on a full disk", r.DiskEnds},
		{"deaths at failpoints", len(r.PointsHit)},
		{"emails sent", r.Mails},
		{"emails that came more than once", r.Doubled},
		{"webhooks delivered", r.Webhooks},
		{"webhooks that came more than once", r.WebhooksDoubled},
		{"proofs of the books during the storm", r.Proofs},
		{"from the last fault to rest", r.Quiet.Round(time.Second)},
		{"violations", len(r.Violations)},
	} {
		say(out, "%-48s %7v", line.what, line.n)
	}
	say(out, "\nProcesses died at: %s", strings.Join(points, ", "))
	for _, name := range slices.Sorted(maps.Keys(r.Open)) {
		say(out, "Open workflows that wait for a bank, an operator or a date: %d %s", r.Open[name], name)
	}
	if len(r.Violations) == 0 {
		return
	}
	say(out, "\nViolations, with seed %d:", plan.Seed)
	for _, text := range r.Violations {
		say(out, "  %s", text)
	}
	say(out, "The faults before:")
	for _, fault := range r.Before {
		say(out, "  %s", fault)
	}
}

// Package privacy says which columns hold what people wrote, how long it is kept, and what replaces it. It has no I/O and imports only
// the standard library.
package privacy

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Group is what is emptied after one period.
type Group string

// The groups. docs/privacy.md has the usual periods of the law for each.
const (
	Answers    Group = "answers"    // answers under idempotency keys
	Emails     Group = "emails"     // contents of emails about bookings
	Notes      Group = "notes"      // notes about refunds, proposals and matters that are closed
	Evidence   Group = "evidence"   // texts and files of evidence for disputes that are decided
	Items      Group = "items"      // notes and reasons of reconciliation items
	Events     Group = "events"     // bodies of Stripe's events
	Views      Group = "views"      // filters that their owners have removed
	Travellers Group = "travellers" // name, address and passengers of bookings, as erasure does
)

// Groups are all groups, in the order in which a run empties them.
func Groups() []Group {
	return []Group{Answers, Emails, Notes, Evidence, Items, Events, Views, Travellers}
}

// Periods are how long groups are kept. A group that is missing is kept without an end.
type Periods map[Group]time.Duration

const (
	day = 24 * time.Hour
	// leastDays is longer than any repetition of a request, retry of an email or search for a lost event.
	leastDays = 30
	mostDays  = 100 * 366
)

// ParsePeriods reads GROUP:DAYS entries, separated by commas, or "none".
func ParsePeriods(text string) (Periods, error) {
	periods := Periods{}
	if text == "" || text == "none" {
		return periods, nil
	}
	for part := range strings.SplitSeq(text, ",") {
		name, number, _ := strings.Cut(strings.TrimSpace(part), ":")
		group := Group(name)
		if !slices.Contains(Groups(), group) {
			return nil, fmt.Errorf("has %q: write GROUP:DAYS with a group of %v, or none", part, Groups())
		}
		days, err := strconv.Atoi(number)
		if err != nil || days < leastDays || days > mostDays {
			return nil, fmt.Errorf("has %q: write a number of days from %d to %d", part, leastDays, mostDays)
		}
		if _, twice := periods[group]; twice {
			return nil, fmt.Errorf("has %q twice: a group has one period", group)
		}
		periods[group] = time.Duration(days) * day
	}
	return periods, nil
}

// String writes periods as ParsePeriods reads them.
func (p Periods) String() string {
	parts := make([]string, 0, len(p))
	for _, group := range slices.Sorted(maps.Keys(p)) {
		parts = append(parts, fmt.Sprintf("%s:%d", group, int(p[group]/day)))
	}
	return strings.Join(parts, ",")
}

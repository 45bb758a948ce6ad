package metrics

import (
	"slices"
	"strings"
)

// Definitions are all metrics of Farebook's, by name. docs/metrics.md is generated from them, and a test compares them with what the
// processes expose.
func Definitions() []Definition {
	all := slices.Concat(
		[]Definition{buildInfo, unattended}, ofHTTP, ofBookings, ofEmails, ofRetention, ofWebhooks, ofStripe, ofPools, ofBooks,
	)
	slices.SortFunc(all, func(a, b Definition) int { return strings.Compare(a.Name, b.Name) })
	return all
}

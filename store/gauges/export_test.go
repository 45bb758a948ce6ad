package gauges

import "farebook/store/recon"

// Statement is a statement of a reading with its arguments.
type Statement struct {
	SQL  string
	Args []any
}

// Statements are all statements over tables that grow.
func Statements() (all []Statement) {
	for _, k := range []kind{bookings, refunds, disputes, events, emails} {
		for _, state := range k.states {
			all = append(all, Statement{k.count(), []any{state}}, Statement{k.oldest(), []any{state}})
		}
	}
	return append(all,
		Statement{attentionCounted, nil},
		Statement{openFindings, []any{1, recon.ItemFound, 1, recon.ItemFailed}},
		Statement{bookedInDay, []any{"2026-11-25", "2026-11-26"}},
		Statement{refundedInDay, []any{"2026-11-25", "2026-11-26"}},
		Statement{payoutsUnderway, []any{"pending", "in_transit"}},
	)
}

package monthend

import (
	"context"

	"farebook/access"
	"farebook/finance"
	"farebook/ledger"
	"farebook/store"
)

// Comparison is the outcome of holding Stripe's itemised report of a month against the ledger.
type Comparison struct {
	Period ledger.Period
	// Held says that nothing is missing, extra, different or repeated.
	Held bool
	// Detail has numbers and ids, as the audit log does.
	Detail string
}

// ComparisonOf is the outcome by the checks of a comparison, the first of which says how much was compared.
func ComparisonOf(period ledger.Period, checks finance.Checks) Comparison {
	return Comparison{Period: period, Held: checks.Held(), Detail: checks[0].Text}
}

// RecordComparison keeps a comparison in the audit log, where a close finds it. Each repetition is another line, and the newest counts.
func (m *Months) RecordComparison(ctx context.Context, c Comparison, by access.Actor) error {
	action := store.ActionCompareDiffers
	if c.Held {
		action = store.ActionCompare
	}
	return m.books.Audit(ctx, store.AuditEntry{Actor: by, Action: action, Subject: comparisonOf(c.Period), Detail: c.Detail})
}

// comparisonOf is the subject of a month's comparisons in the audit log.
func comparisonOf(period ledger.Period) string { return "stripe-file/" + string(period) }

// isCompared searches for a comparison that was made after the month had ended.
func (m monthEnd) isCompared(ctx context.Context) (Check, error) {
	log, err := m.books.AuditLog(ctx, store.AuditFilter{Subject: comparisonOf(m.period), Limit: 1})
	if err != nil {
		return Check{}, err
	}
	var check Check
	const item, how = "stripe-file", "run starter ledger compare --stripe-csv FILE --month "
	switch {
	case len(log) == 0:
		check.add(item, "Stripe's report of the month was not compared: %s%s", how, m.period)
	case log[0].Action != store.ActionCompare:
		check.add(item, "differed on %s: %s%s", day(log[0].At), how, m.period)
	case log[0].At.Before(m.end):
		check.add(item, "was compared on %s, before the month had ended: %s%s", day(log[0].At), how, m.period)
	default:
		check.Detail = "by " + log[0].Actor.Name + " on " + day(log[0].At)
	}
	return check, nil
}

package metrics

import "farebook/privacy"

var (
	retained = Definition{
		Name: "farebook_retention_rows_total", Kind: KindCounter, Processes: both,
		Help:   "Rows whose texts were emptied because their period is over (RETENTION); of bookings, those whose traveller was erased.",
		Labels: []Label{{Name: "table", Values: keptTables()}},
	}
	ofRetention = []Definition{retained}
)

// keptTables are the tables that take part in retention.
func keptTables() (names []string) {
	for _, table := range privacy.Tables() {
		if table.Kept.Group != "" {
			names = append(names, table.Name)
		}
	}
	return names
}

// Retention counts what retention empties. Its methods do nothing on nil.
type Retention struct{ rows *counter }

// Retention registers the metric of retention.
func (r *Registry) Retention() *Retention {
	counted := &Retention{rows: retained.counter(r.prometheus)}
	counted.rows.start()
	return counted
}

// Emptied counts rows of a table.
func (r *Retention) Emptied(table string, rows int64) {
	if r != nil && rows > 0 {
		r.rows.add(float64(rows), table)
	}
}

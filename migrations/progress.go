package migrations

import "fmt"

// Progress is what a run is doing at a moment.
type Progress struct {
	// Task is a statement of a migration, or a back-fill.
	Task string
	// Detail is how far the task is, or what it waits for; it may be empty.
	Detail string
	// Share of the task that is done, from 0 to 1; negative where it is unknown.
	Share float64
	// Waits says that somebody else uses the table, whom Detail names.
	Waits bool
	// Rows that a back-fill has completed when it ends; 0 before.
	Rows int64
}

// unknownShare is the Share of a task that does not say how far it is.
const unknownShare = -1

// amount writes a number of rows with thousands separators.
func amount(n int64) string {
	if n < 1000 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%s,%03d", amount(n/1000), n%1000)
}

package bigbooks

import (
	"fmt"
	"io"
	"time"
)

// PrintProgress returns a function for Options.Progress that prints a line a table.
func PrintProgress(out io.Writer) func(table string, rows int64, took time.Duration) {
	return func(table string, rows int64, took time.Duration) {
		_, _ = fmt.Fprintf(out, "%-22s %10d rows  %7.1f s\n", table, rows, took.Seconds()) // filling continues without its progress
	}
}

package growth

import (
	"errors"
	"fmt"
	"io"
	"text/tabwriter"
)

// Print writes the comparison as a table, and returns the errors of writing.
func Print(out io.Writer, compared []Comparison, small, large int) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0) //nolint:forbidigo // its cells are names of Farebook's functions, and numbers
	_, err := fmt.Fprintf(table, "function\tstatements\trows at %d\trows at %d\tratio\t\n", small, large)
	for _, c := range compared {
		mark := ""
		if c.Verdict != Flat {
			mark = string(c.Verdict)
		}
		if c.Reason != "" {
			mark += ": " + c.Reason
		}
		_, lineErr := fmt.Fprintf(table, "%s\t%d\t%d\t%d\t%s\t%s\n", c.Label, c.Large.Statements(), c.Small.Rows(), c.Large.Rows(),
			ratio(c.Small.Rows(), c.Large.Rows()), mark)
		err = errors.Join(err, lineErr)
	}
	return errors.Join(err, table.Flush())
}

// ratio is how many times the rows of small books are examined on large ones; `-` if the small books need no rows.
func ratio(small, large int64) string {
	if small <= 0 {
		return "-"
	}
	return fmt.Sprintf("%.2f", float64(large)/float64(small))
}

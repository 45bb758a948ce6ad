package command

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// table prints rows under a header, and makes every cell printable.
type table struct {
	out  *tabwriter.Writer
	rows int
}

func newTable(out io.Writer, header ...any) *table {
	t := &table{out: tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)}
	t.row(header...)
	t.rows = 0
	return t
}

func (t *table) row(cells ...any) {
	texts := make([]string, len(cells))
	for i, cell := range cells {
		texts[i] = printable(fmt.Sprint(cell))
	}
	t.rows++
	_, _ = fmt.Fprintln(t.out, strings.Join(texts, "\t")) // flush reports errors
}

func (t *table) flush() error { return t.out.Flush() }

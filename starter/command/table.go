package command

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"unicode/utf8"
)

// table prints rows under a header, and makes every cell printable. Rows are in memory until they are flushed, when their widths are known.
type table struct {
	out     *tabwriter.Writer
	right   []int // the columns whose cells end below one another, such as amounts
	pending [][]string
	rows    int
}

func newTable(out io.Writer, header ...any) *table { return newFigures(out, nil, header...) }

// newFigures is newTable with figures in some columns.
func newFigures(out io.Writer, right []int, header ...any) *table {
	t := &table{out: tabwriter.NewWriter(out, 0, 0, 2, ' ', 0), right: right}
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
	t.pending = append(t.pending, texts)
}

func (t *table) flush() error {
	widths := map[int]int{}
	for _, texts := range t.pending {
		for i, text := range texts {
			widths[i] = max(widths[i], utf8.RuneCountInString(text))
		}
	}
	for _, texts := range t.pending {
		for i, text := range texts {
			if slices.Contains(t.right, i) {
				texts[i] = strings.Repeat(" ", widths[i]-utf8.RuneCountInString(text)) + text
			}
		}
		if _, err := fmt.Fprintln(t.out, strings.Join(texts, "\t")); err != nil {
			return err
		}
	}
	t.pending = nil
	return t.out.Flush()
}

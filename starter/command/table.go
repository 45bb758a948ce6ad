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
	out     io.Writer
	right   []int // the columns whose cells end below one another, such as amounts
	pending [][]string
	rows    int
}

func newTable(out io.Writer, header ...any) *table { return newFigures(out, nil, header...) }

// newFigures is newTable with figures in some columns.
func newFigures(out io.Writer, right []int, header ...any) *table {
	t := &table{out: out, right: right}
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
	t.align()
	out := tabwriter.NewWriter(t.out, 0, 0, columnGap, ' ', 0)
	for _, texts := range t.pending {
		if _, err := fmt.Fprintln(out, strings.Join(texts, "\t")); err != nil {
			return err
		}
	}
	t.pending = nil
	return out.Flush()
}

// align pads figures, so that they end below one another.
func (t *table) align() {
	widths := t.widths()
	for _, texts := range t.pending {
		for i, text := range texts {
			if slices.Contains(t.right, i) {
				texts[i] = strings.Repeat(" ", widths[i]-utf8.RuneCountInString(text)) + text
			}
		}
	}
}

// widths are the widths of the columns.
func (t *table) widths() []int {
	var widths []int
	for _, texts := range t.pending {
		for i, text := range texts {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], utf8.RuneCountInString(text))
		}
	}
	return widths
}

package command

import (
	"fmt"
	"io"
	"os"
	"strings"
	"unicode/utf8"
)

const (
	// columnGap are the blanks between two columns.
	columnGap = 2
	// leastCell is the width below which a cell is left out rather than shortened.
	leastCell = 12
)

// terminal is what a list may do with the terminal that it is printed on.
type terminal struct {
	width   int // in characters; 0 for a pipe or a file, whose lines may be of any length
	colours bool
}

// terminalOn examines an output. NO_COLOR, with any value, turns colours off: no-color.org.
func terminalOn(out io.Writer) terminal {
	if !isTerminal(out) {
		return terminal{}
	}
	return terminal{width: widthOf(out), colours: os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"}
}

// flushOn is flush for a list, whose columns are in the order of their importance: on a terminal, the last ones are shortened or left out
// until a row fits a line, and words of state have a colour. It returns the headers of the columns that are left out.
func (t *table) flushOn(term terminal) (left []string, err error) {
	if term.width == 0 {
		return nil, t.flush()
	}
	t.align()
	widths := fit(t.widths(), term.width)
	for i, texts := range t.pending {
		if i == 0 {
			left = texts[len(widths):]
		}
		cells := make([]string, len(widths))
		for j, width := range widths {
			cells[j] = cellText(texts[j], width, j == len(widths)-1, term.colours && i > 0)
		}
		if _, err := fmt.Fprintln(t.out, strings.Join(cells, strings.Repeat(" ", columnGap))); err != nil {
			return nil, err
		}
	}
	t.pending = nil
	return left, nil
}

// fit shortens or drops the last columns until a row is shorter than a line. The first column stays whatever its width.
func fit(widths []int, width int) []int {
	for len(widths) > 1 {
		total := columnGap * (len(widths) - 1)
		for _, one := range widths {
			total += one
		}
		last := len(widths) - 1
		over := total - (width - 1)
		if over <= 0 {
			return widths
		}
		if widths[last]-over >= leastCell {
			return append(widths[:last:last], widths[last]-over)
		}
		widths = widths[:last]
	}
	return widths
}

// cellText is a cell in its width.
func cellText(text string, width int, last, colours bool) string {
	text = cut(text, width+1)
	blanks := ""
	if !last {
		blanks = strings.Repeat(" ", width-utf8.RuneCountInString(text))
	}
	colour, known := stateColours[strings.TrimSpace(text)]
	if colours && known {
		text = "\x1b[" + colour + "m" + text + "\x1b[0m"
	}
	return text + blanks
}

// The colours of states: green for what is done, yellow for what waits, red for what somebody has to examine.
const (
	green  = "32"
	yellow = "33"
	red    = "31"
)

var stateColours = map[string]string{
	"confirmed": green, "succeeded": green, "paid": green, "won": green, "processed": green, "sent": green, "proven": green,
	"pending_payment": yellow, "requested": yellow, "pending": yellow, "requires_action": yellow, "in_transit": yellow, "under_review": yellow,
	"warning_under_review": yellow, "received": yellow, "processing": yellow, "queued": yellow, "held": yellow, "partially_refunded": yellow,
	"payment_failed": red, "failed": red, "canceled": red, "disputed": red, "lost": red, "needs_response": red, "warning_needs_response": red,
	"unknown": red, "unknown_booking": red, "unproven": red,
}

package command

import (
	"fmt"
	"io"
	"os"
	"unicode/utf8"

	"golang.org/x/term"
)

// usualWidth is the width of a terminal that does not report its width.
const usualWidth = 80

func isTerminal(out io.Writer) bool {
	file, ok := out.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}

func widthOf(out io.Writer) int {
	if file, ok := out.(*os.File); ok {
		width, _, err := term.GetSize(int(file.Fd()))
		if err == nil && width > 0 {
			return width
		}
	}
	return usualWidth
}

// progressLine is a line of a terminal that each text replaces. Each caller has its own rule for pipes. Output of progress may fail
// without ending the command.
type progressLine struct {
	out      io.Writer
	terminal bool
	open     bool // the line has text
}

func progressLineOn(out io.Writer) progressLine {
	return progressLine{out: out, terminal: isTerminal(out)}
}

// show replaces the text of the line, on a terminal.
func (l *progressLine) show(text string) {
	_, _ = fmt.Fprint(l.out, eraseLine+cut(text, widthOf(l.out)))
	l.open = true
}

// end erases the text, so that the next output begins at the start of the line.
func (l *progressLine) end() {
	if l.open {
		_, _ = fmt.Fprint(l.out, eraseLine)
		l.open = false
	}
}

// eraseLine moves the cursor to the start of the line and erases the line.
const eraseLine = "\r\033[K"

// cut shortens a line to end before the last column. A terminal that shortens a line itself writes every further character over the
// last column, and a line that wraps cannot be overwritten.
func cut(line string, width int) string {
	room := max(width-1, 1)
	if utf8.RuneCountInString(line) <= room {
		return line
	}
	return string([]rune(line)[:room-1]) + "…"
}

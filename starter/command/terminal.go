package command

import (
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

// cut shortens a line to end before the last column. A terminal that shortens a line itself writes every further character over the
// last column, and a line that wraps cannot be overwritten.
func cut(line string, width int) string {
	room := max(width-1, 1)
	if utf8.RuneCountInString(line) <= room {
		return line
	}
	return string([]rune(line)[:room-1]) + "…"
}

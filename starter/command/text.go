package command

import (
	"fmt"
	"io"

	"farebook/starter/view"
)

// printable makes text of others safe for a terminal.
var printable = view.Printable

// printText formats like fmt.Fprintf, and makes every string argument printable.
func printText(out io.Writer, format string, args ...any) error {
	for i, arg := range args {
		if text, ok := arg.(string); ok {
			args[i] = printable(text)
		}
	}
	_, err := fmt.Fprintf(out, format, args...)
	return err
}

package growth

import (
	"fmt"
	"strings"
)

// Markdown is the table of a benchmark: a row a call, in the order of the scripts.
func Markdown(made []Call) string {
	var out strings.Builder
	out.WriteString("| function | calls | statements | rows examined | p50 ms | max ms |\n|---|---|---|---|---|---|\n")
	for _, call := range made {
		p50, longest := call.Microseconds()
		fmt.Fprintf(&out, "| %s | %d | %d | %s | %s | %s |\n", call.Label, len(call.Samples), call.Statements(), thousands(call.Rows()),
			milliseconds(p50), milliseconds(longest))
	}
	return out.String()
}

func milliseconds(microseconds int64) string { return fmt.Sprintf("%.1f", float64(microseconds)/1000) }

// thousands separates the digits of a number by commas.
func thousands(n int64) string {
	text := fmt.Sprint(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

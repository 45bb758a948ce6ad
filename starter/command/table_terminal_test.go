package command

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

// A list fits its terminal: the last columns are shortened, then left out, and what is first stays whole.
func TestListsFitTheTerminal(t *testing.T) {
	t.Parallel()
	for width := 1; width < 90; width++ {
		var out strings.Builder
		list := newFigures(&out, []int{2}, "REFUND", "STATUS", "AMOUNT", "TEXT")
		list.row("RF-00000001", "failed", "$5.00", "the account is closed, and the bank has sent the money back")
		list.row("RF-00000002", "pending", "$1,000.00", "-")
		left, err := list.flushOn(terminal{width: width})
		require.NoError(t, err)
		for line := range strings.Lines(out.String()) {
			require.Contains(t, line, "R", width)
			require.LessOrEqual(t, utf8.RuneCountInString(strings.TrimRight(line, "\n")), max(width-1, len("RF-00000001")), width)
			if strings.Contains(line, "RF-") {
				require.Contains(t, line, "RF-0000000", "an id stays whole")
			}
		}
		require.Equal(t, width < 46, len(left) > 0, width)
	}
}

// Words of state have a colour where colours are allowed; the columns stay aligned.
func TestColoursOfStates(t *testing.T) {
	t.Parallel()
	printed := func(colours bool) string {
		var out strings.Builder
		list := newTable(&out, "REFUND", "STATUS", "BOOKING")
		list.row("RF-1", "failed", "FB-1")
		list.row("RF-2", "succeeded", "FB-2")
		_, err := list.flushOn(terminal{width: 80, colours: colours})
		require.NoError(t, err)
		return out.String()
	}
	require.Equal(t, "REFUND  STATUS     BOOKING\nRF-1    failed     FB-1\nRF-2    succeeded  FB-2\n", printed(false))
	coloured := printed(true)
	require.Contains(t, coloured, "\x1b[31mfailed\x1b[0m     FB-1")
	require.Contains(t, coloured, "\x1b[32msucceeded\x1b[0m  FB-2")
	var out strings.Builder
	require.Equal(t, terminal{}, terminalOn(&out), "a pipe has neither width nor colours")
}

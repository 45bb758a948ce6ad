package command

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/require"

	"farebook/starter/view"
)

func TestWhatCannotBeSeenIsPrintedAsItsEscape(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"plain, ليلى, 王, é":             "plain, ليلى, 王, é",
		"\x1b[31mred":                   `\x1b[31mred`,
		"\u009b31m":                     `\u009b31m`,
		"a\r\nb\tc\x00\x7f":             `a\r\nb\tc\x00\x7f`,
		"x\u202ey\u2066z\u200f\u061c":   `x\u202ey\u2066z\u200f\u061c`,
		"line\u2028para\u2029nel\u0085": `line\u2028para\u2029nel\u0085`,
		"tag\U000e0041\ufeff\u3164":     `tag\U000e0041\ufeff\u3164`,
		"no\u00a0break\u3000":           "no break ",
		"bad\xff\ufffd":                 `bad\xff` + "\ufffd",
		"علی\u200cرضا":                  "علی\u200cرضا",
	} {
		require.Equal(t, want, printable(text), "%q", text)
	}
}

func TestSentencesMakeTheirTextsPrintable(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	require.NoError(t, printText(&out, "client %s has %d keys\n", "x\x1b[2J\n\u202e", 2))
	require.Equal(t, "client x\\x1b[2J\\n\\u202e has 2 keys\n", out.String())
}

// What a spreadsheet would run is text with an apostrophe before it; everything else stays as it is.
func TestCellsAreNoFormulas(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"=1+1", "+1", "-1", "@SUM(A1)", " =1", "＝1+1", "＋1", "－1", "＠A1", "\u3000＝1", "\ufe631", "\u22121", "\u00a0=1",
	} {
		require.Equal(t, "'"+printable(text), view.CSVCell(text), "%q", text)
	}
	for _, text := range []string{"", "pi_1", "a=b", "'", "no ledger transaction", "ليلى"} {
		require.Equal(t, text, view.CSVCell(text), "%q", text)
	}
	require.Equal(t, `\t=1`, view.CSVCell("\t=1"))
	require.Equal(t, `\r=1`, view.CSVCell("\r=1"))
}

func TestFoldKeepsWordsWithinTheWidth(t *testing.T) {
	t.Parallel()
	require.Equal(t, []string{"one two", "three"}, fold("one two three", 9))
	require.Equal(t, []string{"aaaaa", "aaa b"}, fold("aaaaaaaa b", 5))
	require.Equal(t, []string{"x", "aaaaa", "a"}, fold("x aaaaaa", 5))
	require.Equal(t, []string{""}, fold("", 5))
}

// A line is cut before the terminal's last column, on whole characters.
func TestProgressFitsTheTerminal(t *testing.T) {
	t.Parallel()
	line := bar(0.5) + "  50% compared 100: reading"
	for width := 1; width < 60; width++ {
		short := cut(line, width)
		require.LessOrEqual(t, len([]rune(short)), max(width-1, 1), "%d: %q", width, short)
		require.True(t, strings.HasPrefix(line, strings.TrimSuffix(short, "…")))
	}
	require.Equal(t, line, cut(line, 80))
}

func FuzzPrintable(f *testing.F) {
	for _, seed := range []string{"\x1b[2J", "=cmd|' /C calc'!A0", "\u202e\xff\U000e0041", "a\r\nb"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, out := range []string{printable(text), view.CSVCell(text)} {
			require.False(t, strings.ContainsFunc(out, func(r rune) bool {
				return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || unicode.In(r, unicode.Zl, unicode.Zp)
			}), "%q", out)
		}
		require.Equal(t, printable(text), printable(printable(text)), "an escape is plain text")
		plain, err := json.Marshal(text)
		require.NoError(t, err)
		escaped := view.EscapeJSON(plain)
		var before, after string
		require.NoError(t, json.Unmarshal(plain, &before))
		require.NoError(t, json.Unmarshal(escaped, &after), "%s", escaped)
		require.Equal(t, before, after)
		require.Equal(t, string(escaped), printable(string(escaped)))
	})
}

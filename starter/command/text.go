package command

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"golang.org/x/text/unicode/norm"

	"farebook/booking"
)

// printable writes what cannot be seen as its escape: \x1b, \n, \u202e. What a stranger sent (an event's type, a note, an
// error's text) can then neither break a line nor tell the terminal what to do, and is still there to be read.
func printable(text string) string {
	var out strings.Builder
	for i, r := range text {
		switch {
		case r == utf8.RuneError && invalidAt(text, i):
			fmt.Fprintf(&out, `\x%02x`, text[i])
		case unicode.Is(unicode.Zs, r):
			out.WriteByte(' ')
		case booking.Printable(r):
			out.WriteRune(r)
		default:
			out.WriteString(escape(r))
		}
	}
	return out.String()
}

// invalidAt tells a byte that is no UTF-8 from the replacement character, which both range as RuneError.
func invalidAt(text string, i int) bool {
	_, size := utf8.DecodeRuneInString(text[i:])
	return size == 1
}

func escape(r rune) string {
	switch {
	case r == '\n':
		return `\n`
	case r == '\r':
		return `\r`
	case r == '\t':
		return `\t`
	case r < 0x80:
		return fmt.Sprintf(`\x%02x`, r)
	case r > 0xffff:
		return fmt.Sprintf(`\U%08x`, r)
	}
	return fmt.Sprintf(`\u%04x`, r)
}

// say prints a sentence, with every text in it made printable.
func say(out io.Writer, format string, args ...any) error {
	for i, arg := range args {
		if text, ok := arg.(string); ok {
			args[i] = printable(text)
		}
	}
	_, err := fmt.Fprintf(out, format, args...)
	return err
}

// table prints rows under a header. Every cell is made printable.
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
	_, _ = fmt.Fprintln(t.out, strings.Join(texts, "\t")) // tabwriter keeps it; flush reports errors
}

func (t *table) flush() error { return t.out.Flush() }

// printJSON writes JSON whose strings have nothing in them that a terminal obeys: what encoding/json leaves as it is
// (DEL, C1 controls, directions) is escaped as well, which changes no value.
func printJSON(out io.Writer, value any) error {
	text, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		return err
	}
	_, err = out.Write(append(escapeJSON(text), '\n'))
	return err
}

func escapeJSON(text []byte) []byte {
	var out bytes.Buffer
	for _, r := range string(text) {
		switch {
		case r < 0x7f || booking.Printable(r):
			out.WriteRune(r)
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			fmt.Fprintf(&out, `\u%04x\u%04x`, high, low)
		default:
			fmt.Fprintf(&out, `\u%04x`, r)
		}
	}
	return out.Bytes()
}

// cell keeps a spreadsheet from taking somebody's text for a formula (owasp.org/www-community/attacks/CSV_Injection), also
// when it begins with the full-width form of a sign, which some take for the same. Numbers are not written with it: a
// negative amount stays one.
func cell(text string) string {
	text = printable(text)
	begin, _ := utf8.DecodeRuneInString(norm.NFKC.String(strings.TrimSpace(text)))
	if strings.ContainsRune("=+-@\u2212", begin) {
		return "'" + text
	}
	return text
}

// fitHelp folds the long help of a command and those below it, so that a terminal does not break words. Lines that begin
// with a space are a table and stay.
func fitHelp(cmd *cobra.Command) {
	var folded []string
	for line := range strings.SplitSeq(cmd.Long, "\n") {
		if strings.HasPrefix(line, " ") {
			folded = append(folded, line)
			continue
		}
		folded = append(folded, fold(line, usualWidth-1)...)
	}
	cmd.Long = strings.Join(folded, "\n")
	for _, below := range cmd.Commands() {
		fitHelp(below)
	}
}

// fold breaks text into lines of at most width characters, between words where it can.
func fold(text string, width int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(text) {
		for utf8.RuneCountInString(word) > width { // an id or a path that is longer than a line
			runes := []rune(word)
			if line != "" {
				lines = append(lines, line)
				line = ""
			}
			lines = append(lines, string(runes[:width]))
			word = string(runes[width:])
		}
		switch {
		case line == "":
			line = word
		case utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) <= width:
			line += " " + word
		default:
			lines = append(lines, line)
			line = word
		}
	}
	if line != "" || len(lines) == 0 {
		lines = append(lines, line)
	}
	return lines
}

package view

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// CSVCell keeps a spreadsheet from evaluating text as a formula (owasp.org/www-community/attacks/CSV_Injection), also when the text
// begins with the full-width form of a sign, which some spreadsheets normalise. Numbers are written without it, so that a negative
// amount stays a number.
func CSVCell(text string) string {
	text = Printable(text)
	begin, _ := utf8.DecodeRuneInString(norm.NFKC.String(strings.TrimSpace(text)))
	if strings.ContainsRune("=+-@\u2212", begin) {
		return "'" + text
	}
	return text
}

package booking

import (
	"fmt"
	"strings"
	"unicode"

	"farebook/validation"
)

const maxNameBytes = 200

// PlainSpaces replaces every space character of Unicode's category Zs (such as U+00A0, U+202F and U+3000) by U+0020. Requests
// are read with it, so that a name typed with a Japanese keyboard or copied from a web page is the same name with the same
// request hash. Runs of spaces are kept, because stored hashes were computed with them.
func PlainSpaces(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Zs, r) {
			return ' '
		}
		return r
	}, text)
}

// validateName accepts names in any script. It refuses text that could forge a mail header, be invisible on a page, reorder the
// text around it, or turn an email into an advertisement: the caller chooses the address that the name is mailed to.
func validateName(v *validation.Violations, field, name string) {
	const fix = "send the name as people read it"
	switch {
	case strings.TrimSpace(name) == "":
		v.Add(field, "is empty", fix)
	case len(name) > maxNameBytes:
		v.Add(field, fmt.Sprintf("is longer than %d bytes", maxNameBytes), "shorten it")
	case name != strings.TrimSpace(name):
		v.Add(field, "begins or ends with white space", "trim it")
	case !printable(name):
		v.Add(field, "has invisible characters: line breaks, control or direction characters", fix)
	case strings.ContainsAny(name, "<>"):
		v.Add(field, "has angle brackets", fix)
	case encodedWord(name):
		v.Add(field, "is an encoded word", "send it as plain UTF-8")
	case !strings.ContainsFunc(name, unicode.IsLetter):
		v.Add(field, "has no letter", fix)
	case hasAddress(name):
		v.Add(field, "has a mail address or a link in it", "send the name alone, with a space behind a full stop")
	}
}

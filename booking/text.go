package booking

import (
	"errors"
	"fmt"
	"net/mail"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"farebook/validation"
)

const (
	maxEmailBytes = 254 // RFC 5321, 4.5.3.1.3, without the angle brackets
	maxLocalBytes = 64  // RFC 5321, 4.5.3.1.1
)

// hostname matches labels of letters, digits and inner hyphens, separated by dots, the last of which is not a number (RFC 1123,
// 2.1).
var hostname = regexp.MustCompile(`^([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$`)

// validateEmail accepts one bare ASCII address. An address in another script reaches only servers that support SMTPUTF8 (RFC
// 6531), and the confirmation has to arrive.
func validateEmail(v *validation.Violations, field, address string) {
	const fix = `send one address, such as "layla@example.com"`
	switch {
	case address == "":
		v.Add(field, "is empty", fix)
		return
	case len(address) > maxEmailBytes:
		v.Add(field, fmt.Sprintf("is longer than %d bytes", maxEmailBytes), fix)
		return
	case !printable(address) || encodedWord(address) || strings.ContainsAny(address, " <>,;:\"()[]\\"):
		v.Add(field, "has characters that an address cannot have", fix)
		return
	case strings.ContainsFunc(address, func(r rune) bool { return r > unicode.MaxASCII }):
		v.Add(field, "has characters that not every mail server takes", `send it in ASCII; a domain in another script in its "xn--" form`)
		return
	}
	parsed, err := mail.ParseAddress(address)
	if err != nil || parsed.Address != address {
		v.Add(field, "is not a mail address", fix)
		return
	}
	at := strings.LastIndexByte(address, '@')
	switch {
	case at > maxLocalBytes:
		v.Add(field, fmt.Sprintf("has more than %d bytes before the @", maxLocalBytes), fix)
	case !hostname.MatchString(address[at+1:]):
		v.Add(field, "has no complete domain", fix)
	}
}

// CheckEmail returns what is wrong with a mail address; nil for none.
func CheckEmail(field, address string) *validation.FieldError {
	var v validation.Violations
	validateEmail(&v, field, address)
	var found validation.FieldErrors
	if errors.As(v.Err(), &found) {
		return found[0]
	}
	return nil
}

// Printable reports whether a character is visible or a plain space. It excludes line breaks, control characters (C0 and C1),
// the invisible characters that reorder text (U+202A to U+202E, U+2066 to U+2069), letters that draw nothing (such as U+3164,
// the Hangul filler), and every other space. Zero-width joiners are allowed, because Persian, Urdu and Indic names need them.
func Printable(r rune) bool {
	if r == '\u200c' || r == '\u200d' {
		return true
	}
	return unicode.IsPrint(r) && !unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r)
}

// printable also refuses the replacement character, which shows that the text was damaged before it arrived.
func printable(text string) bool {
	refused := func(r rune) bool { return !Printable(r) || r == unicode.ReplacementChar }
	return utf8.ValidString(text) && !strings.ContainsFunc(text, refused)
}

// encodedWord finds RFC 2047's =?charset?B?...?=, which a mail header would decode, including line breaks.
func encodedWord(text string) bool {
	return strings.Contains(text, "=?") || strings.Contains(text, "?=")
}

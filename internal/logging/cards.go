package logging

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// A card number has 13 to 19 digits (ISO/IEC 7812-1), written whole or in groups.
const (
	minCardDigits = 13
	maxCardDigits = 19
)

// ownIDs matches correlation ids: a random UUID (RFC 9562, 5.4), or the id of a reconciliation. One in several hundred contains
// digits that would pass for a card number, and could not be searched for if redacted.
var ownIDs = regexp.MustCompile(`\b(?:[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}|recon_[0-9a-f]{32})\b`)

// redactCards removes card numbers and what is written right after them: an expiry date, a security code. Farebook's own ids
// are kept, unless they consist of digits only.
func redactCards(text string) string {
	var out strings.Builder
	at := 0
	for _, id := range ownIDs.FindAllStringIndex(text, -1) {
		if !strings.ContainsAny(strings.TrimPrefix(text[id[0]:id[1]], "recon_"), "abcdef") {
			continue
		}
		out.WriteString(redactCardsIn(text[at:id[0]]))
		out.WriteString(text[id[0]:id[1]])
		at = id[1]
	}
	if at == 0 {
		return redactCardsIn(text)
	}
	out.WriteString(redactCardsIn(text[at:]))
	return out.String()
}

func redactCardsIn(text string) string {
	var out strings.Builder
	kept := 0 // start of the text that has not been written yet
	for at := 0; at < len(text); {
		run := digitRun(text, at)
		if len(run) == 0 {
			_, size := utf8.DecodeRuneInString(text[at:])
			at += size
			continue
		}
		end := run[len(run)-1].end
		if start, found := cardIn(run); found {
			out.WriteString(text[kept:start])
			out.WriteString(Redacted)
			end = afterCard(text, end)
			kept = end
		}
		at = end
	}
	if kept == 0 {
		return text
	}
	out.WriteString(text[kept:])
	return out.String()
}

// digit is one digit of a run: its value, its position in the text, and whether it begins a group.
type digit struct {
	value      int
	start, end int
	first      bool
}

// digitRun returns the digits from a position on, with at most two separators between groups; nil if there is no digit.
func digitRun(text string, at int) []digit {
	var run []digit
	separators := 0
	for at < len(text) {
		r, size := utf8.DecodeRuneInString(text[at:])
		value := digitValue(r)
		switch {
		case value >= 0:
			run = append(run, digit{value: value, start: at, end: at + size, first: len(run) == 0 || separators > 0})
			separators = 0
		case len(run) > 0 && separators < 2 && cardSeparator(r):
			separators++
		default:
			return run
		}
		at += size
	}
	return run
}

// digitValue returns -1 for anything but a digit. It accepts Arabic and full-width digits, because people type them.
func digitValue(r rune) int {
	for _, zero := range []rune{'0', '\u0660', '\u06f0', '\uff10'} {
		if r >= zero && r <= zero+9 {
			return int(r - zero)
		}
	}
	return -1
}

// cardSeparator reports whether people write the character between the groups of a card number: spaces, dashes and dots.
func cardSeparator(r rune) bool {
	return strings.ContainsRune(" \t\r\n.-\u00a0\u2007\u2009\u202f\u2010\u2011\u2012\u2013\u2212\u3000", r)
}

// cardIn returns where the first card number in a run starts. It must start with a group, so that nanosecond timestamps do not
// match, and may end within a group, because a security code can follow without a space.
func cardIn(run []digit) (start int, found bool) {
	for i, d := range run {
		if !d.first || !cardBegins(run[i:]) {
			continue
		}
		for length := minCardDigits; length <= maxCardDigits && i+length <= len(run); length++ {
			if checksOut(run[i : i+length]) {
				return d.start, true
			}
		}
	}
	return 0, false
}

// cardBegins reports whether a card network's numbers begin like this: with 22 to 27 (Mir, Mastercard) or 3 to 6. Years of this
// century and timestamps do not.
func cardBegins(number []digit) bool {
	if number[0].value == 2 {
		return len(number) > 1 && number[1].value >= 2 && number[1].value <= 7
	}
	return number[0].value >= 3 && number[0].value <= 6
}

// checksOut verifies the Luhn check digit (ISO/IEC 7812-1).
func checksOut(number []digit) bool {
	sum := 0
	for i := range number {
		value := number[len(number)-1-i].value
		if i%2 == 1 {
			value *= 2
			if value > 9 {
				value -= 9
			}
		}
		sum += value
	}
	return sum%10 == 0
}

// afterCard returns the end of what follows a card number: groups of up to four digits after the separators of a date (12/34,
// 12|2034).
func afterCard(text string, at int) int {
	for {
		next := at
		for separators := 0; separators < 3 && next < len(text) && strings.IndexByte(" /|:;,.-", text[next]) >= 0; separators++ {
			next++
		}
		digits := 0
		for next+digits < len(text) && text[next+digits] >= '0' && text[next+digits] <= '9' {
			digits++
		}
		if next == at || digits == 0 || digits > 4 {
			return at
		}
		at = next + digits
	}
}

package mail

import (
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"farebook/booking"
	"farebook/money"
)

// language holds the words of a language that its templates do not contain.
type language struct {
	direction string
	weekdays  [7]string // from Sunday, as in package time
	months    [12]string
	clock     string // the order of weekday, day, month, year and time
	utc       string // marks a time as UTC
	reasons   map[string]string
	labels    map[string]string // of the table of amounts
	purposes  map[booking.Purpose]string
	hours     func(int) string // formats a number of whole hours, from 0
}

// moment formats a time in its own UTC offset: the times of a flight are local to its airports.
func (l language) moment(at time.Time) string {
	return fmt.Sprintf(l.clock, l.weekdays[at.Weekday()], at.Day(), l.months[at.Month()-1], at.Year(), at.Format("15:04"))
}

// price keeps "US$" together: in right-to-left text the sign would move to the other side of its letters. U+200E after the sign
// prevents it.
func (l language) price(amount money.Money, locale money.Locale) string {
	text := amount.Format(locale)
	last, _ := utf8.DecodeLastRuneInString(text)
	if l.direction == "rtl" && unicode.Is(unicode.Sc, last) && strings.ContainsFunc(text, latin) {
		return text + "\u200e"
	}
	return text
}

func latin(r rune) bool { return unicode.Is(unicode.Latin, r) }

// purpose says what a further payment is for. It is empty for a booking's own payment, and where nobody knows.
func (l language) purpose(s *booking.Supplement) string {
	switch {
	case s == nil:
		return ""
	case s.Description == "":
		return l.purposes[s.Purpose]
	case l.purposes[s.Purpose] == "":
		return s.Description
	}
	return l.purposes[s.Purpose] + ": " + s.Description
}

// isolate keeps text of the other direction from reordering its surroundings, where there is no <bdi>: it wraps it in U+2068
// (which takes the direction of the first letter) and U+2069. In left-to-right text only right-to-left letters need it;
// anything else stays unchanged for old mail readers.
func (l language) isolate(run any) string {
	text := fmt.Sprint(run)
	if l.direction == "ltr" && !strings.ContainsFunc(text, rightToLeft) {
		return text
	}
	return "\u2068" + text + "\u2069"
}

func rightToLeft(r rune) bool {
	return unicode.In(r, unicode.Arabic, unicode.Hebrew, unicode.Syriac, unicode.Thaana, unicode.Nko)
}

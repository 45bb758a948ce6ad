package mail

import (
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"farebook/money"
)

// language is what a language needs beside its templates.
type language struct {
	direction string
	weekdays  [7]string // from Sunday, as in package time
	months    [12]string
	clock     string // how a moment is put together: weekday, day, month, year, time
	utc       string // what says that a time is UTC
	reasons   map[string]string
	labels    map[string]string // of the table of amounts
	hours     func(int) string  // counts whole hours, from 0
}

// moment writes a time in the offset that it has: a flight's times are those of its airports.
func (l language) moment(at time.Time) string {
	return fmt.Sprintf(l.clock, l.weekdays[at.Weekday()], at.Day(), l.months[at.Month()-1], at.Year(), at.Format("15:04"))
}

// price holds "US$" together: in right-to-left text the sign would wander to the other side of its letters. The mark that
// prevents it is U+200E, after the sign.
func (l language) price(amount money.Money, locale money.Locale) string {
	text := amount.Format(locale)
	last, _ := utf8.DecodeLastRuneInString(text)
	if l.direction == "rtl" && unicode.Is(unicode.Sc, last) && strings.ContainsFunc(text, latin) {
		return text + "\u200e"
	}
	return text
}

func latin(r rune) bool { return unicode.Is(unicode.Latin, r) }

// isolate keeps a run of the other direction from reordering what is around it, where there is no <bdi>: U+2068, which
// takes the direction of the run's first letter, to U+2069. In left-to-right text, only what has right-to-left letters
// needs it, and others are left as they are for the sake of old mail readers.
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

package mail

import (
	"time"

	"farebook/booking"
	"farebook/money"
)

// Words write amounts, times and reasons in a language as emails do, for pages that travellers read beside their emails.
type Words struct {
	words  language
	locale money.Locale
}

// WordsIn returns the words of a language, and those of English for a language that emails are not written in.
func WordsIn(locale money.Locale) Words {
	words, known := languages[locale]
	if !known {
		locale, words = money.LocaleEN, languages[money.LocaleEN]
	}
	return Words{words, locale}
}

// Locale is the language.
func (w Words) Locale() money.Locale { return w.locale }

// Direction is the direction in which it is written: ltr or rtl.
func (w Words) Direction() string { return w.words.direction }

// Price writes an amount with its currency.
func (w Words) Price(amount money.Money) string { return w.words.price(amount, w.locale) }

// Moment writes a time in its own UTC offset: the times of a flight are local to its airports.
func (w Words) Moment(at time.Time) string { return w.words.moment(at) }

// UTC writes a time in UTC, and says so.
func (w Words) UTC(at time.Time) string { return w.words.moment(at.UTC()) + w.words.utc }

// Reason explains a decline by Stripe's code, by what the traveller can do about it. It never says that a card was reported lost or
// stolen.
func (w Words) Reason(declineCode string) string { return w.words.reasons[family(declineCode, true)] }

// Purpose says what a further payment is for. It is empty for a booking, and where nobody knows.
func (w Words) Purpose(of *booking.Supplement) string { return w.words.purpose(of) }

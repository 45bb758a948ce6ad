package store

import (
	"strings"

	"farebook/money"
)

// Stripe's texts end in columns of a fixed width, and the server refuses what does not fit: a recording must not fail,
// again and again, over the length of a code that nobody decides by.

// short fits a text into a column of so many characters.
func short(text string, limit int) string {
	runes := []rune(text)
	return string(runes[:min(len(runes), limit)])
}

// code fits a decline code or an error code into its column: ASCII, 64 of it.
func code(text string) string {
	return short(strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, text), 64)
}

// priced is an amount for people.
func priced(value int64, currency string) string {
	return money.Text(value, money.Currency(currency))
}

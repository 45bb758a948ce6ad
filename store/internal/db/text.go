package db

import "strings"

// Stripe's texts end in columns of a fixed width, and the server refuses what does not fit: a recording must not fail,
// again and again, over the length of a code that nobody decides by.

// Truncate fits a text into a column of so many characters.
func Truncate(text string, limit int) string {
	runes := []rune(text)
	return string(runes[:min(len(runes), limit)])
}

// Code fits a decline code or an error code into its column: ASCII, 64 of it.
func Code(text string) string {
	return Truncate(strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, text), 64)
}

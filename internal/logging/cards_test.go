package logging_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/internal/logging"
)

// cards are test numbers of every network and length (stripe.com/docs/testing#cards).
var cards = []string{
	"4242424242424242", "5555555555554444", "2223003122003222", "378282246310005", "6011111111111117", "30569309025904",
	"3566002020360505", "6200000000000005", "4222222222222", "6304000000000000000",
}

// Whatever digits stand around a card number, and however it is grouped, none of it comes out, nor what follows it.
func TestCardNumbersAmongOtherDigits(t *testing.T) {
	t.Parallel()
	before := []string{
		"", "card ", "card", "1 ", "12/34 ", "123-", "2026-11-23 ", "pan:", "0.", "\u200f", "no. 7, ", "4 ",
		"1763859723004000000 ",
	}
	behind := []string{
		"", " 12/34", " 123", " 12/34 123", "123", " 1234", "-123", " 12/2034", "|12|34|123", " 2026-11-23", ".", ", 7", " and 2", "x",
		"\u00a0123", "\t12/34",
	}
	for _, card := range cards {
		for _, written := range grouped(card) {
			for _, b := range before {
				for _, a := range behind {
					got := logging.Redact(b + written + a)
					require.NotContains(t, onlyDigits(got), card, "%q", b+written+a)
					require.NotContains(t, got, written, "%q", b+written+a)
					require.Contains(t, got, logging.Redacted)
				}
			}
		}
	}
	for _, text := range []string{
		"card 4242424242424242 12/34", "card 4242 4242 4242 4242 123", "card 4242424242424242 12/34 123",
		"card 4242424242424242123",
	} {
		require.Equal(t, "card "+logging.Redacted, logging.Redact(text))
	}
	require.Equal(t, "[redacted] paid 45900 twice", logging.Redact("4242-4242-4242-4242 paid 45900 twice"))
}

// grouped writes a card number as people do.
func grouped(card string) []string {
	written := []string{card, arabic(card)}
	for _, separator := range []string{" ", "-", "  ", ".", "\u00a0", "\n"} {
		written = append(written, strings.Join(fours(card), separator))
	}
	written = append(written, card[:4]+" "+card[4:10]+" "+card[10:], strings.Join(strings.Split(card, ""), " "))
	return written
}

func fours(text string) []string {
	var groups []string
	for group := range slices.Chunk([]byte(text), 4) {
		groups = append(groups, string(group))
	}
	return groups
}

func arabic(text string) string {
	return strings.Map(func(r rune) rune { return r - '0' + '\u0660' }, text)
}

func onlyDigits(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= '0' && r <= '9':
			return r
		case r >= '\u0660' && r <= '\u0669':
			return r - '\u0660' + '0'
		default:
			return -1
		}
	}, text)
}

// Dates, times, ids and amounts are no card numbers, also in rows.
func TestDigitsThatAreNoCard(t *testing.T) {
	t.Parallel()
	for day := range 28 {
		text := fmt.Sprintf("2026-11-%02d 2026-12-%02d 23:59:59.999999", day+1, day+1)
		require.Equal(t, text, logging.Redact(text))
	}
	for i := range 1000 {
		for _, text := range []string{
			fmt.Sprint(1763859723004000000 + i), fmt.Sprintf("+971 50 123 4%03d", i), fmt.Sprintf("127.0.0.1:5%04d, 10.0.0.%d", i, i%256),
			fmt.Sprintf("amount 459%03d of 1000000 in 12 parts", i), fmt.Sprintf(`{"ids":[%d,%d,%d,%d]}`, 40000+i, 50000+i, 60000+i, 45000+i),
		} {
			require.Equal(t, text, logging.Redact(text))
		}
	}
}

package money

import (
	"fmt"
	"strconv"
	"strings"
)

// ParseDecimal reads an amount in major units as other programs write it: -459.00, 68000, 1.5. Decimals beyond those of the currency must
// be zeros. The error says what is expected and repeats no text, which may be anything: it comes from a file.
func ParseDecimal(text string, currency Currency) (Money, error) {
	refused := fmt.Errorf("is not an amount: it must be a number such as %s, with %d decimals at most",
		Money{Value: -45900, Currency: currency}.Decimal(), currency.Digits())
	digits := strings.TrimPrefix(text, "-")
	whole, fraction, _ := strings.Cut(digits, ".")
	fraction = strings.TrimRight(fraction, "0")
	missing := currency.Digits() - len(fraction)
	if whole == "" || missing < 0 || strings.Trim(whole+fraction, "0123456789") != "" {
		return Money{}, refused
	}
	value, err := strconv.ParseInt(whole+fraction+strings.Repeat("0", missing), 10, 64)
	if err != nil {
		return Money{}, refused
	}
	if strings.HasPrefix(text, "-") {
		value = -value
	}
	return Money{Value: value, Currency: currency}, nil
}

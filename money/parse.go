package money

import (
	"fmt"
	"strconv"
	"strings"
)

// ParseDecimal reads an amount in major units as other programs write it: -459.00, 68000, 1.5. Decimals beyond those of the currency must
// be zeros.
func ParseDecimal(text string, currency Currency) (Money, error) {
	refused := fmt.Errorf("%q is no amount of %s", text, currency)
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

package booking

import (
	"fmt"

	"github.com/bojanz/currency"
)

// Money is an amount in the currency's minor units as Stripe counts them: 45900 and USD are $459.00.
type Money struct {
	Value    int64    `json:"value"`
	Currency Currency `json:"currency"`
}

// maxCharge is the largest amount Stripe takes: eight digits (stripe.com/docs/currencies#minimum-and-maximum-charge-amounts).
const maxCharge = 99_999_999

// minCharge per currency, from the same page; it holds for accounts that settle in that currency.
var minCharge = map[Currency]int64{
	"USD": 50, "AED": 200, "AUD": 50, "BGN": 100, "BRL": 50, "CAD": 50, "CHF": 50, "CZK": 1500, "DKK": 250, "EUR": 50,
	"GBP": 30, "HKD": 400, "HUF": 17500, "INR": 50, "JPY": 50, "MXN": 1000, "MYR": 200, "NOK": 300, "NZD": 50, "PLN": 200,
	"RON": 200, "SEK": 300, "SGD": 50, "THB": 1000,
}

// defaultMinCharge is for currencies that the page does not name: Stripe refuses what converts to less than its
// settlement currency's minimum, which only Stripe can tell.
const defaultMinCharge = 1

// ValidateCharge tells whether Stripe takes the amount as a charge. It returns a *FieldError on amount.value or
// amount.currency.
func (m Money) ValidateCharge() error {
	if _, err := ParseCurrency(string(m.Currency)); err != nil {
		return err
	}
	refuse := func(problem, fix string) error {
		return &FieldError{Field: "amount.value", Problem: problem, Fix: fix}
	}
	least := max(minCharge[m.Currency], defaultMinCharge)
	switch {
	case m.Value < least:
		return refuse(fmt.Sprintf("is below the least that Stripe charges in %s", m.Currency),
			fmt.Sprintf("send %d or more, in minor units", least))
	case m.Value > maxCharge:
		return refuse("has more than the eight digits that Stripe takes", fmt.Sprintf("send at most %d, in minor units", maxCharge))
	case threeDecimal[m.Currency] && m.Value%10 != 0:
		return refuse(fmt.Sprintf("must end in 0: Stripe takes %s in hundredths, written as thousandths", m.Currency), "round to the nearest ten")
	case wholeUnits[m.Currency] && m.Value%100 != 0:
		return refuse(fmt.Sprintf("must end in 00: Stripe takes whole %s, written with two digits", m.Currency), "round to the nearest hundred")
	}
	return nil
}

// Format writes the amount for people: "$459.00", "٤٥٩٫٠٠ US$".
func (m Money) Format(l Locale) string {
	amount, err := currency.NewAmount(m.decimal(), string(m.Currency))
	if err != nil {
		return m.decimal() + " " + string(m.Currency) // a currency that the data does not know still reads
	}
	formatter := currency.NewFormatter(currency.NewLocale(string(l)))
	formatter.MinDigits, formatter.MaxDigits = uint8(m.shownDigits()), uint8(m.shownDigits()) // 0 to 3
	return formatter.Format(amount)
}

// shownDigits leaves out what is always zero.
func (m Money) shownDigits() int {
	if wholeUnits[m.Currency] {
		return 0
	}
	return m.Currency.Digits()
}

// decimal is the amount with its point, without floats: "459.00".
func (m Money) decimal() string {
	digits := m.Currency.Digits()
	sign, value := "", m.Value
	if value < 0 {
		sign, value = "-", -value
	}
	text := fmt.Sprintf("%0*d", digits+1, value)
	if digits == 0 {
		return sign + text
	}
	cut := len(text) - digits
	return sign + text[:cut] + "." + text[cut:]
}

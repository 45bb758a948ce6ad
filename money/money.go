// Package money is amounts and currencies: minor units, Stripe's rules for what can be charged, and amounts written for people. It
// imports validation alone.
package money

import (
	"cmp"
	"fmt"
	"math/big"
	"strconv"
	"strings"

	"github.com/bojanz/currency"

	"farebook/validation"
)

// Money is an amount in the currency's minor units as Stripe counts them: 45900 and USD are $459.00.
type Money struct {
	Value    int64    `json:"value"`
	Currency Currency `json:"currency"`
}

// maxCharge is the largest amount that Stripe takes in a currency, in minor units: eight digits
// (stripe.com/docs/currencies#minimum-and-maximum-charge-amounts), but for those of widerCharge.
const maxCharge = 99_999_999

// widerCharge are the currencies of which the same page takes more digits with every payment method. In IDR, eight digits would end below
// the price of most flights. For others (INR, COP, HUF, JPY, LBP) the page takes more with some cards alone: they keep eight.
var widerCharge = map[Currency]int64{"IDR": 999_999_999_999}

// MaxCharge is the most that can be charged in the currency, in minor units, rounded down to what the currency's special ending allows.
func (c Currency) MaxCharge() int64 {
	most := cmp.Or(widerCharge[c], maxCharge)
	return most - most%c.Step()
}

// minCharge per currency, in minor units, from the same page; it holds for accounts that settle in that currency.
var minCharge = map[Currency]int64{
	"USD": 50, "AED": 200, "AUD": 50, "BGN": 100, "BRL": 50, "CAD": 50, "CHF": 50, "CZK": 1500, "DKK": 250, "EUR": 50,
	"GBP": 30, "HKD": 400, "HUF": 17500, "INR": 50, "JPY": 50, "MXN": 1000, "MYR": 200, "NOK": 300, "NZD": 50, "PLN": 200,
	"RON": 200, "SEK": 300, "SGD": 50, "THB": 1000,
}

// defaultMinCharge is for currencies that the page does not name: there Stripe refuses what converts to less than the
// settlement currency's minimum, and only Stripe knows the rate.
const defaultMinCharge = 1

// MinCharge is the least that can be charged in the currency, in minor units: Stripe's minimum, rounded up to what the
// currency's special ending allows.
func (c Currency) MinCharge() int64 {
	least := max(minCharge[c], defaultMinCharge)
	if step := c.Step(); least%step != 0 {
		least += step - least%step
	}
	return least
}

// Step is what every amount must be a multiple of, in minor units.
func (c Currency) Step() int64 {
	switch {
	case threeDecimal[c]:
		return 10
	case wholeUnits[c]:
		return 100
	default:
		return 1
	}
}

// ValidateCharge tells whether Stripe takes the amount as a charge. It returns a *FieldError on amount.value or
// amount.currency, whose fix says which amounts are taken.
func (m Money) ValidateCharge() error {
	if _, err := ParseCurrency(string(m.Currency)); err != nil {
		return err
	}
	refuse := func(problem, fix string) error {
		return &validation.FieldError{Field: "amount.value", Problem: problem, Fix: fix}
	}
	least := m.Currency.MinCharge()
	switch {
	case m.Value < least:
		return refuse(fmt.Sprintf("is below the least that Stripe charges in %s", m.Currency),
			fmt.Sprintf("send %s or more", Money{least, m.Currency}.asValue()))
	case m.Value > m.Currency.MaxCharge():
		return refuse(fmt.Sprintf("is above the most that Stripe charges in %s", m.Currency), Money{m.Currency.MaxCharge(), m.Currency}.AtMost())
	}
	if problem, fix := m.wrongEnding(); problem != "" {
		return refuse(problem, fix)
	}
	return nil
}

// ValidateRefund tells whether Stripe takes the amount as a refund: above zero, and with the ending that the currency
// wants. It returns a *FieldError on amount.value.
func (m Money) ValidateRefund() error {
	problem, fix := m.wrongEnding()
	if m.Value < 1 {
		problem, fix = "is below 1", "send minor units above zero"
	}
	if problem == "" {
		return nil
	}
	return &validation.FieldError{Field: "amount.value", Problem: problem, Fix: fix}
}

// wrongEnding says what is wrong with the last digits of an amount, if anything.
func (m Money) wrongEnding() (problem, fix string) {
	switch step := m.Currency.Step(); {
	case step == 10 && m.Value%step != 0:
		return fmt.Sprintf("must end in 0: Stripe takes %s in hundredths, written as thousandths", m.Currency), "round to the nearest ten"
	case step == 100 && m.Value%step != 0:
		return fmt.Sprintf("must end in 00: Stripe takes whole %s, written with two digits", m.Currency), "round to the nearest hundred"
	}
	return "", ""
}

// Format writes the amount for people: "$459.00" in English, "459.00 US$" in Arabic, there with the invisible marks that
// keep number and currency in order among right-to-left text. Digits are Latin in both, as on tickets and boarding passes.
func (m Money) Format(l Locale) string {
	amount, err := currency.NewAmount(m.Decimal(), string(m.Currency))
	if err != nil {
		return m.Decimal() + " " + string(m.Currency) // a currency that the data does not know still reads
	}
	formatter := currency.NewFormatter(currency.NewLocale(string(l)))
	formatter.MinDigits, formatter.MaxDigits = uint8(m.shownDigits()), uint8(m.shownDigits()) // 0 to 3
	return formatter.Format(amount)
}

// Text writes minor units of a currency for an operator: Format in English. Errors and reasons of findings are written with it.
func Text(value int64, c Currency) string {
	return Money{Value: value, Currency: c}.Format(LocaleEN)
}

// asValue says what a field in minor units takes, beside what it stands for: "50 minor units ($0.50)".
func (m Money) asValue() string {
	return fmt.Sprintf("%d minor units (%s)", m.Value, m.Format(LocaleEN))
}

// AtMost is the fix of a field in minor units that is above the amount.
func (m Money) AtMost() string { return "send at most " + m.asValue() }

// shownDigits leaves out the two digits that Stripe keeps for compatibility alone. An amount that has something in them,
// which cannot be charged, is shown as it is rather than rounded.
func (m Money) shownDigits() int {
	if wholeUnits[m.Currency] && m.Value%100 == 0 {
		return 0
	}
	return m.Currency.Digits()
}

// Decimal is the amount with its point, without floats: "459.00".
func (m Money) Decimal() string {
	digits := m.Currency.Digits()
	sign, number := "", strconv.FormatInt(m.Value, 10)
	if m.Value < 0 {
		sign, number = "-", number[1:] // the text, because the lowest int64 has no positive twin
	}
	if digits == 0 {
		return sign + number
	}
	if short := digits + 1 - len(number); short > 0 {
		number = strings.Repeat("0", short) + number
	}
	cut := len(number) - digits
	return sign + number[:cut] + "." + number[cut:]
}

// Share is a percentage of the amount, rounded half up to what Stripe takes in the currency.
func (m Money) Share(percent int) Money {
	step := m.Currency.Step()
	// amount * percent / 100 / step, half up, in integers of any size.
	share := new(big.Int).Mul(big.NewInt(m.Value), big.NewInt(int64(percent)))
	divisor := big.NewInt(100 * step)
	share.Add(share, big.NewInt(50*step)).Div(share, divisor)
	return Money{Value: share.Int64() * step, Currency: m.Currency}
}

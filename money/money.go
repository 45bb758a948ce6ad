// Package money represents amounts and currencies: minor units, Stripe's limits on charges and refunds, and amounts formatted
// for people. It imports validation only, and does no I/O.
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

// Money is an amount in the minor units of its currency, as Stripe counts them: 45900 and USD are $459.00.
type Money struct {
	Value    int64    `json:"value"`
	Currency Currency `json:"currency"`
}

// maxCharge is the largest charge that Stripe accepts, in minor units: eight digits
// (stripe.com/docs/currencies#minimum-and-maximum-charge-amounts). widerCharge has the exceptions.
const maxCharge = 99_999_999

// widerCharge lists the currencies for which the same page allows more digits with every payment method. Eight digits of IDR
// are less than most flights cost. INR, COP, HUF, JPY and LBP allow more digits with some card brands only, so they keep eight.
var widerCharge = map[Currency]int64{"IDR": 999_999_999_999}

// MaxCharge returns the largest amount that can be charged in the currency, in minor units. It is a multiple of Step.
func (c Currency) MaxCharge() int64 {
	most := cmp.Or(widerCharge[c], maxCharge)
	return most - most%c.Step()
}

// minCharge is Stripe's minimum per currency, in minor units, from the same page. It applies to accounts that settle in that
// currency.
var minCharge = map[Currency]int64{
	"USD": 50, "AED": 200, "AUD": 50, "BGN": 100, "BRL": 50, "CAD": 50, "CHF": 50, "CZK": 1500, "DKK": 250, "EUR": 50,
	"GBP": 30, "HKD": 400, "HUF": 17500, "INR": 50, "JPY": 50, "MXN": 1000, "MYR": 200, "NOK": 300, "NZD": 50, "PLN": 200,
	"RON": 200, "SEK": 300, "SGD": 50, "THB": 1000,
}

// defaultMinCharge applies to currencies that the page does not list. Stripe then compares the converted amount with the
// minimum of the settlement currency, at a rate that only Stripe knows.
const defaultMinCharge = 1

// MinCharge returns the smallest amount that can be charged in the currency, in minor units: Stripe's minimum, rounded up to a
// multiple of Step.
func (c Currency) MinCharge() int64 {
	least := max(minCharge[c], defaultMinCharge)
	if step := c.Step(); least%step != 0 {
		least += step - least%step
	}
	return least
}

// Step returns the number of minor units of which every amount must be a multiple: 1, 10 or 100.
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

// ValidateCharge checks that Stripe accepts the amount as a charge. It returns nil or a *validation.FieldError on amount.value
// or amount.currency, whose fix says which amounts are accepted.
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

// ValidateRefund checks that Stripe accepts the amount as a refund: above zero and a multiple of Step. It returns nil or a
// *validation.FieldError on amount.value.
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

// wrongEnding describes what is wrong with the last digits of an amount. Both results are empty if nothing is.
func (m Money) wrongEnding() (problem, fix string) {
	switch step := m.Currency.Step(); {
	case step == 10 && m.Value%step != 0:
		return fmt.Sprintf("must end in 0: Stripe takes %s in hundredths, written as thousandths", m.Currency), "round to the nearest ten"
	case step == 100 && m.Value%step != 0:
		return fmt.Sprintf("must end in 00: Stripe takes whole %s, written with two digits", m.Currency), "round to the nearest hundred"
	}
	return "", ""
}

// Format formats the amount for people: "$459.00" in English, "459.00 US$" in Arabic. The Arabic form contains the invisible
// marks that keep number and currency in order within right-to-left text. Digits are Latin in both, as on tickets and boarding
// passes.
func (m Money) Format(l Locale) string {
	amount, err := currency.NewAmount(m.Decimal(), string(m.Currency))
	if err != nil {
		return m.Decimal() + " " + string(m.Currency) // currency's data does not know the code
	}
	formatter := currency.NewFormatter(currency.NewLocale(string(l)))
	formatter.MinDigits, formatter.MaxDigits = uint8(m.shownDigits()), uint8(m.shownDigits()) // at most 3
	return formatter.Format(amount)
}

// Text formats minor units of a currency for operators, in English. Errors and the reasons of findings use it.
func Text(value int64, c Currency) string {
	return Money{Value: value, Currency: c}.Format(LocaleEN)
}

// asValue describes a value for a field that takes minor units: "50 minor units ($0.50)".
func (m Money) asValue() string {
	return fmt.Sprintf("%d minor units (%s)", m.Value, m.Format(LocaleEN))
}

// AtMost returns the fix for a field whose value is above the amount.
func (m Money) AtMost() string { return "send at most " + m.asValue() }

// shownDigits leaves out the two decimals that Stripe requires to be 0. An amount in which they are not 0 cannot be charged,
// and is shown unrounded.
func (m Money) shownDigits() int {
	if wholeUnits[m.Currency] && m.Value%100 == 0 {
		return 0
	}
	return m.Currency.Digits()
}

// Decimal returns the amount as a decimal number without a currency: "459.00". It uses no floats.
func (m Money) Decimal() string {
	digits := m.Currency.Digits()
	sign, number := "", strconv.FormatInt(m.Value, 10)
	if m.Value < 0 {
		sign, number = "-", number[1:] // the digits are cut as text, because -math.MinInt64 overflows
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

// Share returns a percentage of the amount, rounded half up to a multiple of Step.
func (m Money) Share(percent int) Money {
	step := m.Currency.Step()
	// amount * percent / 100 / step, rounded half up, in arbitrary precision.
	share := new(big.Int).Mul(big.NewInt(m.Value), big.NewInt(int64(percent)))
	divisor := big.NewInt(100 * step)
	share.Add(share, big.NewInt(50*step)).Div(share, divisor)
	return Money{Value: share.Int64() * step, Currency: m.Currency}
}

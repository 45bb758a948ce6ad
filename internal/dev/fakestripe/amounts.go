package fakestripe

import (
	"fmt"
	"strconv"
	"strings"
)

var threeDecimal = map[string]bool{"bhd": true, "jod": true, "kwd": true, "omr": true, "tnd": true}

// wholeUnits lists the currencies that have two decimals of which both are always zero
// (stripe.com/docs/currencies#special-cases).
var wholeUnits = map[string]bool{"isk": true, "ugx": true}

// minimums maps a currency to its minimum charge amount in minor units
// (stripe.com/docs/currencies#minimum-and-maximum-charge-amounts).
var minimums = map[string]int64{
	"usd": 50, "aed": 200, "aud": 50, "bgn": 100, "brl": 50, "cad": 50, "chf": 50, "czk": 1500, "dkk": 250, "eur": 50, "gbp": 30,
	"hkd": 400, "huf": 17500, "inr": 50, "jpy": 50, "mxn": 1000, "myr": 200, "nok": 300, "nzd": 50, "pln": 200, "ron": 200,
	"sek": 300, "sgd": 50, "thb": 1000,
}

// maximums maps a currency to its maximum charge amount in minor units, where that differs from maximumAmount (same page as
// minimums).
var maximums = map[string]int64{"idr": 999_999_999_999}

const maximumAmount = 99_999_999

func checkAmount(amount int64, currency string) *apiError {
	switch {
	case len(currency) != 3:
		return invalid("", "currency", "Invalid currency: "+currency+".")
	case amount < 1:
		return invalid("parameter_invalid_integer", "amount", "This value must be greater than or equal to 1.")
	case amount > max(maximums[currency], maximumAmount):
		return invalid("amount_too_large", "amount", fmt.Sprintf("Amount must be no more than %d.", max(maximums[currency], maximumAmount)))
	case amount < minimums[currency]:
		return invalid("amount_too_small", "amount", fmt.Sprintf("Amount must be at least %d %s.", minimums[currency], currency))
	case threeDecimal[currency] && amount%10 != 0:
		return invalid("parameter_invalid_integer", "amount", "The last digit of a three-decimal amount must be 0.")
	case wholeUnits[currency] && amount%100 != 0:
		return invalid("parameter_invalid_integer", "amount", "The last two digits of an amount in "+currency+" must be 00.")
	}
	return nil
}

// standardFee returns Stripe's fee for a card payment in minor units: 2.9% plus 30 (100 in currencies
// with three decimals), rounded half up. It uses integers only.
func standardFee(amount int64, currency string) int64 {
	fixed := int64(30)
	if threeDecimal[currency] {
		fixed = 100
	}
	return (amount*29+500)/1000 + fixed
}

var zeroDecimal = map[string]bool{
	"bif": true, "clp": true, "djf": true, "gnf": true, "jpy": true, "kmf": true, "krw": true, "mga": true, "pyg": true, "rwf": true,
	"vnd": true, "vuv": true, "xaf": true, "xof": true, "xpf": true,
}

// formatAmount formats an amount as Stripe's error messages do: "$459.00" for dollars, with the currency code for any other currency.
func formatAmount(amount int64, currency string) string {
	text := decimal(amount, currency)
	if currency == "usd" {
		return "$" + text
	}
	return text + " " + currency
}

// decimal writes minor units in major units: 459.00, 68000, -0.005.
func decimal(amount int64, currency string) string {
	digits := 2
	switch {
	case zeroDecimal[currency]:
		return strconv.FormatInt(amount, 10)
	case threeDecimal[currency]:
		digits = 3
	}
	sign := ""
	if amount < 0 {
		sign, amount = "-", -amount
	}
	text := strconv.FormatInt(amount, 10)
	text = strings.Repeat("0", max(digits+1-len(text), 0)) + text
	return sign + text[:len(text)-digits] + "." + text[len(text)-digits:]
}

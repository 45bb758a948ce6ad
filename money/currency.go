package money

import (
	"maps"
	"slices"
	"strings"

	"github.com/bojanz/currency"

	"farebook/validation"
)

// Currency is an ISO 4217 code in upper case: "USD".
type Currency string

// zeroDecimal lists the currencies whose smallest unit at Stripe is the whole unit (stripe.com/docs/currencies#zero-decimal).
var zeroDecimal = set("BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF")

// threeDecimal lists the currencies whose minor unit is a thousandth. Stripe requires the last digit of such an amount to be 0
// (stripe.com/docs/currencies#three-decimal).
var threeDecimal = set("BHD", "JOD", "KWD", "OMR", "TND")

// wholeUnits lists the currencies that Stripe writes with two decimals for compatibility. Both must be 0
// (stripe.com/docs/currencies#special-cases).
var wholeUnits = set("ISK", "UGX")

// presentment lists the other currencies that Stripe charges in (stripe.com/docs/currencies#presentment-currencies).
var presentment = set(
	"AED", "AFN", "ALL", "AMD", "ANG", "AOA", "ARS", "AUD", "AWG", "AZN", "BAM", "BBD", "BDT", "BGN", "BMD", "BND", "BOB",
	"BRL", "BSD", "BWP", "BYN", "BZD", "CAD", "CDF", "CHF", "CNY", "COP", "CRC", "CVE", "CZK", "DKK", "DOP", "DZD", "EGP",
	"ETB", "EUR", "FJD", "FKP", "GBP", "GEL", "GIP", "GMD", "GTQ", "GYD", "HKD", "HNL", "HTG", "HUF", "IDR", "ILS", "INR",
	"JMD", "KES", "KGS", "KHR", "KYD", "KZT", "LAK", "LBP", "LKR", "LRD", "LSL", "MAD", "MDL", "MKD", "MMK", "MNT", "MOP",
	"MUR", "MVR", "MWK", "MXN", "MYR", "MZN", "NAD", "NGN", "NIO", "NOK", "NPR", "NZD", "PAB", "PEN", "PGK", "PHP", "PKR",
	"PLN", "QAR", "RON", "RSD", "RUB", "SAR", "SBD", "SCR", "SEK", "SGD", "SHP", "SLE", "SOS", "SRD", "STD", "SZL", "THB",
	"TJS", "TOP", "TRY", "TTD", "TWD", "TZS", "UAH", "USD", "UYU", "UZS", "WST", "XCD", "YER", "ZAR", "ZMW",
)

func set(codes ...string) map[Currency]bool {
	out := make(map[Currency]bool, len(codes))
	for _, code := range codes {
		out[Currency(code)] = true
	}
	return out
}

// Currencies returns all currencies that Stripe charges in, sorted.
func Currencies() []Currency {
	var all []Currency
	for _, some := range []map[Currency]bool{zeroDecimal, threeDecimal, wholeUnits, presentment} {
		all = slices.AppendSeq(all, maps.Keys(some))
	}
	slices.Sort(all)
	return all
}

// ParseCurrency accepts the upper-case ISO 4217 codes that Stripe charges in. Any other code is a *validation.FieldError on
// amount.currency.
func ParseCurrency(code string) (Currency, error) {
	if c := Currency(code); c.charged() {
		return c, nil
	}
	problem := &validation.FieldError{
		Field: "amount.currency", Problem: "is not a currency that Stripe charges in",
		Fix: "use an ISO 4217 code such as \"USD\"",
	}
	if upper := strings.ToUpper(code); Currency(upper).charged() {
		problem.Problem, problem.Fix = "must be in upper case", "send \""+upper+"\""
	}
	return "", problem
}

// charged reports whether Stripe charges in the currency.
func (c Currency) charged() bool {
	return zeroDecimal[c] || threeDecimal[c] || wholeUnits[c] || presentment[c]
}

// Digits returns the number of decimals in Stripe's amounts: 0, 2 or 3. It can differ from ISO 4217: Stripe writes ISK and UGX
// with two decimals, and MGA with none.
func (c Currency) Digits() int {
	switch {
	case zeroDecimal[c]:
		return 0
	case threeDecimal[c]:
		return 3
	default:
		return 2
	}
}

// Stripe returns the code as Stripe's API spells it: "usd".
func (c Currency) Stripe() string { return strings.ToLower(string(c)) }

// ISODigits returns the number of decimals by ISO 4217, by which other programs show the currency. It is 2 for an unknown code.
func (c Currency) ISODigits() int {
	digits, known := currency.GetDigits(string(c))
	if !known {
		return 2
	}
	return int(digits)
}

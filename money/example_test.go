package money_test

import (
	"errors"
	"fmt"

	"farebook/money"
	"farebook/validation"
)

// Amounts are minor units as Stripe counts them. Format writes them with the decimals that the currency has.
func ExampleMoney_Format() {
	for _, amount := range []money.Money{
		{Value: 45900, Currency: "USD"}, // two decimals
		{Value: 68000, Currency: "JPY"}, // none
		{Value: 45950, Currency: "OMR"}, // three
		{Value: -1500, Currency: "EUR"},
	} {
		fmt.Printf("%6d %s: %q\n", amount.Value, amount.Currency, amount.Format(money.LocaleEN))
	}
	// Output:
	//  45900 USD: "$459.00"
	//  68000 JPY: "¥68,000"
	//  45950 OMR: "OMR\u00a045.950"
	//  -1500 EUR: "-€15.00"
}

// Decimal writes the amount for other programs: no currency, no grouping.
func ExampleMoney_Decimal() {
	fmt.Println(money.Money{Value: 45900, Currency: "USD"}.Decimal())
	fmt.Println(money.Money{Value: 68000, Currency: "JPY"}.Decimal())
	fmt.Println(money.Money{Value: -5, Currency: "KWD"}.Decimal())
	// Output:
	// 459.00
	// 68000
	// -0.005
}

// A charge has to be within Stripe's limits for the currency, and end in the digits that Stripe takes. The error names the field,
// what is wrong with it, and what to send instead.
func ExampleMoney_ValidateCharge() {
	for _, amount := range []money.Money{
		{Value: 45900, Currency: "USD"},
		{Value: 49, Currency: "USD"},
		{Value: 100_000_000, Currency: "USD"},
		{Value: 1405, Currency: "OMR"},
	} {
		err := amount.ValidateCharge()
		var field *validation.FieldError
		if !errors.As(err, &field) {
			fmt.Println("Stripe takes", amount.Format(money.LocaleEN))
			continue
		}
		fmt.Printf("%s %s: %s\n", field.Field, field.Problem, field.Fix)
	}
	// Output:
	// Stripe takes $459.00
	// amount.value is below the least that Stripe charges in USD: send 50 minor units ($0.50) or more
	// amount.value is above the most that Stripe charges in USD: send at most 99999999 minor units ($999,999.99)
	// amount.value must end in 0: Stripe takes OMR in hundredths, written as thousandths: round to the nearest ten
}

// Currencies are upper-case ISO 4217 codes that Stripe charges in.
func ExampleParseCurrency() {
	usd, err := money.ParseCurrency("USD")
	fmt.Println(usd, usd.Digits(), err)
	_, err = money.ParseCurrency("usd")
	fmt.Println(err)
	_, err = money.ParseCurrency("XAU")
	fmt.Println(err)
	// Output:
	// USD 2 <nil>
	// amount.currency must be in upper case: send "USD"
	// amount.currency is not a currency that Stripe charges in: use an ISO 4217 code such as "USD"
}

// Limits differ by currency: USD from $0.50, JPY from ¥50, KWD in steps of ten thousandths.
func ExampleCurrency_MinCharge() {
	for _, currency := range []money.Currency{"USD", "JPY", "KWD"} {
		least, most := money.Text(currency.MinCharge(), currency), money.Text(currency.MaxCharge(), currency)
		fmt.Printf("%q to %q in steps of %d\n", least, most, currency.Step())
	}
	// Output:
	// "$0.50" to "$999,999.99" in steps of 1
	// "¥50" to "¥99,999,999" in steps of 1
	// "KWD\u00a00.010" to "KWD\u00a099,999.990" in steps of 10
}

// A share is rounded half up, to an amount that Stripe takes.
func ExampleMoney_Share() {
	fmt.Println(money.Money{Value: 45901, Currency: "USD"}.Share(50).Decimal())
	fmt.Println(money.Money{Value: 140510, Currency: "KWD"}.Share(50).Decimal())
	// Output:
	// 229.51
	// 70.260
}

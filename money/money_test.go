package money_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/money"
	"farebook/validation"
)

func TestParseCurrency(t *testing.T) {
	t.Parallel()
	for _, code := range []string{"USD", "EUR", "JPY", "KWD", "ISK", "AED", "UGX"} {
		parsed, err := money.ParseCurrency(code)
		require.NoError(t, err)
		require.Equal(t, money.Currency(code), parsed)
		require.Equal(t, strings.ToLower(code), parsed.Stripe())
	}
	for _, code := range []string{"", "usd", "Usd", "XXX", "XAU", "US", "USDX", "USD ", "USD\x00", "ＵＳＤ", "UЅD", "BTC", "' OR 1=1", "HRK"} {
		_, err := money.ParseCurrency(code)
		var field *validation.FieldError
		require.ErrorAs(t, err, &field, "%q", code)
		require.Equal(t, "amount.currency", field.Field)
		require.NotEmpty(t, field.Fix)
	}
	_, err := money.ParseCurrency("usd")
	require.ErrorContains(t, err, `send "USD"`)
	// Codes of ISO 4217 in which Stripe charges nothing: another spelling of them helps nobody.
	for _, code := range []string{"KPW", "kpw", "irr", "zzz"} {
		_, err := money.ParseCurrency(code)
		require.ErrorContains(t, err, "is not a currency that Stripe charges in", code)
	}
}

// The lists of stripe.com/docs/currencies, spelled out again: a slip in one of them is a charge a hundred times too large.
func TestDigits(t *testing.T) {
	t.Parallel()
	for digits, codes := range map[int]string{
		0: "BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF",
		2: "USD EUR GBP AED SAR EGP INR HUF TWD ISK UGX",
		3: "BHD JOD KWD OMR TND",
	} {
		for _, code := range strings.Fields(codes) {
			currency, err := money.ParseCurrency(code)
			require.NoError(t, err)
			require.Equal(t, digits, currency.Digits(), code)
		}
	}
}

// The table of stripe.com/docs/currencies#minimum-and-maximum-charge-amounts in major units, as it stands there.
func TestMinimumCharges(t *testing.T) {
	t.Parallel()
	for code, least := range map[money.Currency]string{
		"USD": "0.50", "AED": "2.00", "AUD": "0.50", "BGN": "1.00", "BRL": "0.50", "CAD": "0.50", "CHF": "0.50", "CZK": "15.00",
		"DKK": "2.50", "EUR": "0.50", "GBP": "0.30", "HKD": "4.00", "HUF": "175.00", "INR": "0.50", "JPY": "50", "MXN": "10.00",
		"MYR": "2.00", "NOK": "3.00", "NZD": "0.50", "PLN": "2.00", "RON": "2.00", "SEK": "3.00", "SGD": "0.50", "THB": "10.00",
		// The page names none for these: the least that their digits allow.
		"SAR": "0.01", "KRW": "1", "KWD": "0.010", "ISK": "1.00", "UGX": "1.00",
	} {
		var minor int64
		_, err := fmt.Sscan(strings.TrimLeft(strings.ReplaceAll(least, ".", ""), "0"), &minor)
		require.NoError(t, err)
		require.Equal(t, minor, code.MinCharge(), code)
		require.NoError(t, money.Money{Value: minor, Currency: code}.ValidateCharge(), code)
		require.Error(t, money.Money{Value: minor - 1, Currency: code}.ValidateCharge(), code)
	}
}

func TestValidateCharge(t *testing.T) {
	t.Parallel()
	for _, good := range []money.Money{
		{Value: 45900, Currency: "USD"},
		{Value: 99_999_999, Currency: "USD"},
		{Value: 99_999_999, Currency: "JPY"},
		{Value: 150_000_000, Currency: "IDR"},
		{Value: 999_999_999_999, Currency: "IDR"},
		{Value: 1000, Currency: "KWD"},
		{Value: 99_999_990, Currency: "KWD"},
		{Value: 100, Currency: "ISK"},
		{Value: 99_999_900, Currency: "UGX"},
	} {
		require.NoError(t, good.ValidateCharge(), "%+v", good)
	}
	for _, bad := range []struct {
		money money.Money
		says  string
	}{
		{money.Money{Value: 0, Currency: "USD"}, "send 50 minor units ($0.50) or more"},
		{money.Money{Value: -1, Currency: "USD"}, "send 50 minor units ($0.50) or more"},
		{money.Money{Value: math.MinInt64, Currency: "USD"}, "send 50 minor units ($0.50) or more"},
		{money.Money{Value: 100_000_000, Currency: "USD"}, "send at most 99999999"},
		{money.Money{Value: 1<<53 + 1, Currency: "USD"}, "send at most 99999999"},
		{money.Money{Value: math.MaxInt64, Currency: "JPY"}, "send at most 99999999"},
		{money.Money{Value: 1_000_000_000_000, Currency: "IDR"}, "send at most 999999999999 minor units (IDR"},
		{money.Money{Value: 100_000_000, Currency: "USD"}, "send at most 99999999 minor units ($999,999.99)"},
		{money.Money{Value: 100_000_000, Currency: "KWD"}, "send at most 99999990"},
		{money.Money{Value: 100_000_000, Currency: "ISK"}, "send at most 99999900"},
		{money.Money{Value: 45901, Currency: "KWD"}, "must end in 0"},
		{money.Money{Value: 45910, Currency: "ISK"}, "must end in 00"},
		{money.Money{Value: 45901, Currency: "UGX"}, "must end in 00"},
		{money.Money{Value: 5, Currency: "KWD"}, "send 10 minor units ("},
	} {
		err := bad.money.ValidateCharge()
		var field *validation.FieldError
		require.ErrorAs(t, err, &field, "%+v", bad.money)
		require.Equal(t, "amount.value", field.Field)
		require.ErrorContains(t, err, bad.says)
	}
	var field *validation.FieldError
	require.ErrorAs(t, money.Money{Value: 45900, Currency: "usd"}.ValidateCharge(), &field)
	require.Equal(t, "amount.currency", field.Field)
}

func TestFormat(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		value    int64
		currency money.Currency
		english  string
		arabic   string
	}{
		{45900, "USD", "$459.00", "\u200f459.00\u00a0US$"},
		{5, "USD", "$0.05", "\u200f0.05\u00a0US$"},
		{0, "USD", "$0.00", "\u200f0.00\u00a0US$"},
		{-45900, "EUR", "-€459.00", "\u200f\u200e-459.00\u00a0€"},
		{1234567, "AED", "AED\u00a012,345.67", "\u200f12,345.67\u00a0د.إ.\u200f"},
		{123456789, "JPY", "¥123,456,789", "\u200f123,456,789\u00a0JP¥"},
		{1234560, "KWD", "KWD\u00a01,234.560", "\u200f1,234.560\u00a0د.ك.\u200f"},
		{45900, "MGA", "MGA\u00a045,900", "\u200f45,900\u00a0MGA"}, // ISO has two digits here, Stripe none
		{150000, "ISK", "ISK\u00a01,500", "\u200f1,500\u00a0ISK"},
		{150050, "ISK", "ISK\u00a01,500.50", "\u200f1,500.50\u00a0ISK"}, // shown as it is, never rounded
		{45900, "STD", "459.00 STD", "459.00 STD"},                      // withdrawn from ISO 4217, still at Stripe
	} {
		amount := money.Money{Value: c.value, Currency: c.currency}
		require.Equal(t, c.english, amount.Format(money.LocaleEN))
		require.Equal(t, c.arabic, amount.Format(money.LocaleAR))
	}
}

func TestFormatOfTheLowestAmount(t *testing.T) {
	t.Parallel()
	require.Equal(t, "-92233720368547758.08 XXX", money.Money{Value: math.MinInt64, Currency: "XXX"}.Format(money.LocaleEN))
}

// FuzzFormat: whatever the amount, the digits that people read are the digits that are charged.
func FuzzFormat(f *testing.F) {
	for _, value := range []int64{0, 1, -1, 9, 10, 99, 100, 45900, math.MaxInt64, math.MinInt64} {
		f.Add(value, "USD")
		f.Add(value, "JPY")
		f.Add(value, "KWD")
		f.Add(value, "ISK")
	}
	f.Fuzz(func(t *testing.T, value int64, code string) {
		currency, err := money.ParseCurrency(code)
		if err != nil {
			return
		}
		text := money.Money{Value: value, Currency: currency}.Format(money.LocaleEN)
		digits := strings.Map(func(r rune) rune {
			if r >= '0' && r <= '9' {
				return r
			}
			return -1
		}, text)
		want := strings.TrimPrefix(fmt.Sprint(value), "-")
		if currency.MinCharge()%100 == 0 && currency.Digits() == 2 && value%100 == 0 && !strings.Contains(text, ".") {
			want = strings.TrimSuffix(want, "00") // ISK, UGX: the two digits that are always zero are left out
		}
		require.Equal(t, strings.TrimLeft(want, "0"), strings.TrimLeft(digits, "0"), text)
		require.Equal(t, value < 0, strings.HasPrefix(text, "-"), text)
	})
}

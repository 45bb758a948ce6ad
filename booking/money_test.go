package booking_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/booking"
)

func TestParseCurrency(t *testing.T) {
	t.Parallel()
	for _, code := range []string{"USD", "EUR", "JPY", "KWD", "ISK", "AED", "UGX"} {
		parsed, err := booking.ParseCurrency(code)
		require.NoError(t, err)
		require.Equal(t, booking.Currency(code), parsed)
	}
	for _, code := range []string{"", "usd", "Usd", "XXX", "US", "USDX", "USD ", "ＵＳＤ", "BTC"} {
		_, err := booking.ParseCurrency(code)
		var field *booking.FieldError
		require.ErrorAs(t, err, &field, "%q", code)
		require.Equal(t, "amount.currency", field.Field)
	}
	_, err := booking.ParseCurrency("usd")
	require.ErrorContains(t, err, `send "USD"`)
}

func TestDigits(t *testing.T) {
	t.Parallel()
	for code, digits := range map[booking.Currency]int{"USD": 2, "JPY": 0, "KRW": 0, "KWD": 3, "TND": 3, "ISK": 2, "UGX": 2, "MGA": 0} {
		require.Equal(t, digits, code.Digits(), code)
	}
}

func TestValidateCharge(t *testing.T) {
	t.Parallel()
	for _, good := range []booking.Money{
		{50, "USD"}, {99_999_999, "USD"}, {45900, "USD"}, {50, "JPY"}, {1000, "KWD"}, {100, "ISK"}, {30, "GBP"}, {200, "AED"},
	} {
		require.NoError(t, good.ValidateCharge(), "%+v", good)
	}
	for _, bad := range []booking.Money{
		{0, "USD"}, {-1, "USD"}, {49, "USD"}, {100_000_000, "USD"}, {1 << 53, "USD"}, {1<<63 - 1, "USD"}, {-1 << 63, "USD"},
		{1001, "KWD"}, {150, "ISK"}, {101, "UGX"}, {29, "GBP"}, {199, "AED"},
	} {
		var field *booking.FieldError
		require.ErrorAs(t, bad.ValidateCharge(), &field, "%+v", bad)
		require.Equal(t, "amount.value", field.Field)
		require.NotEmpty(t, field.Fix)
	}
}

func TestFormat(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		money  booking.Money
		locale booking.Locale
		want   string
	}{
		{booking.Money{45900, "USD"}, booking.LocaleEN, "$459.00"},
		{booking.Money{5, "USD"}, booking.LocaleEN, "$0.05"},
		{booking.Money{123456789, "JPY"}, booking.LocaleEN, "¥123,456,789"},
		{booking.Money{1234560, "KWD"}, booking.LocaleEN, "KWD\u00a01,234.560"},
		{booking.Money{150000, "ISK"}, booking.LocaleEN, "ISK\u00a01,500"},
		{booking.Money{-45900, "EUR"}, booking.LocaleEN, "-€459.00"},
	} {
		require.Equal(t, c.want, c.money.Format(c.locale))
	}
	arabic := booking.Money{45900, "USD"}.Format(booking.LocaleAR)
	require.Contains(t, arabic, "US$")
	require.NotEqual(t, "$459.00", arabic)
}

func TestReference(t *testing.T) {
	t.Parallel()
	seen := map[booking.Reference]bool{}
	for range 1000 {
		reference := booking.NewReference()
		parsed, err := booking.ParseReference(string(reference))
		require.NoError(t, err)
		require.Equal(t, reference, parsed)
		require.False(t, seen[reference])
		seen[reference] = true
	}
	for _, text := range []string{"", "FB-", "fb-7k2m9qxa", "FB-7K2M9QX", "FB-7K2M9QXAA", "FB-7K2M9QXI", "FB-7K2M9QX ", "1=1", "../", "FB-7K2M9Q%A"} {
		_, err := booking.ParseReference(text)
		var field *booking.FieldError
		require.ErrorAs(t, err, &field, "%q", text)
	}
}

func TestErrorsDoNotQuoteValues(t *testing.T) {
	t.Parallel()
	errs := booking.FieldErrors{{Field: "customer.email", Problem: "is not a mail address", Fix: "send one"}, {Field: "a", Problem: "b"}}
	require.Equal(t, "customer.email is not a mail address: send one; a b", errs.Error())
	require.False(t, errors.Is(errs, nil))
}

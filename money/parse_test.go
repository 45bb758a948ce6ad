package money_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/money"
	"farebook/validation"
)

func TestDecimalsAreRead(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]money.Money{
		"459.00":               {Value: 45900, Currency: "USD"},
		"459":                  {Value: 45900, Currency: "USD"},
		"-459.5":               {Value: -45950, Currency: "USD"},
		"1.50000":              {Value: 150, Currency: "USD"},
		"68000":                {Value: 68000, Currency: "JPY"},
		"68000.00":             {Value: 68000, Currency: "JPY"},
		"1.005":                {Value: 1005, Currency: "KWD"},
		"92233720368547758.07": {Value: 9223372036854775807, Currency: "USD"},
	} {
		read, err := money.ParseDecimal(text, want.Currency)
		require.NoError(t, err, text)
		require.Equal(t, want, read, text)
	}
}

func TestDecimalsThatAreRefused(t *testing.T) {
	t.Parallel()
	for text, currency := range map[string]money.Currency{
		"1.001": "USD", "1.5": "JPY", "1.0001": "KWD", "": "USD", "-": "USD", ".5": "USD", "+1": "USD", "--1": "USD", "1e3": "USD",
		"1,000": "USD", "1 000": "USD", "0x10": "USD", "1_000": "USD", "1.-5": "USD", "1.5.0": "USD", "٤٥٩": "USD",
		"92233720368547758.08": "USD",
	} {
		_, err := money.ParseDecimal(text, currency)
		require.ErrorContains(t, err, "is not an amount", text)
	}
}

// The error shows an amount in the currency's decimals, and nothing of the text.
func TestRefusedDecimalsNameAnAmount(t *testing.T) {
	t.Parallel()
	for currency, says := range map[money.Currency]string{
		"USD": "such as -459.00, with 2 decimals", "JPY": "such as -45900, with 0 decimals", "KWD": "such as -45.900, with 3 decimals",
	} {
		_, err := money.ParseDecimal("secret", currency)
		require.ErrorContains(t, err, says)
		require.NotContains(t, err.Error(), "secret")
	}
}

func TestRefundsAreAboveZeroAndEndAsChargesDo(t *testing.T) {
	t.Parallel()
	require.NoError(t, money.Money{Value: 1, Currency: "USD"}.ValidateRefund())
	require.NoError(t, money.Money{Value: 10, Currency: "KWD"}.ValidateRefund())
	for says, bad := range map[string]money.Money{
		"is below 1":     {Value: 0, Currency: "USD"},
		"minor units":    {Value: -10, Currency: "KWD"},
		"must end in 0":  {Value: 15, Currency: "KWD"},
		"must end in 00": {Value: 110, Currency: "ISK"},
	} {
		err := bad.ValidateRefund()
		var field *validation.FieldError
		require.ErrorAs(t, err, &field, says)
		require.Equal(t, "amount.value", field.Field)
		require.ErrorContains(t, err, says)
	}
}

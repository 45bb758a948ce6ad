package money

import (
	"math/big"
	"strings"
	"testing"
)

// Money written with its decimals is the same amount: no digit is lost or gained, in any currency and language, and a share
// of it is an amount that Stripe takes.
func FuzzMoney(f *testing.F) {
	currencies := []Currency{"USD", "JPY", "KWD", "ISK", "UGX", "MGA", "AED", "XXX", ""}
	f.Add(int64(45900), uint8(0), 50)
	f.Add(int64(-9223372036854775808), uint8(2), 100)
	f.Add(int64(9223372036854775807), uint8(4), 33)
	f.Add(int64(0), uint8(8), 0)
	f.Fuzz(func(t *testing.T, value int64, currency uint8, percent int) {
		m := Money{value, currencies[int(currency)%len(currencies)]}
		written, ok := new(big.Rat).SetString(m.Decimal())
		if !ok {
			t.Fatalf("%q is no number", m.Decimal())
		}
		scale := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(m.Currency.Digits())), nil)
		if minor := written.Mul(written, new(big.Rat).SetInt(scale)); !minor.IsInt() || minor.Num().Cmp(big.NewInt(value)) != 0 {
			t.Fatalf("%d is written %q", value, m.Decimal())
		}
		if value != -9223372036854775808 { // its digits alone are above the largest amount
			read, err := ParseDecimal(m.Decimal(), m.Currency)
			if err != nil || read != m {
				t.Fatalf("%d is read as %d: %v", value, read.Value, err)
			}
		}
		for _, locale := range []Locale{LocaleEN, LocaleAR, "fr", ""} {
			requireSameDigits(t, m, m.Format(locale))
		}
		if m.ValidateCharge() == nil && (value <= 0 || value > m.Currency.MaxCharge()) {
			t.Fatalf("a charge of %d is taken", value)
		}
		if percent >= 0 && percent <= 100 && value >= 0 && value <= maxCharge && value%m.Currency.Step() == 0 { // as charges are
			requireShare(t, m, percent)
		}
	})
}

func requireSameDigits(t *testing.T, m Money, formatted string) {
	t.Helper()
	digits := strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, formatted)
	want := strings.NewReplacer("-", "", ".", "").Replace(m.Decimal())
	if digits == "" || m.shownDigits() == m.Currency.Digits() && strings.TrimLeft(digits, "0") != strings.TrimLeft(want, "0") {
		t.Fatalf("%s %s is formatted %q", m.Decimal(), m.Currency, formatted)
	}
}

func requireShare(t *testing.T, m Money, percent int) {
	t.Helper()
	share := m.Share(percent)
	if share.Value < 0 || share.Value > m.Value || share.Value%m.Currency.Step() != 0 {
		t.Fatalf("%d %% of %v is %v", percent, m, share)
	}
}

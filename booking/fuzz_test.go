package booking

import (
	"math/big"
	"strings"
	"testing"
	"time"
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
		for _, locale := range []Locale{LocaleEN, LocaleAR, "fr", ""} {
			requireSameDigits(t, m, m.Format(locale))
		}
		if m.ValidateCharge() == nil && (value <= 0 || value > m.Currency.MaxCharge()) {
			t.Fatalf("a charge of %d is taken", value)
		}
		if percent >= 0 && percent <= 100 && value >= 0 && value <= maxCharge && value%m.Currency.step() == 0 { // as charges are
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
	if share.Value < 0 || share.Value > m.Value || share.Value%m.Currency.step() != 0 {
		t.Fatalf("%d %% of %v is %v", percent, m, share)
	}
	refunded := m.Value / 3
	quote := Policy{{1, percent}}.Quote(m, refunded, time.Unix(100_000, 0), time.Unix(0, 0))
	if quote.Refund.Value < 0 || quote.Kept.Value < 0 || quote.Refund.Value+refunded > m.Value {
		t.Fatalf("the quote of %v is %+v", m, quote)
	}
}

// A text that is taken for a refund's id, a currency, a policy or an address is one that can be stored, printed and mailed.
func FuzzTexts(f *testing.F) {
	for _, seed := range []string{
		"FB-7K2M9QXA", "RF-7K2M9QXA", "USD", "usd", "168:100,48:50", "a@b.co", "Layla", "=?utf-8?q?x?=", "a\u00a0b", "t.me/x", "x\u202ey",
		"M.de Vries", "\"a b\"@example.com", "a@b..co", "http://example.com", "ليلى حداد", "\u3000", "168:100,168:50",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if id, err := ParseRefundID(text); err == nil && (string(id) != text || len(text) != 11) {
			t.Fatalf("a refund's id: %q", text)
		}
		if currency, err := ParseCurrency(text); err == nil && (len(currency) != 3 || strings.ToUpper(text) != text) {
			t.Fatalf("a currency: %q", text)
		}
		requirePolicy(t, text)
		var email violations
		validateEmail(&email, "email", text)
		if len(email.found) == 0 && (len(text) > 254 || strings.Count(text, "@") != 1 || strings.ContainsAny(text, " <>,;")) {
			t.Fatalf("an address: %q", text)
		}
		if plain := PlainSpaces(text); PlainSpaces(plain) != plain {
			t.Fatalf("%q has plain spaces only the second time", text)
		}
	})
}

func requirePolicy(t *testing.T, text string) {
	t.Helper()
	policy, err := ParsePolicy(text)
	if err != nil {
		return
	}
	for i := 1; i < len(policy); i++ {
		if policy[i].HoursBefore >= policy[i-1].HoursBefore || policy[i].Percent > policy[i-1].Percent {
			t.Fatalf("a policy that gives more the later: %q", text)
		}
	}
}

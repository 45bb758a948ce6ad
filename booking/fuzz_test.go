package booking

import (
	"strings"
	"testing"
	"time"

	"farebook/money"
	"farebook/validation"
)

// A quote of a cancellation gives back no more than is left of the amount.
func FuzzQuote(f *testing.F) {
	f.Add(int64(45900), 50)
	f.Add(int64(99_999_999), 33)
	f.Add(int64(0), 0)
	f.Fuzz(func(t *testing.T, value int64, percent int) {
		m := money.Money{Value: value, Currency: "USD"}
		if value < 0 || value > m.Currency.MaxCharge() || percent < 0 || percent > 100 { // a charge, and a share of it
			return
		}
		refunded := m.Value / 3
		quote := Policy{{1, percent}}.Quote(m, refunded, time.Unix(100_000, 0), time.Unix(0, 0))
		if quote.Refund.Value < 0 || quote.Kept.Value < 0 || quote.Refund.Value+refunded > m.Value {
			t.Fatalf("the quote of %v is %+v", m, quote)
		}
	})
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
		id, err := ParseRefundID(text)
		if err == nil && (string(id) != text || len(text) != 11) {
			t.Fatalf("a refund's id: %q", text)
		}
		currency, err := money.ParseCurrency(text)
		if err == nil && (len(currency) != 3 || strings.ToUpper(text) != text) {
			t.Fatalf("a currency: %q", text)
		}
		requirePolicy(t, text)
		var email validation.Violations
		validateEmail(&email, "email", text)
		if email.Err() == nil && (len(text) > 254 || strings.Count(text, "@") != 1 || strings.ContainsAny(text, " <>,;")) {
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

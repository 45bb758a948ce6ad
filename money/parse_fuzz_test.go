package money

import (
	"math/big"
	"testing"
)

// Whatever text stands in a file, what is read of it is the number that the text is, and is written as a number that is read as the same.
func FuzzParseDecimal(f *testing.F) {
	currencies := []Currency{"USD", "JPY", "KWD", "ISK"}
	for _, text := range []string{"459.00", "-1.5", "68000", "0.0100", "1.001", "-", ".", "1e3", "9223372036854775807", "-00.1"} {
		f.Add(text, uint8(0))
	}
	f.Fuzz(func(t *testing.T, text string, currency uint8) {
		c := currencies[int(currency)%len(currencies)]
		read, err := ParseDecimal(text, c)
		if err != nil {
			return
		}
		scale := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(c.Digits())), nil)
		want, ok := new(big.Rat).SetString(text)
		if !ok || want.Mul(want, new(big.Rat).SetInt(scale)).Cmp(new(big.Rat).SetInt64(read.Value)) != 0 {
			t.Fatalf("%q is read as %d of %s", text, read.Value, c)
		}
		if again, err := ParseDecimal(read.Decimal(), c); err != nil || again != read {
			t.Fatalf("%q is written as %q, which is read as %d: %v", text, read.Decimal(), again.Value, err)
		}
	})
}

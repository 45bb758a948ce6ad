package finance_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/finance"
)

// Whatever bytes a file from Stripe's dashboard is made of, a line is read as the file has it, or refused by its line.
func FuzzStripeFile(f *testing.F) {
	f.Add(stripeHeader + "txn_1PabcDEF,2026-11-03 09:15:00,usd,459.00,13.61,445.39,charge\n")
	f.Add("\ufeff" + strings.ToUpper(stripeHeader) + "txn_1,2026-11-03 09:15:00,jpy,68000,0,68000,charge\r\n")
	f.Add(stripeHeader + "txn_1,2026-11-03 09:15:00,usd,\"1\n2\",0,0,charge\n")
	f.Add(stripeHeader + "\"\n")
	f.Add("")
	f.Fuzz(func(t *testing.T, text string) {
		file, err := finance.NewStripeFile(strings.NewReader(text))
		var wrong *finance.StripeFileError
		if err != nil {
			require.ErrorAs(t, err, &wrong)
			return
		}
		last := 1
		lines, err := file.Batch(1000)
		for _, line := range lines {
			require.Greater(t, line.Line, last)
			last = line.Line
			require.Contains(t, text, line.ID)
			require.Len(t, line.Currency, 3)
			require.False(t, line.CreatedAt.IsZero())
		}
		require.True(t, err == nil || errors.As(err, &wrong) && wrong.Line > last, "%v", err)
	})
}

package access_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/access"
	"farebook/money"
)

func TestALimitCountsActionsAndDays(t *testing.T) {
	t.Parallel()
	limits := access.Limits{access.Support: {"USD": {Action: 500_00, Day: 1200_00}}}
	for _, c := range []struct {
		role        access.Role
		value, used int64
		currency    money.Currency
		says        string // empty for what is within the limits
	}{
		{access.Support, 500_00, 0, "USD", ""},
		{access.Support, 500_00, 700_00, "USD", ""},
		{access.Support, 500_01, 0, "USD", "the limit of the role support, which is $500.00 at once and $1,200.00 a day; $1,200.00"},
		{access.Support, 500_00, 700_01, "USD", "$499.99 of that is left today"},
		{access.Support, 1, 1200_00, "USD", "$0.00 of that is left today"},
		{access.Support, 1, 9000_00, "USD", "$0.00 of that is left today"}, // the limit was lowered
		{access.Support, 1, 0, "EUR", "the role support has no limit in EUR"},
		{access.Finance, 9000_00, 9000_00, "USD", ""},
		{access.Finance, 1, 0, "EUR", ""},
	} {
		err := limits.Check(c.role, money.Money{Value: c.value, Currency: c.currency}, c.used)
		if c.says == "" {
			require.NoError(t, err, "%+v", c)
			continue
		}
		var above *access.AboveLimitError
		require.ErrorAs(t, err, &above, "%+v", c)
		require.ErrorContains(t, err, c.says)
	}
	require.NoError(t, access.Limits(nil).Check(access.Support, money.Money{Value: 1, Currency: "USD"}, 0), "nobody is limited")
}

func TestADayOfALimitIsOneOfUTC(t *testing.T) {
	t.Parallel()
	east := time.FixedZone("east", 14*3600)
	midnight := time.Date(2026, time.November, 26, 0, 0, 0, 0, time.UTC)
	require.Equal(t, midnight.AddDate(0, 0, -1), access.DayOf(time.Date(2026, time.November, 26, 13, 59, 0, 0, east)))
	require.Equal(t, midnight, access.DayOf(time.Date(2026, time.November, 26, 14, 0, 0, 0, east)))
}

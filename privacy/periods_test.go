package privacy_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/privacy"
)

func TestPeriodsAreRead(t *testing.T) {
	t.Parallel()
	periods, err := privacy.ParsePeriods("answers:400, travellers:3650")
	require.NoError(t, err)
	require.Equal(t, privacy.Periods{privacy.Answers: 400 * 24 * time.Hour, privacy.Travellers: 3650 * 24 * time.Hour}, periods)
	require.Equal(t, "answers:400,travellers:3650", periods.String())
	for _, text := range []string{"", "none"} {
		periods, err := privacy.ParsePeriods(text)
		require.NoError(t, err)
		require.Empty(t, periods)
	}
}

func TestPeriodsThatAreRefused(t *testing.T) {
	t.Parallel()
	for text, says := range map[string]string{
		"answer:400": "GROUP:DAYS", "answers": "a number of days", "answers:29": "from 30", "answers:x": "a number of days",
		"answers:400,answers:500": "twice", ",": "GROUP:DAYS", "none,answers:400": "GROUP:DAYS", "answers:99999": "to 36600",
	} {
		_, err := privacy.ParsePeriods(text)
		require.ErrorContains(t, err, says, text)
	}
}

// Each group is emptied somewhere, and a table is classified once.
func TestGroupsAndTables(t *testing.T) {
	t.Parallel()
	for _, group := range privacy.Groups() {
		require.NotEmpty(t, privacy.OfGroup(group), group)
	}
	seen := map[string]bool{}
	for _, table := range privacy.Tables() {
		require.False(t, seen[table.Name], table.Name)
		seen[table.Name] = true
		require.True(t, !table.Exported || len(table.Rows) > 0, "%s has no rows about a booking to export", table.Name)
	}
}

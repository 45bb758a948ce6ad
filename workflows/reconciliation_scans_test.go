package workflows

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"farebook/activities"
	_ "farebook/internal/dev/pinned" // the same draws each time
	"farebook/reconciliation"
)

// Whatever is cut, the parts are the whole without gap or overlap, the newest first, and the cursor stays with the newest.
func TestCutLosesNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		from := time.Unix(rapid.Int64Range(0, 2e9).Draw(t, "from"), 0).UTC()
		to := from.Add(time.Duration(rapid.Int64Range(1, 4e7).Draw(t, "seconds")) * time.Second)
		in := activities.ScanInput{RunID: 1, Window: reconciliation.Window{From: from, To: to}, After: "txn_1", Pages: 4}
		parts := cut(in, rapid.IntRange(-1, 20).Draw(t, "parts"))
		require.NotEmpty(t, parts)
		require.Equal(t, to, parts[0].Window.To)
		require.Equal(t, "txn_1", parts[0].After)
		for i, part := range parts[1:] {
			require.Equal(t, parts[i].Window.From, part.Window.To)
			require.Empty(t, part.After)
		}
		for _, part := range parts {
			require.True(t, part.Window.From.Before(part.Window.To))
		}
		require.Equal(t, from, parts[len(parts)-1].Window.From)
	})
}

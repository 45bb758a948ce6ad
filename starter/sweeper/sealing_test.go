package sweeper_test

import (
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/testkit"
	"farebook/starter/sweeper"
	"farebook/store"
)

// checkSealing checks with three processes at once, and returns the open matters about sealing.
func checkSealing(t *testing.T, books *testkit.Books) []store.AttentionItem {
	t.Helper()
	check := sweeper.SealingCheck{Store: books.Store, Dispatch: books.Dispatch, Log: slog.New(slog.DiscardHandler)}
	var processes sync.WaitGroup
	for range 3 {
		processes.Go(func() {
			if err := check.Check(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	processes.Wait()
	items, err := books.Store.AttentionItems(t.Context(), store.AttentionFilter{Kind: store.AttentionSealingOverdue, Limit: 10})
	require.NoError(t, err)
	return items
}

func sealingEmails(t *testing.T, books *testkit.Books) int {
	t.Helper()
	return books.Count(t, "SELECT COUNT(*) FROM emails WHERE kind = 'sealing_overdue' AND audience = 'finance'")
}

func posted(t *testing.T, books *testkit.Books) {
	t.Helper()
	books.Exec(t, fmt.Sprintf(`INSERT INTO financial_ledger (type, operation_key, description, posted_at, effective_at, effective_basis)
		VALUES ('correction', UUID(), 'a test', '%[1]s', '%[1]s', 'person')`, books.Clock.Now().UTC().Format("2006-01-02 15:04:05.000000")))
}

// Three runs of the schedule may be missed. Then operators get one matter, and finance one email, however many processes check and
// however often; the next seal closes the matter, and when sealing stops once more, both come once more.
func TestSealingThatHasStoppedIsShownUntilItResumes(t *testing.T) {
	t.Parallel()
	books := testkit.NewBooks(t)
	books.Clock.Advance(4 * time.Hour)
	require.Empty(t, checkSealing(t, books), "a ledger without transactions needs no seal")
	posted(t, books)
	books.Clock.Advance(store.SealingAllowance - time.Minute)
	require.Empty(t, checkSealing(t, books))
	books.Clock.Advance(2 * time.Minute)
	items := checkSealing(t, books)
	require.Len(t, items, 1)
	require.Contains(t, items[0].Text, "no seal was ever made, and transaction 1 of")
	require.Len(t, checkSealing(t, books), 1)
	require.Equal(t, 1, sealingEmails(t, books))

	_, sealed, err := books.Store.SealLedger(t.Context())
	require.NoError(t, err)
	require.True(t, sealed)
	require.Empty(t, checkSealing(t, books))
	books.Clock.Advance(100 * time.Hour)
	require.Empty(t, checkSealing(t, books), "nothing was posted since the seal")

	posted(t, books)
	books.Clock.Advance(store.SealingAllowance + time.Second)
	items = checkSealing(t, books)
	require.Len(t, items, 1)
	require.Contains(t, items[0].Text, "the last seal, 1, was made on")
	require.Equal(t, 2, sealingEmails(t, books))
}

package store_test

import (
	"context"
	"database/sql"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/testdb"
	"farebook/store"
)

// A transaction that was rolled back because its context ended is one to repeat, whichever error tells of it.
func TestATransactionWhoseContextEndedMayBeRepeated(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	ctx, end := context.WithCancel(t.Context())
	tx, err := db.SQL.BeginTx(ctx, nil)
	require.NoError(t, err)
	end()
	require.Eventually(t, func() bool {
		_, err = tx.ExecContext(t.Context(), "DO 1")
		return errors.Is(err, sql.ErrTxDone)
	}, time.Minute, time.Millisecond)
	require.True(t, store.Unavailable(err))
	require.True(t, store.Unavailable(tx.Commit()))
}

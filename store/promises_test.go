package store_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/store"
)

// A check that cannot fail proves nothing: each promise is broken on purpose, as the administrator.
func TestBrokenPromisesAreSeen(t *testing.T) {
	t.Parallel()
	for promise, breakIt := range map[string][]string{
		"each succeeded PaymentIntent is exactly one payment in the ledger":            {"UPDATE financial_ledger SET type = 'manual'"},
		"each payment in the ledger is a succeeded PaymentIntent":                      {"UPDATE payments SET status = 'processing'"},
		"each payment in the ledger is about what was captured":                        {"UPDATE ledger_entries SET amount = amount + 1 WHERE account = 'liability:unearned_revenue'"},
		"debits equal credits, per transaction and currency":                           {"UPDATE ledger_entries SET currency = 'EUR' WHERE id = 1"},
		"no transaction without entries":                                               {"DELETE FROM ledger_entries"},
		"no confirmed booking without captured money":                                  {"UPDATE payments SET amount_captured = amount_captured - 1"},
		"no captured money without a confirmed booking, or one that a person is shown": {"UPDATE bookings SET status = 'expired'"},
		"each confirmed booking has exactly one confirmation":                          {"DELETE FROM emails"},
	} {
		b := newBooks(t)
		_, err := b.record(paid(b.held(), true), store.ReasonEvent)
		require.NoError(t, err)
		b.requirePromises()
		for _, statement := range breakIt {
			b.Exec(t, statement)
		}
		promises, err := b.Store.CheckPromises(t.Context())
		require.NoError(t, err)
		seen := false
		for _, checked := range promises {
			if checked.Text == promise {
				seen = true
				require.False(t, checked.Held, promise)
				require.Equal(t, "1 rows break it", checked.Detail, promise)
			}
		}
		require.True(t, seen, "no such promise: %s", promise)
	}
}

func TestPromisesOfAnEmptyDatabaseAreHeld(t *testing.T) {
	t.Parallel()
	newBooks(t).requirePromises()
}

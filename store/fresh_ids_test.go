package store_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/reconciliation"
)

// A database is restored to before its last email, reconciliation and item, and their ids would be given again: a workflow at Temporal
// remembers what they were. Behind a fence no row takes an id of before the restore, and nothing but the gap is left of it.
func TestARestoredDatabaseGivesNoIDTwice(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	b.eventful()
	finding := reconciliation.Finding{
		Class: reconciliation.MissingInLedger, Object: reconciliation.ObjectAccountFee, StripeID: "txn_1",
		BalanceTransactionID: "txn_1", Currency: "USD", Reason: "r",
	}
	lost := b.RunThatFound(b.t, "recon_1", finding)[0]
	tables := []string{"emails", "reconciliation_runs", "reconciliation_items"}
	before, rows := map[string]int{}, map[string]int{}
	for _, table := range tables {
		before[table] = b.Count(t, "SELECT MAX(id) FROM "+table)
	}
	require.EqualValues(t, before["reconciliation_items"], lost.ID)
	b.Exec(t, "DELETE FROM reconciliation_items")
	b.Exec(t, "DELETE FROM reconciliation_runs")
	b.Exec(t, "DELETE FROM emails ORDER BY id DESC LIMIT 2")
	for _, table := range tables {
		b.Exec(t, "ALTER TABLE "+table+" AUTO_INCREMENT = 1") // as a restore leaves it: behind the last row
		rows[table] = b.Count(t, "SELECT COUNT(*) FROM "+table)
	}
	b.raiseFence()
	for _, table := range tables {
		require.Equal(t, rows[table], b.Count(t, "SELECT COUNT(*) FROM "+table), table)
	}
	require.Greater(t, b.RunThatFound(b.t, "recon_2", finding)[0].ID, uint64(10_000_000))
	b.Exec(t, "INSERT INTO emails (kind, dedupe_key, message_id, status, created_at) VALUES ('booking_confirmed', 'k', 'm', 'sent', NOW())")
	for _, table := range tables {
		require.Greater(t, b.Count(t, "SELECT MAX(id) FROM "+table), before[table]+9_000_000, table)
	}
}

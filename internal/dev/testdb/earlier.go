package testdb

import "testing"

// PostedByEarlierRelease makes the ledger what the release before the accounts for refunds payable and earned revenue would have posted.
func (db *DB) PostedByEarlierRelease(t testing.TB) {
	t.Helper()
	db.PostedByEarlierReleaseAfter(t, 0)
	db.Exec(t, "UPDATE bookings SET ledger_rules = 1, recognise_at = NULL")
}

// PostedByEarlierReleaseAfter does so with the transactions after an id alone.
func (db *DB) PostedByEarlierReleaseAfter(t testing.TB, id int) {
	t.Helper()
	const added = `('refund_promised', 'cancellation', 'chargeback_relief', 'recognition', 'payout_arrived', 'payout_returned')`
	const account = "UPDATE ledger_entries SET account = "
	for _, statement := range []string{
		"DELETE e FROM ledger_entries e JOIN financial_ledger l ON l.id = e.ledger_id WHERE l.id > ? AND l.type IN " + added,
		"DELETE FROM financial_ledger WHERE id > ? AND type IN " + added,
		account + "'liability:unearned_revenue' WHERE ledger_id > ? AND account = 'liability:refunds_payable'",
		account + "'equity:suspense' WHERE ledger_id > ? AND account = 'equity:conversion'",
		account + "'asset:bank' WHERE ledger_id > ? AND account = 'asset:payouts_in_transit'",
	} {
		db.Exec(t, statement, id)
	}
}

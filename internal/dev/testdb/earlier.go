package testdb

import "testing"

// PostedByEarlierRelease makes the ledger what the release before the accounts for refunds payable and earned revenue would have posted.
func (db *DB) PostedByEarlierRelease(t testing.TB) {
	t.Helper()
	const added = `('refund_promised', 'cancellation', 'chargeback_relief', 'recognition', 'payout_arrived', 'payout_returned')`
	for _, statement := range []string{
		"DELETE e FROM ledger_entries e JOIN financial_ledger l ON l.id = e.ledger_id WHERE l.type IN " + added,
		"DELETE FROM financial_ledger WHERE type IN " + added,
		"UPDATE ledger_entries SET account = 'liability:unearned_revenue' WHERE account = 'liability:refunds_payable'",
		"UPDATE ledger_entries SET account = 'equity:suspense' WHERE account = 'equity:conversion'",
		"UPDATE ledger_entries SET account = 'asset:bank' WHERE account = 'asset:payouts_in_transit'",
		"UPDATE bookings SET ledger_rules = 1, recognise_at = NULL",
	} {
		db.Exec(t, statement)
	}
}

package store_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/store/recon"
)

// Each posting, also one without a booking and a reversal, has the month in which it takes effect while that is open, and the first open
// one once it is closed. effective_at stays as it is.
func TestEachPostingHasOnePeriod(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	snapshot, correction := b.refundNotInTheLedger()
	require.Equal(t, b.Text(t, "SELECT GROUP_CONCAT(DATE_FORMAT(effective_at, '%Y-%m')) FROM financial_ledger"),
		b.Text(t, "SELECT GROUP_CONCAT(period) FROM financial_ledger"))
	before := b.Count(t, "SELECT MAX(id) FROM financial_ledger")
	b.Exec(t, "UPDATE ledger_opening SET first_open = '2091-02'")
	require.NoError(t, recon.New(b.Store).Correct(t.Context(), correction, time.Now().UTC()))
	b.recordRefund(snapshot)
	require.NoError(t, b.Store.RecordAccountFee(t.Context(), *balance("txn_fee", -250, 0, "fee"), time.Now().UTC()))
	require.Equal(t, "account_fee correction refund reversal",
		b.Text(t, "SELECT GROUP_CONCAT(type ORDER BY type SEPARATOR ' ') FROM financial_ledger WHERE id > ?", before))
	require.Zero(t, b.Count(t,
		"SELECT COUNT(*) FROM financial_ledger WHERE id > ? AND NOT (period <=> '2091-02' AND effective_at < '2091-02-01')", before))
	b.Exec(t, "UPDATE ledger_opening SET first_open = NULL") // there is no close of it, which verify would name
	b.requirePromises()
}

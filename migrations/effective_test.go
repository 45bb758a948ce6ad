package migrations_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/testdb"
	"farebook/migrations"
)

// undated are transactions as an older release wrote them, all posted at noon, and the date that each gets.
var undated = []struct{ columns, values, at, basis string }{
	{"type, stripe_payment_intent_id", "'payment', 'pi_1'", "2026-03-01 08:00:00", "stripe"},
	{"type, stripe_payment_intent_id, stripe_object_id", "'stripe_fee', 'pi_1', 'txn_1'", "2026-03-01 09:00:00", "stripe"},
	{"type, stripe_payment_intent_id, stripe_object_id", "'stripe_fee', 'pi_1', 'txn_2'", "2026-03-01 09:00:00", "stripe"},
	{"type, stripe_payment_intent_id, stripe_object_id", "'partial_capture_reversal', 'pi_1', 'txn_3'", "2026-03-01 08:30:00", "stripe"},
	{"type, stripe_payment_intent_id, stripe_object_id", "'payment_in_transit', 'pi_1', 'py_1'", "2026-03-01 07:00:00", "stripe"},
	{"type, stripe_payment_intent_id, stripe_object_id", "'payment_failure', 'pi_1', 'py_1'", "2026-03-01 07:30:00", "stripe"},
	{"type, stripe_payment_intent_id, stripe_object_id", "'refund', 'pi_1', 're_1'", "2026-03-01 10:00:00", "stripe"},
	{"type, stripe_payment_intent_id, stripe_object_id", "'refund_failure', 'pi_1', 're_1'", "2026-03-01 11:00:00", "stripe"},
	{
		"type, stripe_payment_intent_id, stripe_object_id, description", "'dispute', 'pi_1', 'txn_4', 'Funds withheld by dispute dp_1'",
		"2026-03-01 06:00:00", "stripe",
	},
	{
		"type, stripe_payment_intent_id, stripe_object_id, description",
		"'dispute_reversal', 'pi_1', 'txn_5', 'Funds reinstated by dispute dp_1'", "2026-03-01 06:40:00", "stripe",
	},
	{"type, stripe_payment_intent_id, stripe_object_id", "'chargeback', 'pi_1', 'dp_1/1'", "2026-03-01 06:30:00", "stripe"},
	{"type, stripe_object_id, operation_key", "'payout', 'po_1', 'payout/po_1'", "2026-03-01 05:00:00", "stripe"},
	{"type, stripe_object_id, operation_key", "'payout_reversal', 'po_1', 'payout-reversal/po_1'", "2026-03-01 05:30:00", "stripe"},
	// Nothing is known but when it was posted.
	{"type, stripe_object_id, operation_key", "'account_fee', 'txn_6', 'account-fee/txn_6'", "2026-03-01 12:00:00", "posted"},
	{"type, stripe_payment_intent_id, stripe_object_id", "'refund', 'pi_1', 're_unheard'", "2026-03-01 12:00:00", "posted"},
	// Their balance transaction was posted by a release that dates it.
	{
		"type, stripe_object_id, stripe_balance_transaction_id, operation_key", "'correction', 'item/1', 'txn_7', 'correction/txn_7/0'",
		"2026-02-28 23:59:59", "balance_transaction",
	},
	{
		"type, stripe_object_id, stripe_balance_transaction_id, operation_key", "'reversal', 'item/1', 'txn_7', 'reversal/correction/txn_7/0'",
		"2026-02-28 23:59:59", "balance_transaction",
	},
}

// known are the events that an older release has stored: the second dispute event closed it again after the posting.
var known = []struct{ event, object, at string }{
	{"payment_intent.succeeded", "pi_1", "08:00:00"},
	{"charge.captured", "ch_1", "08:30:00"},
	{"charge.updated", "ch_1", "08:45:00"},
	{"charge.updated", "ch_1", "09:00:00"},
	{"charge.updated", "ch_1", "13:00:00"},
	{"charge.pending", "py_1", "07:00:00"},
	{"charge.failed", "py_1", "07:30:00"},
	{"refund.created", "re_1", "10:00:00"},
	{"refund.updated", "re_1", "11:00:00"},
	{"charge.dispute.funds_withdrawn", "dp_1", "06:00:00"},
	{"charge.dispute.closed", "dp_1", "06:30:00"},
	{"charge.dispute.closed", "dp_1", "18:00:00"},
	{"charge.dispute.funds_reinstated", "dp_1", "06:40:00"},
	{"payout.created", "po_1", "05:00:00"},
	{"payout.failed", "po_1", "05:30:00"},
}

func plantUndated(t *testing.T, db *testdb.DB) {
	t.Helper()
	db.Exec(t, "INSERT INTO api_keys (id, name, token_sha256) VALUES (1, 'old', UNHEX(SHA2('old', 256)))")
	db.Exec(t, `INSERT INTO bookings (id, reference, api_key_id, status, customer_name, customer_email, customer_locale, flight_json, amount, currency,
		hold_expires_at, correlation_id, created_at, updated_at) VALUES (1, 'FB-7K2M9QXA', 1, 'confirmed', 'L', 'l@example.com', 'en', '{}', 1, 'USD', NOW(), 'c', NOW(), NOW())`)
	db.Exec(t, `INSERT INTO payments (booking_id, stripe_payment_intent_id, stripe_charge_id, status, amount, currency, created_at, updated_at)
		VALUES (1, 'pi_1', 'ch_1', 'succeeded', 1, 'USD', NOW(), NOW())`)
	for i, e := range known {
		db.Exec(t, `INSERT INTO stripe_events (stripe_event_id, type, api_version, object_id, livemode, booking_reference, payload, stripe_created_at, received_at)
			VALUES (?, ?, '', ?, FALSE, '', '', ?, NOW())`, fmt.Sprintf("evt_%d", i), e.event, e.object, "2026-03-01 "+e.at)
	}
	for _, row := range undated {
		columns, values := row.columns, row.values
		if row.columns != "type, stripe_payment_intent_id, stripe_object_id, description" {
			columns, values = columns+", description", values+", 'Old'"
		}
		db.Exec(t, "INSERT INTO financial_ledger (booking_id, posted_at, "+columns+") VALUES (1, '2026-03-01 12:00:00', "+values+")")
	}
	db.Exec(t, `INSERT INTO financial_ledger (booking_id, type, stripe_object_id, stripe_balance_transaction_id, description, posted_at, effective_at, effective_basis)
		VALUES (1, 'refund', 're_9', 'txn_7', 'New', '2026-03-02', '2026-02-28 23:59:59', 'balance_transaction')`)
}

// What an older release posted is dated by what is known of it: type by type, each date as SQL has it.
func TestRowsOfAnOlderReleaseAreDatedByWhatIsKnown(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	plantUndated(t, db)
	filled := int64(0)
	fill := func() {
		runner := migrations.Runner{AdminDSN: db.AdminDSN, AppDSN: db.AppDSN, Report: func(p migrations.Progress) {
			if p.Task == "effective dates of the ledger" {
				filled += p.Rows
			}
		}}
		require.NoError(t, runner.Fill(t.Context()))
	}
	fill()
	require.EqualValues(t, len(undated), filled)
	for i, want := range undated {
		at, err := time.Parse(time.DateTime, want.at)
		require.NoError(t, err)
		require.Equal(t, at.Format(time.DateTime)+".000000 "+want.basis,
			db.Text(t, "SELECT CONCAT(effective_at, ' ', effective_basis) FROM financial_ledger WHERE id = ?", i+1), want.values)
	}
	before := db.Checksum(t, "financial_ledger")
	fill()
	require.EqualValues(t, len(undated), filled, "a second time there is nothing left")
	require.Equal(t, before, db.Checksum(t, "financial_ledger"))
}

// A bank debit that arrived bears the balance transaction of its submission, and takes effect when it arrived.
func TestAnArrivedDebitOfAnOlderReleaseIsDatedByItsArrival(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	plantUndated(t, db)
	db.Exec(t, "DELETE FROM financial_ledger")
	db.Exec(t, `INSERT INTO financial_ledger (booking_id, type, stripe_payment_intent_id, stripe_object_id, stripe_balance_transaction_id, description, posted_at,
		effective_at, effective_basis) VALUES (1, 'payment_in_transit', 'pi_1', 'py_1', 'txn_1', 'D', '2026-03-01 12:00', '2026-03-01 07:00', 'balance_transaction')`)
	db.Exec(t, `INSERT INTO financial_ledger (booking_id, type, stripe_payment_intent_id, stripe_balance_transaction_id, description, posted_at)
		VALUES (1, 'payment', 'pi_1', 'txn_1', 'P', '2026-03-01 12:00')`)
	db.Fill(t)
	require.Equal(t, "2026-03-01T08:00:00Z", db.Text(t, "SELECT effective_at FROM financial_ledger WHERE type = 'payment'"))
}

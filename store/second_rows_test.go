package store_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/go-sql-driver/mysql"
	"github.com/stretchr/testify/require"

	"farebook/reconciliation"
	"farebook/store/monthend"
)

// secondRow is a UNIQUE index, and the copy of a row that it has to refuse. Values are SQL.
type secondRow struct {
	index, table string
	of           string // which row is copied
	other        values // the columns of other UNIQUE keys
	own          values // of the columns of the index: with these, the copy is another row for it
}

type values map[string]string

var secondRows = []secondRow{
	{
		"idx_bookings_request", "bookings", "request_key IS NOT NULL",
		values{"reference": "'FB-00000009'"},
		values{"request_key": "REVERSE(request_key)"},
	},
	{
		"idx_idempotency_client", "idempotency_keys", "TRUE",
		values{"api_key_id": "(SELECT MAX(id) FROM api_keys)"},
		values{"idempotency_key": "'another'"},
	},
	{"idx_ledger_operation_key", "financial_ledger", "type = 'manual'", nil, values{"operation_key": "'another'"}},
	{"idx_ledger_unique_stripe_entry", "financial_ledger", "type = 'payment'", nil, values{"stripe_object_id": "'another'"}},
	{"idx_emails_dedupe", "emails", "TRUE", values{"message_id": "'another'"}, values{"dedupe_key": "'another'"}},
	{"idx_attention_open", "attention_items", "booking_id IS NOT NULL", nil, values{"closed_at": "opened_at"}},
	{"idx_attention_open_alone", "attention_items", "booking_id IS NULL", nil, values{"closed_at": "opened_at"}},
	{"idx_deliveries_event", "webhook_deliveries", "TRUE", values{"message_id": "'another'"}, values{"event_key": "'another'"}},
	{
		"idx_imported_earlier", "imported_bookings", "TRUE",
		values{"booking_id": "(SELECT MAX(id) FROM bookings)"},
		values{"earlier_reference": "'another'"},
	},
	{"idx_items_fingerprint", "reconciliation_items", "TRUE", nil, values{"fingerprint": "'another'"}},
	{"idx_seals_to", "ledger_seals", "TRUE", values{"number": "number + 1"}, values{"to_id": "to_id + 1"}},
	{"idx_fences_up", "fences", "TRUE", nil, values{"lowered_at": "raised_at"}},
	{"idx_proposals_open", "ledger_proposals", "TRUE", nil, values{"decision": "'approved'"}},
}

// What may be there once is refused by its index when it is written twice. Two transactions at once may both have read that it is not there
// yet, so no statement before the INSERT can promise that.
func TestASecondRowIsRefusedByItsIndex(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	b.withARowOfEach()
	for _, row := range secondRows {
		t.Run(row.index, func(t *testing.T) {
			_, err := b.SQL.ExecContext(t.Context(), b.copyOf(row, row.other))
			var refused *mysql.MySQLError
			require.ErrorAs(t, err, &refused)
			require.EqualValues(t, 1062, refused.Number, refused.Message)
			require.Contains(t, refused.Message, row.index+"'")
			b.Exec(t, b.copyOf(row, row.other, row.own))
		})
	}
}

// withARowOfEach writes a row to each table of secondRows.
func (b books) withARowOfEach() {
	b.t.Helper()
	b.endpoint()
	b.paidBooking()
	_, err := b.reserve("unpaid", 1)
	require.NoError(b.t, err)
	b.NewKey(b.t, "another key")
	fee := monthend.Journal{
		Key: "bank-fee-1", Reason: "Bank charges of March", EffectiveAt: settledAt, Entries: []monthend.JournalEntry{
			{Account: "expense:stripe_fees", Side: "debit", Amount: 500, Currency: "USD"},
			{Account: "asset:bank", Side: "credit", Amount: 500, Currency: "USD"},
		},
	}
	_, err = monthend.New(b.Store).Post(b.t.Context(), fee, monthend.Limits{"USD": 500}, alice)
	require.NoError(b.t, err)
	fee.Key = "bank-fee-2"
	_, err = monthend.New(b.Store).Post(b.t.Context(), fee, nil, alice)
	require.NoError(b.t, err)
	_, sealed := b.seal()
	require.True(b.t, sealed)
	b.RunThatFound(b.t, "recon_1", reconciliation.Finding{Class: reconciliation.MissingInLedger, StripeID: "ch_9", Reason: "a test"})
	b.Exec(b.t, `INSERT INTO attention_items (booking_id, kind, subject, text, opened_at)
		SELECT MIN(id), 'earlier', 'x', 'Ask Layla', UTC_TIMESTAMP(6) FROM bookings
		UNION SELECT NULL, 'earlier', 'x', 'Ask Layla', UTC_TIMESTAMP(6)`)
	b.Exec(b.t, `INSERT INTO imported_bookings (booking_id, earlier_reference, imported_at)
		SELECT MIN(id), 'SD-1', UTC_TIMESTAMP(6) FROM bookings`)
	b.raiseFence()
}

// copyOf is a statement that copies one row, with some columns changed.
func (b books) copyOf(row secondRow, changes ...values) string {
	b.t.Helper()
	columns := b.Texts(b.t, `SELECT column_name FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = ?
		AND extra NOT LIKE '%auto_increment%' AND COALESCE(generation_expression, '') = ''`, row.table)
	selected := make([]string, len(columns))
	for i, column := range columns {
		selected[i] = column
		for _, change := range changes {
			if value, changed := change[column]; changed {
				selected[i] = value
			}
		}
	}
	return fmt.Sprintf("INSERT INTO %[1]s (%[2]s) SELECT %[3]s FROM %[1]s WHERE %[4]s LIMIT 1", row.table, strings.Join(columns, ", "),
		strings.Join(selected, ", "), row.of)
}

package store_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/booking"
	"farebook/ledger"
	"farebook/reconciliation"
	"farebook/store"
	"farebook/store/recon"
)

func (b books) effective(kind string) string {
	return b.Text(b.t, "SELECT CONCAT(effective_basis, ' ', effective_at) FROM financial_ledger WHERE type = ? ORDER BY id DESC LIMIT 1", kind)
}

// heard stores an event of Stripe's.
func (b books) heard(id, eventType, object string, at time.Time) {
	b.t.Helper()
	_, err := b.Store.ReceiveEvent(b.t.Context(), store.Event{ID: id, Type: eventType, ObjectID: object, Created: at}, "", time.Hour)
	require.NoError(b.t, err)
}

// A payment whose balance transaction comes later takes effect when it succeeded: by Stripe's event of that, else by its charge.
func TestAPaymentWithoutABalanceTransactionTakesEffectWhenItSucceeded(t *testing.T) {
	t.Parallel()
	succeeded := time.Date(2026, time.March, 1, 8, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		events bool
		change func(*booking.PaymentSnapshot)
		want   string
	}{
		"event": {true, func(*booking.PaymentSnapshot) {}, "stripe 2026-03-01 08:00:00.000000"},
		"charge": {
			false, func(s *booking.PaymentSnapshot) { s.PaidAt = succeeded.Add(-time.Minute) },
			"stripe 2026-03-01 07:59:00.000000",
		},
		"event of a debit": {
			true, func(s *booking.PaymentSnapshot) { s.PaidAt, s.SettlesLater = succeeded.AddDate(0, 0, -4), true },
			"stripe 2026-03-01 08:00:00.000000",
		},
		"debit, no event":   {false, func(s *booking.PaymentSnapshot) { s.PaidAt, s.SettlesLater = succeeded.AddDate(0, 0, -4), true }, ""},
		"nothing is known":  {false, func(*booking.PaymentSnapshot) {}, ""},
		"settled meanwhile": {true, func(s *booking.PaymentSnapshot) { *s = paid(*s, true) }, "balance_transaction 2026-03-03 23:59:58.000000"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBooks(t)
			snapshot := paid(b.held(), false)
			c.change(&snapshot)
			if c.events {
				b.heard("evt_1", "payment_intent.succeeded", "pi_1", succeeded)
				b.heard("evt_2", "payment_intent.processing", "pi_1", succeeded.Add(time.Hour))
			}
			_, err := b.record(snapshot, store.ReasonEvent)
			require.NoError(t, err)
			if c.want != "" {
				require.Equal(t, c.want, b.effective("payment"))
				return
			}
			require.Equal(t, 1, b.Count(t, "SELECT COUNT(*) FROM financial_ledger WHERE effective_basis = 'posted' AND effective_at = posted_at"))
		})
	}
}

// Each decision about a dispute dates the move of its loss, and none dates two; a loss takes no effect before its withdrawal.
func TestALossTakesEffectWhenTheDisputeWasClosed(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	b.paidBooking()
	closed := settledAt.Add(time.Hour)
	record := func(status booking.DisputeStatus) {
		t.Helper()
		_, err := b.Store.RecordDispute(t.Context(), store.DisputeReading{Now: time.Now().UTC(), Snapshot: booking.DisputeSnapshot{
			DisputeID: "dp_1", PaymentIntentID: "pi_1", Status: status, Amount: 45900, Currency: "USD",
			Balances: []booking.BalanceTransaction{*balance("txn_dp", -45900, 1500, "dispute")},
		}})
		require.NoError(t, err)
	}
	b.heard("evt_other", "charge.dispute.closed", "dp_2", closed.Add(9*time.Hour))
	b.heard("evt_1", "charge.dispute.closed", "dp_1", closed)
	record(booking.DisputeLost)
	require.Equal(t, "stripe 2026-03-04 00:59:58.000000", b.effective("chargeback"))
	record(booking.DisputeWon)
	require.Equal(t, 1, b.Count(t,
		"SELECT COUNT(*) FROM financial_ledger WHERE type = 'chargeback' AND effective_basis = 'posted' AND effective_at = posted_at"),
		"the first decision's event does not date the second")
}

func TestALossTakesNoEffectBeforeItsWithdrawal(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	b.paidBooking()
	b.heard("evt_1", "charge.dispute.closed", "dp_1", settledAt.Add(-time.Hour))
	_, err := b.Store.RecordDispute(t.Context(), store.DisputeReading{Now: time.Now().UTC(), Snapshot: booking.DisputeSnapshot{
		DisputeID: "dp_1", PaymentIntentID: "pi_1", Status: booking.DisputeLost, Amount: 45900, Currency: "USD",
		Balances: []booking.BalanceTransaction{*balance("txn_dp", -45900, 1500, "dispute")},
	}})
	require.NoError(t, err)
	require.Equal(t, "balance_transaction 2026-03-03 23:59:58.000000", b.effective("chargeback"))
}

// A correction has the date of the balance transaction that it posts; an operator dates what Stripe does not have.
func TestCorrectionsTakeEffectAsStripeOrAPersonSays(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	phantom := foreignPayment()
	phantom.Class, phantom.StripeID, phantom.BalanceTransactionID = reconciliation.MissingInStripe, "txn_8", "txn_8"
	items := b.RunThatFound(b.t, "recon_1", foreignPayment(), phantom)
	b.Exec(t, `INSERT INTO financial_ledger (type, stripe_object_id, stripe_balance_transaction_id, operation_key, description, posted_at, effective_at, effective_basis)
		VALUES ('account_fee', 'txn_8', 'txn_8', 'account-fee/txn_8', 'Phantom', UTC_TIMESTAMP(6), UTC_TIMESTAMP(6), 'balance_transaction')`)
	b.Exec(t, "INSERT INTO ledger_entries (ledger_id, account, side, amount, currency) SELECT MAX(id), 'asset:stripe_clearing', 'debit', "+
		"44539, 'USD' FROM financial_ledger")
	b.Exec(t, "INSERT INTO ledger_entries (ledger_id, account, side, amount, currency) SELECT MAX(id), 'equity:suspense', 'credit', 44539, "+
		"'USD' FROM financial_ledger")
	there := balance("txn_9", 45900, 1361, "charge")
	at := settledAt.AddDate(0, -1, 0)
	now := time.Now().UTC()
	correct := func(item recon.Item, there *booking.BalanceTransaction, at time.Time) error {
		return recon.New(b.Store).Correct(t.Context(),
			recon.Correction{ItemID: item.ID, There: there, Against: ledger.EquitySuspense, EffectiveAt: at, Note: "n"}, now)
	}
	require.ErrorContains(t, correct(items[0], there, at),
		"--effective-at: Stripe dates balance transaction txn_9 at 2026-03-03T23:59:58Z: leave it out")
	require.ErrorContains(t, correct(items[1], nil, now.Add(time.Hour)), "is in the future")
	require.NoError(t, correct(items[0], there, time.Time{}))
	require.Equal(t, "balance_transaction 2026-03-03 23:59:58.000000", b.effective("correction"))
	require.NoError(t, correct(items[1], nil, at))
	require.Equal(t, "person 2026-02-03 23:59:58.000000", b.effective("correction"))
}

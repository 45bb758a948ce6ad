package store_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/booking"
	"farebook/store"
	"farebook/store/proof"
)

// A check that cannot fail proves nothing: each promise is broken on purpose, as the administrator. Both proofs find it and say the same
// of it: the one over what has changed since a proof of hours ago, and the one over all tables.
func TestBrokenPromisesAreSeen(t *testing.T) {
	t.Parallel()
	for promise, breakIt := range map[string]string{
		"no booking is charged twice": `INSERT INTO financial_ledger (booking_id, type, stripe_payment_intent_id, description, posted_at)
			SELECT booking_id, type, 'pi_again', description, posted_at FROM financial_ledger WHERE type = 'payment'`,
		"the booking or refund of each idempotency key exists": "UPDATE idempotency_keys SET " +
			"resource = 'RF-00000000' WHERE operation = 'create-refund'",
		"each succeeded PaymentIntent has exactly one payment in the ledger": "UPDATE financial_ledger SET " +
			"type = 'manual' WHERE type = 'payment'",
		"each payment in the ledger has a succeeded PaymentIntent": "UPDATE payments SET status = " +
			"'processing'",
		"the ledger's liability for a payment equals the captured amount": "UPDATE ledger_entries SET " +
			"amount = amount + 1 WHERE id = 2",
		"money in transit belongs to payments that are still processing": "UPDATE ledger_entries, payments SET account = " +
			"'liability:payments_in_transit', payments.updated_at = UTC_TIMESTAMP() WHERE account = 'liability:unearned_revenue'",
		"debits equal credits, per transaction and currency": "UPDATE ledger_entries SET " +
			"currency = 'EUR' WHERE id = 1",
		"each transaction has an effective date (`starter migrate` adds those that an older release left out)": "UPDATE financial_ledger SET " +
			"effective_at = NULL ORDER BY id LIMIT 1",
		"each transaction has entries": "DELETE FROM ledger_entries WHERE " +
			"ledger_id = (SELECT MIN(id) FROM financial_ledger)",
		"each confirmed booking has captured money": "UPDATE payments SET " +
			"amount_captured = amount_captured - 1",
		"captured money belongs to a booking, is being refunded, or is shown to an operator": "UPDATE bookings, disputes SET " +
			"bookings.status = 'expired', disputes.status = 'won'",
		"each paid booking's status matches its money": "UPDATE bookings SET status = " +
			"'confirmed'",
		"refunds never exceed the captured amount": "UPDATE refunds SET amount = 99999",
		"each payment's refunded amount is the sum of its succeeded refunds": "UPDATE payments SET " +
			"amount_refunded = amount_refunded + 1",
		"each refund that Stripe's balance paid, or got back, is in the ledger once": "UPDATE refunds SET posted = FALSE",
		"disputed funds equal what open disputes withhold, and chargebacks what lost disputes cost": "UPDATE disputes SET withheld = " +
			"withheld - 1",
		"no won dispute waits for its money for more than two days": "UPDATE disputes SET status = " +
			"'won', updated_at = UTC_TIMESTAMP() - INTERVAL 3 DAY",
		"no event waits for an operator, or has waited for more than an hour": "UPDATE stripe_events SET " +
			"processed = FALSE, received_at = received_at - INTERVAL 2 HOUR",
		"the money of each ignored event is in the ledger or explained": "UPDATE stripe_events SET state = " +
			"'ignored', type = 'payout.paid', object_id = 'po_2'",
		"each payout is in the ledger once, and once more when it was returned": "UPDATE payouts SET posted = FALSE",
		"the clearing account has nothing from before the opening except the opening balance": "UPDATE ledger_opening o, " +
			"financial_ledger l SET o.opened_at = '2020-01-02', l.effective_at = '2020-01-01' WHERE l.type = 'payment'",
		"no booking's money is posted as another integration's, or as from before the opening": "UPDATE financial_ledger SET type = " +
			"'other_integration' WHERE type = 'payment'",
		"no automatic payout is unproven": "UPDATE payouts SET proof = " +
			"'unproven'",
		"each booking that was confirmed has exactly one confirmation email": "DELETE FROM emails WHERE kind = " +
			"'booking_confirmed'",
		"each refund that succeeded has its email to the customer": "DELETE FROM emails WHERE kind = " +
			"'refunded'",
		"no email waits for more than three days": "UPDATE emails SET status = " +
			"'queued', created_at = created_at - INTERVAL 4 DAY ORDER BY id LIMIT 1",
		"no booking is still payable an hour after its hold": "UPDATE bookings, payments SET " +
			"bookings.status = 'pending_payment', payments.status = 'failed', hold_expires_at = UTC_TIMESTAMP() - INTERVAL 2 HOUR",
		"each further payment is of a booking, in its currency": "UPDATE bookings SET supplement_of = " +
			"'FB-GONE0000'",
		"no further payment waits for more than a day to end with its booking": "UPDATE bookings SET status = " +
			"'confirmed', cancel_due_at = UTC_TIMESTAMP() - INTERVAL 2 DAY",
		"no refund waits for more than a day to be requested from Stripe": "UPDATE refunds SET status = " +
			"'requested', created_at = UTC_TIMESTAMP() - INTERVAL 2 DAY",
		"a lost or closed dispute withholds nothing": "UPDATE disputes SET status = " +
			"'warning_closed'",
		"no email waits for more than an hour without an attempt": "UPDATE emails SET status = " +
			"'queued', attempts = 0, sending_until = NULL, created_at = UTC_TIMESTAMP() - INTERVAL 2 HOUR ORDER BY id LIMIT 1",
		"no authorised payment is past its capture deadline": "UPDATE bookings, payments SET " +
			"bookings.status = 'pending_payment', payments.status = 'authorized', capture_before = UTC_TIMESTAMP() - INTERVAL 1 HOUR",
		"no bank debit is in transit for more than 30 days": "UPDATE payments SET status = " +
			"'processing', updated_at = UTC_TIMESTAMP() - INTERVAL 31 DAY",
		"no payment waits for Stripe's fee for more than a week": "UPDATE payments p, financial_ledger l SET p.fee_posted = FALSE, " +
			"l.posted_at = UTC_TIMESTAMP() - INTERVAL 8 DAY WHERE l.type = 'payment'",
		"no settled refund waits for its balance transaction for more than a week": "UPDATE refunds SET posted = " +
			"FALSE, updated_at = UTC_TIMESTAMP() - INTERVAL 8 DAY",
		"no refund is pending for more than 45 days": "UPDATE refunds SET status = " +
			"'pending', created_at = UTC_TIMESTAMP() - INTERVAL 46 DAY",
		"no dispute waits for evidence two days after its deadline": "UPDATE disputes SET status = " +
			"'needs_response', due_by = UTC_TIMESTAMP() - INTERVAL 3 DAY",
		"no payout waits for its proof for more than three days": "UPDATE payouts SET proof = " +
			"'pending', created_at = UTC_TIMESTAMP() - INTERVAL 4 DAY",
		"no refund that Stripe refuses for now waits for more than a week, or without an email to finance": "UPDATE refunds SET status = " +
			"'requested', failure_reason = 'insufficient_funds'",
		"no reconciliation runs for more than two days": `INSERT INTO reconciliation_runs (correlation_id, scope, dry_run, lookback_days, payment_limit, status, window_start, window_end, started_at)
			VALUES ('recon_1', 'all', FALSE, 7, 0, 'running', UTC_TIMESTAMP(), UTC_TIMESTAMP(), UTC_TIMESTAMP() - INTERVAL 3 DAY)`,
	} {
		t.Run(promise, func(t *testing.T) {
			t.Parallel()
			b := newBooks(t)
			b.eventful()
			b.hoursLater()
			b.requirePromises()
			b.Exec(t, breakIt)
			b.touch(breakIt)
			changes, err := proof.New(b.Store).Changes(t.Context())
			require.NoError(t, err)
			found := promiseOf(t, changes.Promises, promise)
			require.False(t, found.Held)
			require.Regexp(t, "^1 rows break it(; (evt_1|booking|email|refund|dispute|payout|reconciliation) .*)?$", found.Detail)
			require.Equal(t, promiseOf(t, b.Promises(t), promise), found)
		})
	}
}

// hoursLater moves the clock, so that the next proof does not read again what was recorded before it.
func (b books) hoursLater() {
	b.Exec(b.t, "UPDATE emails SET status = 'sent'")
	b.Clock.Advance(3 * time.Hour)
}

// touch dates changed rows as the application does. Rows that a break has dated, and those that it deleted, are found by their booking.
func (b books) touch(breakIt string) {
	tables := []string{"bookings", "payments", "refunds", "disputes", "payouts"}
	if strings.Contains(breakIt, "updated_at") {
		tables = tables[:1]
	}
	for _, table := range tables {
		b.Exec(b.t, "UPDATE "+table+" SET updated_at = ?", b.Store.Now())
	}
}

func promiseOf(t *testing.T, promises []proof.Promise, text string) proof.Promise {
	t.Helper()
	at := slices.IndexFunc(promises, func(one proof.Promise) bool { return one.Text == text })
	require.GreaterOrEqual(t, at, 0, "there is no such promise")
	return promises[at]
}

// Rights that somebody gave the application's user beside Farebook's own are seen.
func TestRightsOnTheLedgerAreSeen(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	b.requirePromises()
	b.Exec(t, "GRANT DELETE ON ledger_entries TO '"+b.Name+"'@'%'")
	for _, promise := range b.Promises(t) {
		require.Equal(t, promise.Text != "the application's database user cannot change ledger, seals or audit log", promise.Held, promise.Text)
		if !promise.Held {
			require.Contains(t, promise.Detail, "DELETE FROM ledger_entries")
		}
	}
}

// eventful is a booking that was paid, refunded in part, disputed and paid out.
func (b books) eventful() {
	b.refunded(20000)
	b.recordDispute(disputeAt(booking.DisputeNeedsResponse, withdrawn))
	_, err := b.Store.RecordPayout(b.t.Context(), store.PayoutReading{
		Now: time.Now().UTC(), Contents: b.contents(*balance("txn_1", 45900, 1361, "charge")), Snapshot: booking.PayoutSnapshot{
			PayoutID: "po_1", Status: booking.PayoutPaid, Amount: 44539, Currency: "USD", Automatic: true, Complete: true,
			Balance: balance("txn_po", -44539, 0, "payout"),
		},
	})
	require.NoError(b.t, err)
	_, err = b.Store.ReceiveEvent(b.t.Context(), event("evt_1", "customer.created"), "not acted on", time.Minute)
	require.NoError(b.t, err)
}

func TestPromisesOfAnEmptyDatabaseAreHeld(t *testing.T) {
	t.Parallel()
	newBooks(t).requirePromises()
}

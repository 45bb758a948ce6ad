package store_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/booking"
	"farebook/internal/dev/testdb"
	"farebook/store"
	"farebook/store/recon"
)

// patientBooks have a store that waits for a lock for as long as its connections allow: no transaction of a test is repeated
// because the test took its time.
func patientBooks(t *testing.T) books {
	b, _ := newBooks(t).logged("innodb_lock_wait_timeout=12")
	return b
}

// lock holds the rows whose ids a query reads on a second connection until release is called: whoever needs one of them waits.
func (b books) lock(query string, args ...any) (release func()) {
	b.t.Helper()
	holder, err := b.SQL.BeginTx(b.t.Context(), nil)
	require.NoError(b.t, err)
	var id uint64
	require.NoError(b.t, holder.QueryRowContext(b.t.Context(), query+" FOR UPDATE", args...).Scan(&id))
	return func() { require.NoError(b.t, holder.Rollback()) }
}

// lockEvent receives an event and locks its row: a recording step that names the event has written all else when it waits,
// and has not committed.
func (b books) lockEvent(id string) (release func()) {
	b.t.Helper()
	_, err := b.Store.ReceiveEvent(b.t.Context(), event(id, "charge.updated"), "", time.Minute)
	require.NoError(b.t, err)
	return b.lock("SELECT id FROM stripe_events WHERE stripe_event_id = ?", id)
}

// begin runs work beside the test; the returned function waits for its error.
func begin(work func() error) (end func() error) {
	done := make(chan error, 1)
	go func() { done <- work() }()
	return func() error { return <-done }
}

// A payout fails while an older reading of it is being recorded: the failure and the money that came back stay in the books.
func TestOlderReadingOfAPayoutDoesNotOverwriteItsFailure(t *testing.T) {
	t.Parallel()
	b := patientBooks(t)
	b.paidBooking()
	record := func(snapshot booking.PayoutSnapshot, events ...string) error {
		_, err := b.Store.RecordPayout(t.Context(), store.PayoutReading{Snapshot: snapshot, EventIDs: events, Now: time.Now().UTC()})
		return err
	}
	onItsWay := booking.PayoutSnapshot{
		PayoutID: "po_1", Status: booking.PayoutPending, Amount: 44539, Currency: "USD", Automatic: true,
		Balance: balance("txn_po", -44539, 0, "payout"),
	}
	require.NoError(t, record(onItsWay))
	paidOut, failed := onItsWay, onItsWay
	paidOut.Status = booking.PayoutPaid
	failed.Status, failed.FailureCode, failed.FailureBalance = booking.PayoutFailed, "account_closed",
		balance("txn_po_back", 44539, 0, "payout_failure")

	release := b.lockEvent("evt_failed")
	failing := begin(func() error { return record(failed, "evt_failed") })
	b.AwaitLockWaits(t, 1)
	older := begin(func() error { return record(paidOut) })
	b.AwaitLockWaits(t, 2)
	release()
	require.NoError(t, failing())
	require.NoError(t, older())

	found, err := b.Store.Payout(t.Context(), "po_1")
	require.NoError(t, err)
	require.Equal(t, booking.PayoutFailed, found.Status)
	require.Equal(t, "account_closed", found.FailureCode)
	require.NoError(t, record(failed), "a repetition knows that the money is back already")
	require.EqualValues(t, 44539, b.balanceOf("asset:stripe_clearing"))
	b.requirePromises()
}

// An operator corrects what the books do not have of a refund while its workflow records that refund: it is posted once.
func TestCorrectionBesideTheRefundsOwnRecordIsRefused(t *testing.T) {
	t.Parallel()
	b := patientBooks(t)
	snapshot, correction := b.refundNotInTheLedger()
	release := b.lockEvent("evt_refund")
	recording := begin(func() error {
		_, err := b.Store.RecordRefund(t.Context(),
			store.RefundReading{Snapshot: snapshot, EventIDs: []string{"evt_refund"}, Now: time.Now().UTC()})
		return err
	})
	b.AwaitLockWaits(t, 1)
	correcting := begin(func() error { return recon.New(b.Store).Correct(t.Context(), correction, time.Now().UTC()) })
	b.AwaitLockWaits(t, 2)
	release()
	require.NoError(t, recording())

	var refused *recon.NotCorrectableError
	require.ErrorAs(t, correcting(), &refused)
	require.ErrorContains(t, refused, "agree with Stripe by now")
	require.EqualValues(t, 44539-20000, b.balanceOf("asset:stripe_clearing"))
	require.Zero(t, b.Count(t, "SELECT COUNT(*) FROM financial_ledger WHERE type = 'correction'"))
	b.requirePromises()
}

// Two operators decide on one item, one with a posting and one with a note: the second receives an error that the item is resolved, and
// the note beside the posting is that of whoever posted.
func TestItemIsDecidedOnce(t *testing.T) {
	t.Parallel()
	b := patientBooks(t)
	_, correction := b.refundNotInTheLedger()
	release := b.lock("SELECT id FROM bookings")
	correcting := begin(func() error { return recon.New(b.Store).Correct(t.Context(), correction, time.Now().UTC()) })
	b.AwaitLockWaits(t, 1)
	resolved := make(chan error, 1)
	go func() {
		resolved <- recon.New(b.Store).ResolveItem(t.Context(), correction.ItemID, "nothing to do", testdb.Tester)
	}()
	require.Eventually(t, func() bool { return len(resolved) == 1 || b.LockWaits(t) == 2 }, time.Minute, 300*time.Millisecond)
	release()
	require.NoError(t, correcting())
	var refused *recon.NotCorrectableError
	require.ErrorAs(t, <-resolved, &refused, "the item was resolved beside a correction of it that was posted")
	require.ErrorContains(t, refused, "resolved already")
	require.Equal(t, "by hand", b.Text(t, "SELECT note FROM reconciliation_items"))
}

// A booking that has no payment yet is recorded on, and holds no other booking up: nobody waits for a row that is not there.
func TestRecordingWithoutAPaymentHoldsNoOtherBookingUp(t *testing.T) {
	t.Parallel()
	b := patientBooks(t)
	impatient, _ := b.logged("innodb_lock_wait_timeout=1")
	first, err := b.reserve("first", 1)
	require.NoError(t, err)
	second, err := b.reserve("second", 1)
	require.NoError(t, err)
	intent := func(id string, of store.Reservation) booking.PaymentSnapshot {
		return booking.PaymentSnapshot{
			PaymentIntentID: id, StripeStatus: "requires_payment_method", Reference: of.Booking.Reference, Amount: 45900, Currency: "USD",
		}
	}
	release := b.lockEvent("evt_first")
	recording := begin(func() error {
		_, err := b.Store.RecordPayment(t.Context(), store.PaymentReading{
			Snapshot: intent("pi_first", first), EventIDs: []string{"evt_first"}, Reason: store.ReasonEvent, Now: time.Now().UTC(),
		})
		return err
	})
	b.AwaitLockWaits(t, 1)
	require.NoError(t, impatient.Store.RecordPaymentIntent(t.Context(), second.Booking.Reference, intent("pi_second", second), false))
	release()
	require.NoError(t, recording())
	require.Equal(t, 2, b.Count(t, "SELECT COUNT(*) FROM payments"))
}

// A posting takes the lock of the opening behind the one of its booking: while it waits for its booking, the ledger can be sealed.
func TestPostingLocksItsBookingBeforeTheOpening(t *testing.T) {
	t.Parallel()
	b := patientBooks(t)
	snapshot := paid(b.held(), true)
	releaseBooking := b.lock("SELECT id FROM bookings")
	recording := begin(func() error {
		_, err := b.record(snapshot, store.ReasonEvent)
		return err
	})
	b.AwaitLockWaits(t, 1)
	releaseOpening := b.lock("SELECT id FROM ledger_opening")
	releaseBooking()
	require.Eventually(t, func() bool {
		_, err := b.SQL.ExecContext(t.Context(), "SELECT id FROM bookings FOR UPDATE NOWAIT")
		return err != nil
	}, time.Minute, 10*time.Millisecond, "it has the booking, and waits for the opening")
	require.Zero(t, b.Count(t, "SELECT COUNT(*) FROM financial_ledger"))
	releaseOpening()
	require.NoError(t, recording())
	require.Equal(t, 1, b.Count(t, "SELECT COUNT(*) FROM financial_ledger"))
}

// Late money goes back once, and so does what a cancellation gives back: the database refuses a second refund of one origin,
// whoever writes it.
func TestSecondRefundOfOneOriginIsRefused(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	b.lateMoney()
	const again = `INSERT INTO refunds (refund_id, booking_id, stripe_payment_intent_id, origin, origin_key, amount, currency, reason, note, status,
		failure_reason, correlation_id, created_at, updated_at)
		SELECT 'RF-AGAIN', booking_id, stripe_payment_intent_id, origin, %s, amount, currency, reason, note, status,
		failure_reason, correlation_id, created_at, updated_at FROM refunds`
	app := b.asApplication()
	_, err := app.ExecContext(t.Context(), fmt.Sprintf(again, "origin_key"))
	require.ErrorContains(t, err, "idx_refunds_origin")
	require.Equal(t, 1, b.Count(t, "SELECT COUNT(*) FROM refunds"))
	_, err = app.ExecContext(t.Context(), fmt.Sprintf(again, "NULL"))
	require.NoError(t, err, "what somebody asked for has no origin to be unique by")
}

// A claim that ends at the moment at which the one before ended is a claim all the same: a row that already bears the values
// that it is given was met.
func TestEmailIsClaimedAgainToTheSameMoment(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	b.paidBooking()
	id := uint64(b.Count(t, "SELECT id FROM emails")) //nolint:gosec // an id
	now := time.Now().UTC().Truncate(time.Microsecond)
	for range 2 {
		_, claimed, err := b.Store.ClaimEmail(t.Context(), id, now, now)
		require.NoError(t, err)
		require.True(t, claimed)
	}
}

// A worker that sends an email has it to itself until its lease ends, and only its own failure ends the lease before.
func TestEmailUnderWayIsNobodyElses(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	b.paidBooking()
	id := uint64(b.Count(t, "SELECT id FROM emails")) //nolint:gosec // an id
	now := time.Now().UTC().Truncate(time.Microsecond)
	first, claimed, err := b.Store.ClaimEmail(t.Context(), id, now, now.Add(time.Minute))
	require.NoError(t, err)
	require.True(t, claimed)
	second, claimed, err := b.Store.ClaimEmail(t.Context(), id, now.Add(time.Second), now.Add(2*time.Minute))
	require.NoError(t, err)
	require.False(t, claimed)
	require.NoError(t, b.Store.NoteEmailAttempt(t.Context(), second, "of a claim that was not given"))
	require.Zero(t, b.Count(t, "SELECT attempts FROM emails"))
	require.NoError(t, b.Store.NoteEmailAttempt(t.Context(), first, "refused"))
	require.Equal(t, 1, b.Count(t, "SELECT attempts FROM emails WHERE sending_until IS NULL"))
	_, claimed, err = b.Store.ClaimEmail(t.Context(), id, now.Add(time.Second), now.Add(time.Minute))
	require.NoError(t, err)
	require.True(t, claimed)
}

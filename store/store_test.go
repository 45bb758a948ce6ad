package store_test

import (
	"context"
	"database/sql"
	"sync"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/stretchr/testify/require"

	"farebook/booking"
	"farebook/internal/dev/testdb"
	"farebook/money"
	"farebook/store"
)

func request() booking.Request {
	departs := time.Date(2030, 5, 1, 9, 30, 0, 0, time.FixedZone("", 3600))
	return booking.Request{
		Customer: booking.Customer{Name: "Layla Haddad", Email: "layla@example.com", Locale: money.LocaleAR},
		Amount:   money.Money{Value: 45900, Currency: "USD"},
		Flight: booking.Flight{
			Number: "EK2", From: "LHR", To: "DXB", DepartsAt: departs, ArrivesAt: departs.Add(7 * time.Hour),
			Passengers: []booking.Passenger{{Name: "Layla Haddad"}},
		},
		HoldMinutes: 30,
	}
}

type books struct {
	*testdb.DB
	t      *testing.T
	caller store.Caller
}

func newBooks(t *testing.T) books {
	db := testdb.New(t)
	return books{db, t, db.Caller(t, db.NewKey(t, "test"))}
}

func (b books) reserve(key string, hash byte) (store.Reservation, error) {
	now := time.Now().UTC().Truncate(time.Microsecond)
	return b.Store.ReserveBooking(b.t.Context(), store.NewBooking{
		Caller: b.caller, IdempotencyKey: key, RequestHash: [32]byte{hash}, Request: request(),
		HoldExpiresAt: now.Add(30 * time.Minute), CorrelationID: "c-1", Now: now,
	})
}

// held is a booking with its PaymentIntent.
func (b books) held() booking.PaymentSnapshot {
	reservation, err := b.reserve("key", 1)
	require.NoError(b.t, err)
	snapshot := booking.PaymentSnapshot{
		PaymentIntentID: "pi_1", StripeStatus: "requires_payment_method", Reference: reservation.Booking.Reference,
		Amount: 45900, Currency: "USD",
	}
	require.NoError(b.t, b.Store.RecordPaymentIntent(b.t.Context(), snapshot.Reference, snapshot, false))
	return snapshot
}

// settledAt is when Stripe created the balance transactions of these tests.
var settledAt = time.Date(2026, time.March, 3, 23, 59, 58, 0, time.UTC)

func paid(s booking.PaymentSnapshot, withFee bool) booking.PaymentSnapshot {
	s.StripeStatus, s.AmountReceived, s.ChargeID, s.DeclineCode = "succeeded", s.Amount, "ch_1", ""
	if withFee {
		s.Balance = &booking.BalanceTransaction{Created: settledAt, ID: "txn_1", Amount: 45900, Fee: 1361, Net: 44539, Currency: "USD"}
	}
	return s
}

func (b books) record(s booking.PaymentSnapshot, reason store.Reason) (store.PaymentRecorded, error) {
	return b.Store.RecordPayment(b.t.Context(), store.PaymentReading{Snapshot: s, Reason: reason, Now: time.Now().UTC()})
}

func (b books) requirePromises() {
	promises, err := b.Store.CheckPromises(b.t.Context())
	require.NoError(b.t, err)
	for _, promise := range promises {
		require.True(b.t, promise.Held, "%d %s: %s", promise.Number, promise.Text, promise.Detail)
	}
}

func TestApplicationUserCannotChangeTheLedger(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	_, err := b.record(paid(b.held(), true), store.ReasonEvent)
	require.NoError(t, err)
	app, err := sql.Open("mysql", b.AppDSN)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, app.Close()) })
	for _, table := range []string{"financial_ledger", "ledger_entries"} {
		for _, statement := range []string{
			"UPDATE " + table + " SET id = id + 1000",
			"DELETE FROM " + table,
			"TRUNCATE TABLE " + table,
			"REPLACE INTO " + table + " SELECT * FROM " + table,
			"DROP TABLE " + table,
		} {
			_, err := app.ExecContext(t.Context(), statement)
			var refused *mysql.MySQLError
			require.ErrorAs(t, err, &refused, statement)
			require.Contains(t, []uint16{1142, 1044}, refused.Number, "%s: %v", statement, err)
		}
	}
	require.Equal(t, 1, b.Count(t, "SELECT COUNT(*) FROM financial_ledger"))
	require.Equal(t, 4, b.Count(t, "SELECT COUNT(*) FROM ledger_entries"))
}

func TestReserveHundredAtOnce(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	var group sync.WaitGroup
	references := make([]booking.Reference, 100)
	for i := range references {
		group.Go(func() {
			reservation, err := b.reserve("same", 1)
			if err == nil {
				references[i] = reservation.Booking.Reference
			}
		})
	}
	group.Wait()
	for _, reference := range references {
		require.NotEmpty(t, reference)
		require.Equal(t, references[0], reference)
	}
	require.Equal(t, 1, b.Count(t, "SELECT COUNT(*) FROM bookings"))
}

func TestReserveOtherBodyChangesNothing(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	_, err := b.reserve("key", 1)
	require.NoError(t, err)
	_, err = b.reserve("key", 2)
	var conflict *store.IdempotencyConflict
	require.ErrorAs(t, err, &conflict)
	require.Equal(t, 1, b.Count(t, "SELECT COUNT(*) FROM bookings"))
}

func TestKeysThatLookAlikeAreOthers(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	seen := map[booking.Reference]bool{}
	for _, key := range []string{"Key-A", "key-a", "kéy-a", "key-a ", " key-a", "key-a\x00"} {
		reservation, err := b.reserve(key, 1)
		require.NoError(t, err)
		require.False(t, seen[reservation.Booking.Reference], "%q is another's", key)
		seen[reservation.Booking.Reference] = true
	}
	other := b
	other.caller = b.Caller(t, b.NewKey(t, "other"))
	reservation, err := other.reserve("key-a", 9)
	require.NoError(t, err)
	require.False(t, seen[reservation.Booking.Reference])
}

func TestFirstAnswerIsKept(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	_, err := b.reserve("key", 1)
	require.NoError(t, err)
	for _, body := range []string{`{"n":1}`, `{"n":2}`} {
		status, kept, err := b.Store.StoreAnswer(t.Context(), store.IdempotencyKey{Caller: b.caller, Key: "key"}, 201, []byte(body))
		require.NoError(t, err)
		require.Equal(t, 201, status)
		require.JSONEq(t, `{"n":1}`, string(kept))
	}
}

func TestOutcomeRecordedFiftyTimesAtOnceIsPostedOnce(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	snapshot := paid(b.held(), true)
	var group sync.WaitGroup
	failures := make(chan error, 50)
	for range cap(failures) {
		group.Go(func() {
			if _, err := b.record(snapshot, store.ReasonEvent); err != nil {
				failures <- err
			}
		})
	}
	group.Wait()
	close(failures)
	for err := range failures {
		require.NoError(t, err)
	}
	require.Equal(t, 1, b.Count(t, "SELECT COUNT(*) FROM financial_ledger"))
	require.Equal(t, 1, b.Count(t, "SELECT COUNT(*) FROM emails"))
	b.requirePromises()
}

func TestDeclineThenSuccess(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	snapshot := b.held()
	snapshot.DeclineCode = "insufficient_funds"
	for range 2 {
		recorded, err := b.record(snapshot, store.ReasonEvent)
		require.NoError(t, err)
		require.Equal(t, booking.StatusPendingPayment, recorded.BookingStatus)
		require.Equal(t, booking.PaymentFailed, recorded.PaymentStatus)
		require.Len(t, recorded.EmailIDs, 1)
	}
	recorded, err := b.record(paid(snapshot, true), store.ReasonEvent)
	require.NoError(t, err)
	require.Equal(t, booking.StatusConfirmed, recorded.BookingStatus)
	require.Len(t, recorded.EmailIDs, 2)
	b.requirePromises()
}

func TestOldNewsChangesNothing(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	before := b.held()
	_, err := b.record(paid(before, true), store.ReasonEvent)
	require.NoError(t, err)
	for _, status := range []string{"requires_payment_method", "processing", "requires_action", "canceled"} {
		before.StripeStatus = status
		recorded, err := b.record(before, store.ReasonHoldEnded)
		require.NoError(t, err)
		require.Equal(t, booking.StatusConfirmed, recorded.BookingStatus)
		require.Equal(t, booking.PaymentSucceeded, recorded.PaymentStatus)
	}
	b.requirePromises()
}

func TestFeeThatComesLater(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	snapshot := b.held()
	recorded, err := b.record(paid(snapshot, false), store.ReasonEvent)
	require.NoError(t, err)
	require.True(t, recorded.FeePending)
	for range 2 {
		recorded, err = b.record(paid(snapshot, true), store.ReasonEvent)
		require.NoError(t, err)
		require.False(t, recorded.FeePending)
	}
	transactions, err := b.Store.Ledger(t.Context(), snapshot.Reference)
	require.NoError(t, err)
	require.Len(t, transactions, 2)
	balances, err := b.Store.Balances(t.Context())
	require.NoError(t, err)
	require.Contains(t, balances, store.Balance{Account: "asset:stripe_clearing", Currency: "USD", Amount: 44539})
	b.requirePromises()
}

func TestCancellations(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		stripeReason string
		reason       store.Reason
		want         booking.Status
	}{
		{"abandoned", store.ReasonEvent, booking.StatusExpired},
		{"", store.ReasonHoldEnded, booking.StatusExpired},
		{"requested_by_customer", store.ReasonEvent, booking.StatusCancelled},
		{"", store.ReasonCancelled, booking.StatusCancelled},
		{"", store.ReasonEvent, booking.StatusPaymentFailed},
		{"fraudulent", store.ReasonHoldEnded, booking.StatusPaymentFailed},
	} {
		b := newBooks(t)
		snapshot := b.held()
		snapshot.StripeStatus, snapshot.CancellationReason = "canceled", c.stripeReason
		recorded, err := b.record(snapshot, c.reason)
		require.NoError(t, err)
		require.Equal(t, c.want, recorded.BookingStatus, "%+v", c)
		require.Len(t, recorded.EmailIDs, 1)

		// Late money is recorded and flagged.
		recorded, err = b.record(paid(snapshot, true), store.ReasonEvent)
		require.NoError(t, err)
		require.Equal(t, c.want, recorded.BookingStatus)
		require.True(t, recorded.RefundDue)
		require.Equal(t, 1, b.Count(t, "SELECT COUNT(*) FROM financial_ledger"))
		b.requirePromises()
	}
}

// A decline is told, and so is the end of the booking when somebody cancels the PaymentIntent at Stripe afterwards.
func TestDeclineAndThenCancelledAtStripeAreBothTold(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	snapshot := b.held()
	snapshot.DeclineCode = "insufficient_funds"
	_, err := b.record(snapshot, store.ReasonEvent)
	require.NoError(t, err)
	snapshot.StripeStatus, snapshot.CancellationReason = "canceled", "fraudulent"
	recorded, err := b.record(snapshot, store.ReasonEvent)
	require.NoError(t, err)
	require.Equal(t, booking.StatusPaymentFailed, recorded.BookingStatus)
	require.Len(t, recorded.EmailIDs, 2)
	require.Equal(t, 2, b.Count(t, "SELECT COUNT(DISTINCT message_id) FROM emails WHERE kind = 'payment_failed'"))
}

func TestMismatchPostsNothingAndIsShown(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*booking.PaymentSnapshot){
		"amount":        func(s *booking.PaymentSnapshot) { s.Amount = 1 },
		"received":      func(s *booking.PaymentSnapshot) { s.AmountReceived = 1 },
		"currency":      func(s *booking.PaymentSnapshot) { s.Currency = "EUR" },
		"PaymentIntent": func(s *booking.PaymentSnapshot) { s.PaymentIntentID = "pi_other" },
	} {
		b := newBooks(t)
		snapshot := paid(b.held(), true)
		change(&snapshot)
		_, err := b.record(snapshot, store.ReasonEvent)
		var mismatch *store.AmountMismatch
		require.ErrorAs(t, err, &mismatch, name)
		require.Equal(t, 0, b.Count(t, "SELECT COUNT(*) FROM financial_ledger"))
		require.Equal(t, 1, b.Count(t, "SELECT COUNT(*) FROM bookings WHERE attention IS NOT NULL AND status = 'pending_payment'"))
	}
}

func TestRefusedBeforeAnyPaymentIntent(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	reservation, err := b.reserve("key", 1)
	require.NoError(t, err)
	for range 2 {
		recorded, err := b.Store.RecordPaymentRefused(t.Context(), reservation.Booking.Reference, "amount_too_small")
		require.NoError(t, err)
		require.Equal(t, booking.StatusPaymentFailed, recorded.BookingStatus)
		require.Len(t, recorded.EmailIDs, 1)
	}
	require.Equal(t, 1, b.Count(t, "SELECT COUNT(*) FROM emails"))
}

// Two transactions lock two bookings in opposite order: InnoDB rolls one back, and it is run again from its start.
func TestDeadlockIsRepeatedWhole(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	snapshot := paid(b.held(), true)
	other, err := b.SQL.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	_, err = other.ExecContext(t.Context(), "SELECT * FROM payments FOR UPDATE")
	require.NoError(t, err)
	done := make(chan error, 1)
	go func() {
		_, err := b.record(snapshot, store.ReasonEvent)
		done <- err
	}()
	waiting := func() bool {
		return b.Count(t, `SELECT COUNT(*) FROM information_schema.innodb_trx WHERE trx_state = 'LOCK WAIT'
			AND trx_mysql_thread_id IN (SELECT id FROM information_schema.processlist WHERE db = DATABASE())`) > 0
	}
	// InnoDB refreshes innodb_trx only when nobody has read it for 100 ms.
	require.Eventually(t, waiting, time.Minute, 300*time.Millisecond, "the recording step does not wait for the payment's lock")
	// Now this one wants the booking, which the recording step holds. Either of the two may be the victim.
	_, _ = other.ExecContext(t.Context(), "SELECT * FROM bookings FOR UPDATE")
	_ = other.Rollback() // whether it was the victim or not, it lets go here
	require.NoError(t, <-done)
	require.Equal(t, 1, b.Count(t, "SELECT COUNT(*) FROM financial_ledger"))
	require.Equal(t, 4, b.Count(t, "SELECT COUNT(*) FROM ledger_entries"))
	b.requirePromises()
}

func TestEventsOnce(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	event := store.Event{ID: "evt_1", Type: "payment_intent.succeeded", Created: time.Now().UTC(), Payload: []byte(`{}`)}
	for range 2 {
		processed, err := b.Store.ReceiveEvent(t.Context(), event, "", time.Minute)
		require.NoError(t, err)
		require.False(t, processed)
	}
	require.NoError(t, b.Store.MarkEventProcessed(t.Context(), "evt_1", "not acted upon"))
	processed, err := b.Store.ReceiveEvent(t.Context(), event, "", time.Minute)
	require.NoError(t, err)
	require.True(t, processed)
}

func TestTokensAreKeptAsHashes(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	token := b.NewKey(t, "second")
	found, err := b.Store.Authenticate(t.Context(), token)
	require.NoError(t, err)
	require.Equal(t, "second", found.ClientName)
	_, err = b.Store.Authenticate(t.Context(), token+"x")
	require.ErrorIs(t, err, store.ErrNotFound)
	require.Equal(t, 0, b.Count(t, "SELECT COUNT(*) FROM api_keys WHERE token_sha256 LIKE CONCAT('%', ?, '%') OR name LIKE CONCAT('%', ?, '%')", token, token))
}

func TestOpenSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	_, err := store.Open(ctx, "not a dsn", nil, nil)
	require.ErrorContains(t, err, "DATABASE_DSN is not a DSN")
}

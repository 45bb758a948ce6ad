package store_test

import (
	"database/sql"
	"testing"
	"time"

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
	// revenue is how its bookings are posted; the zero value is a principal's.
	revenue booking.Revenue
	// recognises has each payment recognised as soon as it is recorded.
	recognises bool
}

func newBooks(t *testing.T) books {
	db := testdb.New(t)
	return books{DB: db, t: t, caller: db.Caller(t, db.NewKey(t, "test"))}
}

func (b books) reserve(key string, hash byte) (store.Reservation, error) {
	now := time.Now().UTC().Truncate(time.Microsecond)
	return b.Store.ReserveBooking(b.t.Context(), store.NewBooking{
		Caller: b.caller, IdempotencyKey: key, RequestHash: [32]byte{hash}, Request: request(),
		Revenue: b.revenue, HoldExpiresAt: now.Add(30 * time.Minute), CorrelationID: "c-1", Now: now,
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
	for _, promise := range b.Promises(b.t) {
		require.True(b.t, promise.Held, "%d %s: %s", promise.Number, promise.Text, promise.Detail)
	}
}

// asApplication is a plain connection with the application's rights.
func (b books) asApplication() *sql.DB {
	b.t.Helper()
	app, err := sql.Open("mysql", b.AppDSN)
	require.NoError(b.t, err)
	b.t.Cleanup(func() { require.NoError(b.t, app.Close()) })
	return app
}

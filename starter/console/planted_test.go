package console_test

import (
	"fmt"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/booking"
	"farebook/internal/dev/consolekit"
	"farebook/money"
	"farebook/store"
)

// planted are books with a console, which a test fills by the recorders.
type planted struct {
	*consolekit.Kit
	caller store.Caller
	count  int
}

func plant(k *consolekit.Kit) *planted {
	caller, err := k.DB.Store.Authenticate(k.T.Context(), k.DB.NewKey(k.T, "shop"))
	require.NoError(k.T, err)
	return &planted{Kit: k, caller: caller}
}

// paid is a new booking of $459.00 that is paid, with the email that confirms it.
func (p *planted) paid() (store.Booking, booking.PaymentSnapshot) {
	p.T.Helper()
	p.count++
	ctx, now := p.T.Context(), p.DB.Store.Now()
	departs := now.AddDate(0, 1, 0)
	reserved, err := p.DB.Store.ReserveBooking(ctx, store.NewBooking{
		Caller: p.caller, IdempotencyKey: fmt.Sprint("key-", p.count), Lease: fmt.Sprint("lease-", p.count), HoldExpiresAt: now.Add(time.Hour),
		Methods: booking.MethodsAutomatic, CorrelationID: fmt.Sprintf("request-%04d", p.count), Now: now,
		Request: booking.Request{
			Customer: booking.Customer{Name: "Layla Haddad", Email: "layla@example.com", Locale: money.LocaleEN},
			Amount:   money.Money{Value: 45_900, Currency: "USD"}, HoldMinutes: 30,
			Flight: booking.Flight{
				Number: "EK2", From: "LHR", To: "DXB", DepartsAt: departs, ArrivesAt: departs.Add(7 * time.Hour),
				Passengers: []booking.Passenger{{Name: "Layla Haddad"}},
			},
		},
	})
	require.NoError(p.T, err)
	snapshot := booking.PaymentSnapshot{
		PaymentIntentID: fmt.Sprint("pi_", p.count), StripeStatus: "requires_payment_method", Reference: reserved.Booking.Reference,
		Amount: 45_900, Currency: "USD",
	}
	err = p.DB.Store.RecordPaymentIntent(ctx, reserved.Booking.Reference, snapshot, false)
	require.NoError(p.T, err)
	snapshot.StripeStatus, snapshot.AmountReceived, snapshot.ChargeID = "succeeded", 45_900, fmt.Sprint("ch_", p.count)
	snapshot.Balance = p.balance("charge", 45_900)
	_, err = p.DB.Store.RecordPayment(ctx, store.PaymentReading{Snapshot: snapshot, Reason: store.ReasonEvent, Now: now})
	require.NoError(p.T, err)
	known, err := p.DB.Store.Booking(ctx, reserved.Booking.Reference)
	require.NoError(p.T, err)
	return known, snapshot
}

// balance is a balance transaction of an amount without a fee.
func (p *planted) balance(category string, amount int64) *booking.BalanceTransaction {
	return &booking.BalanceTransaction{
		ID: fmt.Sprintf("txn_%s_%d", category, p.count), Amount: amount, Net: amount, Currency: "USD", ReportingCategory: category,
		Type: category, Created: p.DB.Store.Now(),
	}
}

// disputed is a dispute of a new booking, with a deadline.
func (p *planted) disputed(id string, due time.Time) store.Booking {
	p.T.Helper()
	known, snapshot := p.paid()
	_, err := p.DB.Store.RecordDispute(p.T.Context(), store.DisputeReading{Now: p.DB.Store.Now(), Snapshot: booking.DisputeSnapshot{
		DisputeID: id, PaymentIntentID: snapshot.PaymentIntentID, ChargeID: snapshot.ChargeID, Status: booking.DisputeNeedsResponse,
		Reason: "fraudulent", Amount: 45_900, Currency: "USD", DueBy: due, Balances: []booking.BalanceTransaction{*p.balance("dispute", -45_900)},
	}})
	require.NoError(p.T, err)
	return known
}

// matter opens a matter, about a booking or about none.
func (p *planted) matter(kind string, reference booking.Reference) (id string) {
	p.T.Helper()
	p.DB.Exec(p.T, `INSERT INTO attention_items (booking_id, kind, subject, text, opened_at)
		VALUES ((SELECT id FROM bookings WHERE reference = ?), ?, UUID(), ?, UTC_TIMESTAMP(6))`, reference, kind, "about "+kind)
	return p.DB.Text(p.T, "SELECT MAX(id) FROM attention_items")
}

// event stores an event that failed.
func (p *planted) event(id, payload string) {
	p.T.Helper()
	p.DB.Exec(p.T, `INSERT INTO stripe_events (stripe_event_id, type, api_version, object_id, livemode, booking_reference, payload, state,
		last_error, processed, stripe_created_at, received_at)
		VALUES (?, 'payout.paid', '2023-10-16', 'po_1', 0, '', ?, 'failed', 'no such payout', 0, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6))`, id, payload)
}

package testkit

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/workflow"

	"farebook/booking"
	"farebook/internal/correlation"
	"farebook/internal/dev/testdb"
	"farebook/money"
	"farebook/starter/dispatch"
	"farebook/store"
	"farebook/workflows"
)

// Books are a database and Temporal without a worker, for tests of the code that starts and signals workflows from the books: no
// worker polls the task queue, so that each workflow stays as it was started.
type Books struct {
	*testdb.DB
	T        *testing.T
	Temporal client.Client
	Dispatch *dispatch.Client

	caller store.Caller
}

// NewBooks returns books with a new schema and a new task queue.
func NewBooks(t *testing.T) *Books {
	t.Helper()
	b := &Books{DB: newDB(t, ""), T: t}
	b.caller = b.Caller(t, b.NewKey(t, "test"))
	b.Temporal = b.dial("")
	b.Dispatch = dispatch.NewClient(b.Temporal, b.Name)
	return b
}

// WithoutTemporal returns a client whose calls all fail at once, because its namespace does not exist.
func (b *Books) WithoutTemporal() *dispatch.Client {
	return dispatch.NewClient(b.dial("no-such-namespace"), b.Name)
}

func (b *Books) dial(namespace string) client.Client {
	b.T.Helper()
	temporal, err := client.NewLazyClient(client.Options{
		HostPort: temporalAddress(b.T), Namespace: namespace, Logger: quietTemporal(),
		ContextPropagators: []workflow.ContextPropagator{correlation.Propagator()},
	})
	require.NoError(b.T, err)
	b.T.Cleanup(temporal.Close)
	return temporal
}

// ID returns a Stripe id that no other test uses: the workflows of all tests run in one namespace.
func (b *Books) ID(name string) string { return name + "_" + strings.TrimPrefix(b.Name, "fb_") }

// Book reserves a booking of $459.00 whose hold ends after hold; a negative hold has ended.
func (b *Books) Book(key string, hold time.Duration) booking.Reference {
	b.T.Helper()
	now := b.Clock.Now()
	departs := now.AddDate(0, 0, 30)
	reservation, err := b.Store.ReserveBooking(b.T.Context(), store.NewBooking{
		Caller: b.caller, IdempotencyKey: key, CorrelationID: "c-" + key, HoldExpiresAt: now.Add(hold), Now: now,
		Request: booking.Request{
			Customer: booking.Customer{Name: "Layla Haddad", Email: "layla@example.com", Locale: money.LocaleEN},
			Amount:   money.Money{Value: 45900, Currency: "USD"}, HoldMinutes: 30,
			Flight: booking.Flight{
				Number: "EK2", From: "LHR", To: "DXB", DepartsAt: departs, ArrivesAt: departs.Add(7 * time.Hour),
				Passengers: []booking.Passenger{{Name: "Layla Haddad"}},
			},
		},
	})
	require.NoError(b.T, err)
	return reservation.Booking.Reference
}

// Held reserves a booking and records its PaymentIntent, ID("pi_<key>").
func (b *Books) Held(key string, hold time.Duration) booking.PaymentSnapshot {
	b.T.Helper()
	snapshot := booking.PaymentSnapshot{
		PaymentIntentID: b.ID("pi_" + key), StripeStatus: "requires_payment_method", Reference: b.Book(key, hold), Amount: 45900, Currency: "USD",
	}
	require.NoError(b.T, b.Store.RecordPaymentIntent(b.T.Context(), snapshot.Reference, snapshot, false))
	return snapshot
}

// Record records what Stripe says of a payment.
func (b *Books) Record(snapshot booking.PaymentSnapshot) {
	b.T.Helper()
	_, err := b.Store.RecordPayment(b.T.Context(), store.PaymentReading{Snapshot: snapshot, Reason: store.ReasonEvent, Now: b.Clock.Now()})
	require.NoError(b.T, err)
}

// Paid reserves a booking and records its payment: it is confirmed.
func (b *Books) Paid(key string) booking.Reference {
	b.T.Helper()
	snapshot := b.Held(key, time.Hour)
	snapshot.StripeStatus, snapshot.AmountReceived, snapshot.ChargeID = "succeeded", 45900, b.ID("ch_"+key)
	snapshot.Balance = &booking.BalanceTransaction{
		ID: b.ID("txn_" + key), Amount: 45900, Fee: 1361, Net: 44539, Currency: "USD",
		Created: b.Clock.Now(),
	}
	b.Record(snapshot)
	return snapshot.Reference
}

// Refund reserves a refund of a booking, in minor units.
func (b *Books) Refund(reference booking.Reference, key string, amount int64) store.Refund {
	b.T.Helper()
	refund, _, err := b.Store.ReserveRefund(b.T.Context(), store.NewRefund{
		Key:       store.IdempotencyKey{Caller: b.caller, Key: "refund-" + key, Operation: store.OperationCreateRefund},
		Reference: reference, Request: booking.RefundRequest{Amount: amount, Reason: booking.ReasonRequestedByCustomer},
		CorrelationID: "c-" + key, Now: b.Clock.Now(),
	})
	require.NoError(b.T, err)
	return refund
}

// Started reports whether a workflow was ever started.
func (b *Books) Started(workflowID string) bool {
	b.T.Helper()
	_, err := b.Temporal.DescribeWorkflowExecution(b.T.Context(), workflowID, "")
	var none *serviceerror.NotFound
	if errors.As(err, &none) {
		return false
	}
	require.NoError(b.T, err)
	return true
}

// Signals returns the Stripe events that were signalled to a workflow.
func (b *Books) Signals(workflowID string) (events []workflows.StripeEvent) {
	b.T.Helper()
	if !b.Started(workflowID) {
		return nil
	}
	history := b.Temporal.GetWorkflowHistory(b.T.Context(), workflowID, "", false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for history.HasNext() {
		next, err := history.Next()
		require.NoError(b.T, err)
		signal := next.GetWorkflowExecutionSignaledEventAttributes()
		if signal.GetSignalName() != workflows.SignalStripeEvent {
			continue
		}
		var event workflows.StripeEvent
		require.NoError(b.T, converter.GetDefaultDataConverter().FromPayloads(signal.GetInput(), &event))
		events = append(events, event)
	}
	return events
}

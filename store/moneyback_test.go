package store_test

import (
	"time"

	"github.com/stretchr/testify/require"

	"farebook/booking"
	"farebook/store"
)

// paidBooking is a confirmed booking of $459.00, fee and all.
func (b books) paidBooking() booking.Reference {
	b.t.Helper()
	held := b.held()
	_, err := b.record(paid(held, true), store.ReasonEvent)
	require.NoError(b.t, err)
	return held.Reference
}

func (b books) askRefund(reference booking.Reference, key string, amount int64) (store.Refund, error) {
	refund, _, err := b.Store.ReserveRefund(b.t.Context(), store.NewRefund{
		Key:       store.IdempotencyKey{Caller: b.caller, Key: key, Operation: store.OperationCreateRefund, Hash: [32]byte{byte(amount)}},
		Reference: reference, Request: booking.RefundRequest{Amount: amount, Reason: booking.ReasonRequestedByCustomer},
		CorrelationID: "c-1", Now: time.Now().UTC(),
	})
	return refund, err
}

func atStripe(refund store.Refund, id, status string) booking.RefundSnapshot {
	return booking.RefundSnapshot{
		StripeRefundID: id, PaymentIntentID: "pi_1", ChargeID: "ch_1", StripeStatus: status, Amount: refund.Amount.Value, Currency: "USD",
		RefundID: refund.ID, Balance: balance("txn_"+id, -refund.Amount.Value, 0, "refund"),
	}
}

func balance(id string, amount, fee int64, category string) *booking.BalanceTransaction {
	return &booking.BalanceTransaction{Created: settledAt, ID: id, Amount: amount, Fee: fee, Net: amount - fee, Currency: "USD", ReportingCategory: category}
}

func (b books) recordRefund(s booking.RefundSnapshot) store.RefundRecorded {
	b.t.Helper()
	recorded, err := b.Store.RecordRefund(b.t.Context(), store.RefundReading{Snapshot: s, Now: time.Now().UTC()})
	require.NoError(b.t, err)
	return recorded
}

func (b books) status() booking.Status {
	return booking.Status(b.Text(b.t, "SELECT status FROM bookings"))
}

func (b books) balanceOf(account string) int64 {
	b.t.Helper()
	balances, err := b.Store.Balances(b.t.Context())
	require.NoError(b.t, err)
	for _, balance := range balances {
		if string(balance.Account) == account {
			return balance.Amount
		}
	}
	return 0
}

package store_test

import (
	"time"

	"github.com/stretchr/testify/require"

	"farebook/booking"
	"farebook/ledger"
	"farebook/reconciliation"
	"farebook/store"
	"farebook/store/recon"
)

// The situations that tests begin with: one booking of $459.00 under pi_1, by what has happened to it. Snapshots (atStripe, cameBack,
// disputeAt) are what Stripe says next.

// paidBooking is a confirmed booking of $459.00, fee and all.
func (b books) paidBooking() booking.Reference {
	b.t.Helper()
	held := b.held()
	_, err := b.record(paid(held, true), store.ReasonEvent)
	require.NoError(b.t, err)
	if b.recognises {
		b.recognise(time.Now().UTC())
	}
	return held.Reference
}

// cancelledUnpaid is a booking that was cancelled before payment. It returns the PaymentIntent as it was before the cancellation.
func (b books) cancelledUnpaid() booking.PaymentSnapshot {
	b.t.Helper()
	held := b.held()
	canceled := held
	canceled.StripeStatus = "canceled"
	_, err := b.record(canceled, store.ReasonCancelled)
	require.NoError(b.t, err)
	return held
}

// lateMoney is a booking that was paid after it was cancelled, and the refund that was reserved for it.
func (b books) lateMoney() store.PaymentRecorded {
	b.t.Helper()
	late, err := b.record(paid(b.cancelledUnpaid(), true), store.ReasonEvent)
	require.NoError(b.t, err)
	require.Len(b.t, late.RefundIDs, 1)
	return late
}

// requestedRefund is a paid booking with a refund that Stripe has not been asked for. An amount of zero is all that was paid.
func (b books) requestedRefund(amount int64) store.Refund {
	b.t.Helper()
	refund, err := b.askRefund(b.paidBooking(), "refund", amount)
	require.NoError(b.t, err)
	return refund
}

// refunded is a paid booking with a refund that has succeeded as re_1. An amount of zero is all that was paid.
func (b books) refunded(amount int64) store.Refund {
	b.t.Helper()
	refund := b.requestedRefund(amount)
	b.recordRefund(atStripe(refund, "re_1", "succeeded"))
	return refund
}

// refundNotInTheLedger is a refund of $200.00 that Stripe has made and the books have as requested, and the correction that an operator
// posts for the item of the reconciliation that failed to heal it.
func (b books) refundNotInTheLedger() (booking.RefundSnapshot, recon.Correction) {
	b.t.Helper()
	refund := b.requestedRefund(20000)
	snapshot := atStripe(refund, "re_1", "succeeded")
	item := b.RunThatFound(b.t, "recon_1", reconciliation.Finding{
		Class: reconciliation.MissingInLedger, Object: reconciliation.ObjectRefund, StripeID: "re_1", PaymentIntentID: "pi_1",
		BalanceTransactionID: snapshot.Balance.ID,
		Reference:            refund.Reference, AtStripe: -20000, Currency: "USD", Reason: "lost", Healing: reconciliation.HealRefund,
	})[0]
	require.NoError(b.t, recon.New(b.Store).SettleItem(b.t.Context(), item.ID, recon.ItemFailed, "in vain"))
	return snapshot, recon.Correction{ItemID: item.ID, There: snapshot.Balance, Against: ledger.LiabilityUnearnedRevenue, Note: "by hand"}
}

// disputed is a paid booking whose payment was withdrawn by dp_1.
func (b books) disputed() store.DisputeRecorded {
	b.t.Helper()
	b.paidBooking()
	return b.recordDispute(disputeAt(booking.DisputeNeedsResponse, withdrawn))
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

// cameBack is a refund that succeeded as re_1, and whose money the bank has sent back.
func cameBack(refund store.Refund, reason string) booking.RefundSnapshot {
	s := atStripe(refund, "re_1", "failed")
	s.FailureReason, s.FailureBalance = reason, balance("txn_back", refund.Amount.Value, 0, "refund_failure")
	return s
}

// disputeAt is dp_1 about the whole payment, with the balance transactions that Stripe has made for it.
func disputeAt(status booking.DisputeStatus, balances ...booking.BalanceTransaction) booking.DisputeSnapshot {
	return booking.DisputeSnapshot{
		DisputeID: "dp_1", PaymentIntentID: "pi_1", ChargeID: "ch_1", Status: status, Reason: "fraudulent", Amount: 45900, Currency: "USD",
		Balances: balances,
	}
}

// withdrawn and reinstated are a dispute's balance transactions: the payment and the dispute fee, taken and given back.
var (
	withdrawn  = *balance("txn_out", -45900, 1500, "dispute")
	reinstated = *balance("txn_in", 45900, -1500, "dispute_reversal")
)

func balance(id string, amount, fee int64, category string) *booking.BalanceTransaction {
	return &booking.BalanceTransaction{
		Created: settledAt, ID: id, Amount: amount, Fee: fee, Net: amount - fee, Currency: "USD",
		ReportingCategory: category,
	}
}

func (b books) recordRefund(s booking.RefundSnapshot) store.RefundRecorded {
	b.t.Helper()
	recorded, err := b.Store.RecordRefund(b.t.Context(), store.RefundReading{Snapshot: s, Now: time.Now().UTC()})
	require.NoError(b.t, err)
	return recorded
}

func (b books) recordDispute(s booking.DisputeSnapshot) store.DisputeRecorded {
	b.t.Helper()
	recorded, err := b.Store.RecordDispute(b.t.Context(), store.DisputeReading{Snapshot: s, Now: time.Now().UTC()})
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

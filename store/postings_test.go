package store_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/booking"
	"farebook/ledger"
	"farebook/store"
)

// departed is a time after the departure of the bookings of these tests.
var departed = request().Flight.DepartsAt.Add(time.Hour)

// owed are the balances that say what is owed and earned: credits, as finance reads them, without zeros.
func (b books) owed() map[ledger.Account]int64 {
	b.t.Helper()
	balances, err := b.Store.Balances(b.t.Context())
	require.NoError(b.t, err)
	owed := map[ledger.Account]int64{}
	for _, balance := range balances {
		switch balance.Account {
		case ledger.LiabilityUnearnedRevenue, ledger.LiabilityRefundsPayable, ledger.IncomeFlights, ledger.IncomeCancellationFees,
			ledger.IncomeRefunds, ledger.ExpenseChargebacks, ledger.LiabilityCustomerFunds, ledger.LiabilityAirlinePayable,
			ledger.IncomeCommission, ledger.IncomeServiceFees:
			if balance.Amount != 0 {
				owed[balance.Account] = -balance.Amount
			}
		}
	}
	return owed
}

// recognise recognises what is due at a time, twice: the second time finds nothing.
func (b books) recognise(at time.Time) {
	b.t.Helper()
	for range 2 {
		due, err := b.Store.DueRecognitions(b.t.Context(), at, store.DueRecognition{}, 10)
		require.NoError(b.t, err)
		for _, one := range due {
			_, err := b.Store.RecogniseRevenue(b.t.Context(), one.Reference, at)
			require.NoError(b.t, err)
		}
	}
}

func (b books) cancel(percent int) {
	b.t.Helper()
	_, err := b.Store.CancelPaid(b.t.Context(), store.Cancellation{
		Reference: b.reference(),
		Policy:    booking.Policy{{HoursBefore: 0, Percent: percent}}, Now: time.Now().UTC(),
	})
	require.NoError(b.t, err)
}

// cancellationRefund is the refund that a cancellation has reserved, as Stripe makes it.
func (b books) cancellationRefund() booking.RefundSnapshot {
	b.t.Helper()
	refund, err := b.Store.Refund(b.t.Context(), booking.RefundID(b.Text(b.t, "SELECT refund_id FROM refunds WHERE origin = 'cancellation'")))
	require.NoError(b.t, err)
	return atStripe(refund, "re_1", "succeeded")
}

// situations are what can have happened to a booking, and what is owed and earned then: after its departure as well, where that differs.
var situations = map[string]struct {
	happen    func(books)
	owed      map[ledger.Account]int64
	departure map[ledger.Account]int64
}{
	"paid": {
		func(b books) { b.paidBooking() },
		map[ledger.Account]int64{ledger.LiabilityUnearnedRevenue: 45900},
		map[ledger.Account]int64{ledger.IncomeFlights: 45900},
	},
	"a refund promised": {
		func(b books) { b.requestedRefund(20000) },
		map[ledger.Account]int64{ledger.LiabilityUnearnedRevenue: 25900, ledger.LiabilityRefundsPayable: 20000},
		map[ledger.Account]int64{ledger.IncomeFlights: 25900, ledger.LiabilityRefundsPayable: 20000},
	},
	"a refund made": {
		func(b books) { b.refunded(20000) },
		map[ledger.Account]int64{ledger.LiabilityUnearnedRevenue: 25900},
		map[ledger.Account]int64{ledger.IncomeFlights: 25900},
	},
	"a refund that failed": {
		func(b books) { b.recordRefund(cameBack(b.refunded(20000), "lost_or_stolen_card")) },
		map[ledger.Account]int64{ledger.LiabilityUnearnedRevenue: 25900, ledger.LiabilityRefundsPayable: 20000},
		map[ledger.Account]int64{ledger.IncomeFlights: 25900, ledger.LiabilityRefundsPayable: 20000},
	},
	"a refund that failed, and one that replaces it": {
		func(b books) {
			refund := b.refunded(20000)
			b.recordRefund(cameBack(refund, "lost_or_stolen_card"))
			again, err := b.askRefund(refund.Reference, "again", 20000)
			require.NoError(b.t, err)
			b.recordRefund(atStripe(again, "re_2", "succeeded"))
		},
		map[ledger.Account]int64{ledger.LiabilityUnearnedRevenue: 25900},
		map[ledger.Account]int64{ledger.IncomeFlights: 25900},
	},
	"a refund that failed after a later one was made": {
		func(b books) {
			first := b.refunded(20000)
			second, err := b.askRefund(first.Reference, "second", 1000)
			require.NoError(b.t, err)
			b.recordRefund(atStripe(second, "re_2", "succeeded"))
			b.recordRefund(cameBack(first, "lost_or_stolen_card"))
		},
		map[ledger.Account]int64{ledger.LiabilityUnearnedRevenue: 24900, ledger.LiabilityRefundsPayable: 20000},
		map[ledger.Account]int64{ledger.IncomeFlights: 24900, ledger.LiabilityRefundsPayable: 20000},
	},
	"a refund that was refused after a later one was made": {
		func(b books) {
			first := b.requestedRefund(20000)
			second, err := b.askRefund(first.Reference, "second", 1000)
			require.NoError(b.t, err)
			b.recordRefund(atStripe(second, "re_2", "succeeded"))
			_, err = b.Store.RecordRefundRefused(b.t.Context(), first.ID, "card_declined", time.Now().UTC())
			require.NoError(b.t, err)
		},
		map[ledger.Account]int64{ledger.LiabilityUnearnedRevenue: 24900, ledger.LiabilityRefundsPayable: 20000},
		map[ledger.Account]int64{ledger.IncomeFlights: 24900, ledger.LiabilityRefundsPayable: 20000},
	},
	"a refund that Stripe refuses": {
		func(b books) {
			_, err := b.Store.RecordRefundRefused(b.t.Context(), b.requestedRefund(20000).ID, "card_declined", time.Now().UTC())
			require.NoError(b.t, err)
		},
		map[ledger.Account]int64{ledger.LiabilityUnearnedRevenue: 25900, ledger.LiabilityRefundsPayable: 20000},
		map[ledger.Account]int64{ledger.IncomeFlights: 25900, ledger.LiabilityRefundsPayable: 20000},
	},
	"a refund from the dashboard before the payment": {
		func(b books) {
			held := b.held()
			byHand := atStripe(store.Refund{}, "re_1", "succeeded")
			byHand.Amount, byHand.Balance = 20000, balance("txn_re_1", -20000, 0, "refund")
			b.recordRefund(byHand)
			_, err := b.record(paid(held, true), store.ReasonEvent)
			require.NoError(b.t, err)
		},
		map[ledger.Account]int64{ledger.LiabilityUnearnedRevenue: 25900},
		map[ledger.Account]int64{ledger.IncomeFlights: 25900},
	},
	"two refunds of the same money": {
		func(b books) {
			asked := b.requestedRefund(0)
			byHand := atStripe(asked, "re_9", "succeeded")
			byHand.RefundID = ""
			b.recordRefund(byHand)
			_, err := b.Store.RecordRefundRefused(b.t.Context(), asked.ID, "charge_already_refunded", time.Now().UTC())
			require.NoError(b.t, err)
		},
		map[ledger.Account]int64{},
		nil,
	},
	"cancelled, half kept": {
		func(b books) { b.paidBooking(); b.cancel(50) },
		map[ledger.Account]int64{ledger.LiabilityRefundsPayable: 22950, ledger.IncomeCancellationFees: 22950},
		nil,
	},
	"cancelled, half kept and refunded": {
		func(b books) { b.paidBooking(); b.cancel(50); b.recordRefund(b.cancellationRefund()) },
		map[ledger.Account]int64{ledger.IncomeCancellationFees: 22950},
		nil,
	},
	"cancelled, all kept": {
		func(b books) { b.paidBooking(); b.cancel(0) },
		map[ledger.Account]int64{ledger.IncomeCancellationFees: 45900},
		nil,
	},
	"cancelled after a refund that failed": {
		func(b books) {
			b.recordRefund(cameBack(b.refunded(10000), "lost_or_stolen_card"))
			b.cancel(50)
		},
		map[ledger.Account]int64{ledger.LiabilityRefundsPayable: 22950, ledger.IncomeCancellationFees: 22950},
		nil,
	},
	"late money": {
		func(b books) { b.lateMoney() },
		map[ledger.Account]int64{ledger.LiabilityRefundsPayable: 45900},
		nil,
	},
	"late money that was charged back in part": {
		func(b books) {
			held := b.cancelledUnpaid()
			part := disputeAt(booking.DisputeLost, *balance("txn_out", -30000, 1500, "dispute"))
			part.Amount = 30000
			b.recordDispute(part)
			_, err := b.record(paid(held, true), store.ReasonEvent)
			require.NoError(b.t, err)
		},
		map[ledger.Account]int64{ledger.LiabilityUnearnedRevenue: 15900},
		map[ledger.Account]int64{ledger.LiabilityRefundsPayable: 15900},
	},
	"a dispute lost": {
		func(b books) { b.disputed(); b.recordDispute(disputeAt(booking.DisputeLost, withdrawn)) },
		map[ledger.Account]int64{},
		nil,
	},
	"a dispute lost after a refund": {
		func(b books) { b.refunded(30000); b.recordDispute(disputeAt(booking.DisputeLost, withdrawn)) },
		map[ledger.Account]int64{ledger.ExpenseChargebacks: -30000},
		nil,
	},
	"a dispute lost while a refund was promised": {
		func(b books) {
			refund := b.requestedRefund(20000)
			b.recordDispute(disputeAt(booking.DisputeLost, withdrawn))
			_, err := b.Store.RecordRefundRefused(b.t.Context(), refund.ID, "charge_disputed", time.Now().UTC())
			require.NoError(b.t, err)
		},
		map[ledger.Account]int64{},
		nil,
	},
	"a dispute lost, and won after all": {
		func(b books) {
			b.disputed()
			b.recordDispute(disputeAt(booking.DisputeLost, withdrawn))
			b.recordDispute(disputeAt(booking.DisputeWon, withdrawn, reinstated))
		},
		map[ledger.Account]int64{ledger.LiabilityUnearnedRevenue: 45900},
		map[ledger.Account]int64{ledger.IncomeFlights: 45900},
	},
	"a dispute that is open": {
		func(b books) { b.disputed() },
		map[ledger.Account]int64{ledger.LiabilityUnearnedRevenue: 45900},
		nil,
	},
}

func TestWhatIsOwedAndEarned(t *testing.T) {
	t.Parallel()
	for name, one := range situations {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBooks(t)
			one.happen(b)
			require.Equal(t, one.owed, b.owed())
			b.requirePromises()
			b.recognise(departed)
			if one.departure == nil {
				one.departure = one.owed
			}
			require.Equal(t, one.departure, b.owed(), "after the departure")
			b.requirePromises()
		})
	}
}

func (b books) reference() booking.Reference {
	return booking.Reference(b.Text(b.t, "SELECT reference FROM bookings"))
}

// What is promised after the departure reduces income, and money that comes back after it is earned.
func TestAfterTheDeparture(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	reference := b.paidBooking()
	b.recognise(departed)
	b.Exec(t, "UPDATE bookings SET flight_json = JSON_SET(flight_json, '$.departsAt', '2026-01-01T00:00:00Z')")
	refund, err := b.askRefund(reference, "refund", 20000)
	require.NoError(t, err)
	owed := map[ledger.Account]int64{
		ledger.IncomeFlights: 45900, ledger.IncomeRefunds: -20000, ledger.LiabilityRefundsPayable: 20000,
	}
	require.Equal(t, owed, b.owed())
	b.recordRefund(atStripe(refund, "re_1", "succeeded"))
	delete(owed, ledger.LiabilityRefundsPayable)
	require.Equal(t, owed, b.owed())
	b.recordDispute(disputeAt(booking.DisputeLost, withdrawn))
	owed[ledger.ExpenseChargebacks] = -45900
	require.Equal(t, owed, b.owed(), "the flight was flown: the loss is a loss")
	b.requirePromises()
}

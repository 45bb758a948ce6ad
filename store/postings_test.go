package store_test

import (
	"fmt"
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

// The ledger of an earlier release ends at the same balances as if the posting rules of this one had always been: the command carries it
// over, and so does whatever is posted next. A dry run changes nothing, and a repetition posts nothing.
func TestLedgerOfAnEarlierReleaseIsCarriedOver(t *testing.T) {
	t.Parallel()
	for name, one := range situations {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBooks(t)
			one.happen(b)
			b.PostedByEarlierRelease(b.t)
			b.requirePromises()
			before := b.owed()
			now := time.Now().UTC()
			dry := b.carryOver(store.CarryingOver{DryRun: true, Now: now})
			require.Equal(t, before, b.owed())
			require.Equal(t, dry, b.carryOver(store.CarryingOver{Now: now}))
			require.Equal(t, one.owed, b.owed())
			left, err := b.Store.EarlierBookings(t.Context(), 0, 10)
			require.NoError(t, err)
			require.Empty(t, left)
			again, err := b.Store.CarryOverBooking(t.Context(), b.reference(), store.CarryingOver{Now: now})
			require.NoError(t, err)
			require.Empty(t, again)
			b.requirePromises()
		})
		t.Run(name+", although it follows the rules", func(t *testing.T) {
			t.Parallel()
			b := newBooks(t)
			one.happen(b)
			b.Exec(t, "UPDATE bookings SET ledger_rules = 1")
			require.Empty(t, b.carryOver(store.CarryingOver{Now: time.Now().UTC()}))
			require.Equal(t, one.owed, b.owed())
			b.requirePromises()
		})
		t.Run(name+", by its recognition", func(t *testing.T) {
			t.Parallel()
			b := newBooks(t)
			one.happen(b)
			b.PostedByEarlierRelease(b.t)
			b.Exec(t, "UPDATE bookings SET recognise_at = created_at")
			b.recognise(departed)
			if one.departure == nil {
				one.departure = one.owed
			}
			if name != "a dispute that is open" { // it is carried over when the dispute is closed
				require.Equal(t, one.departure, b.owed())
			}
			b.requirePromises()
		})
	}
}

func (b books) reference() booking.Reference {
	return booking.Reference(b.Text(b.t, "SELECT reference FROM bookings"))
}

// carryOver carries over the one booking that follows earlier rules.
func (b books) carryOver(how store.CarryingOver) []ledger.Transaction {
	b.t.Helper()
	found, err := b.Store.EarlierBookings(b.t.Context(), 0, 10)
	require.NoError(b.t, err)
	require.Len(b.t, found, 1)
	posted, err := b.Store.CarryOverBooking(b.t.Context(), found[0].Reference, how)
	require.NoError(b.t, err)
	return posted
}

// A process of an earlier release posts to a booking after it was carried over. verify finds that, a close is blocked, and migrate and the
// carry-over mend it: the booking ends at the balances of this release's rules.
func TestPostingsOfAnEarlierReleaseAfterTheCarryOver(t *testing.T) {
	t.Parallel()
	const found = "no process of an earlier release has posted to a booking after it was carried over"
	for name, one := range map[string]struct {
		before, posts func(b books)
		owed          map[ledger.Account]int64 // after the departure
	}{
		"a refund leaves": {
			func(b books) { b.requestedRefund(20000) },
			func(b books) { b.recordRefund(atStripe(b.onlyRefund(), "re_1", "succeeded")) },
			map[ledger.Account]int64{ledger.IncomeFlights: 25900},
		},
		"a refund comes back": {
			func(b books) { b.refunded(20000) },
			func(b books) { b.recordRefund(cameBack(b.onlyRefund(), "lost_or_stolen_card")) },
			map[ledger.Account]int64{ledger.IncomeFlights: 25900, ledger.LiabilityRefundsPayable: 20000},
		},
		"a refund comes back after the departure": {
			func(b books) { b.refunded(20000); b.recognise(departed) },
			func(b books) { b.recordRefund(cameBack(b.onlyRefund(), "lost_or_stolen_card")) },
			map[ledger.Account]int64{ledger.IncomeFlights: 25900, ledger.LiabilityRefundsPayable: 20000},
		},
		"the refund of a cancellation that was carried over": {
			func(b books) {
				b.paidBooking()
				b.cancel(50)
				b.PostedByEarlierRelease(b.t)
				require.Len(b.t, b.carryOver(store.CarryingOver{Now: time.Now().UTC()}), 1)
			},
			func(b books) { b.recordRefund(b.cancellationRefund()) },
			map[ledger.Account]int64{ledger.IncomeCancellationFees: 22950},
		},
		"a dispute is lost": {
			func(b books) { b.disputed() },
			func(b books) { b.recordDispute(disputeAt(booking.DisputeLost, withdrawn)) },
			map[ledger.Account]int64{},
		},
		"a payment": {
			func(b books) { b.held() },
			func(b books) {
				_, err := b.record(paid(b.onlyPayment(), true), store.ReasonEvent)
				require.NoError(b.t, err)
				b.Exec(b.t, "UPDATE bookings SET recognise_at = NULL")
			},
			map[ledger.Account]int64{ledger.IncomeFlights: 45900},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBooks(t)
			one.before(b)
			b.requirePromises()
			last := b.Count(t, "SELECT COALESCE(MAX(id), 0) FROM financial_ledger")
			one.posts(b)
			b.PostedByEarlierReleaseAfter(t, last)
			b.Exec(t, "UPDATE financial_ledger SET period = NULL WHERE id > ?", last)
			require.Contains(t, fmt.Sprint(b.broken()), found)
			b.Fill(t)
			b.carryOver(store.CarryingOver{Now: time.Now().UTC()})
			b.requirePromises()
			b.recognise(departed)
			require.Equal(t, one.owed, b.owed())
			require.Zero(t, b.balanceOf("equity:suspense"))
			b.requirePromises()
			left, err := b.Store.EarlierBookings(t.Context(), 0, 10)
			require.NoError(t, err)
			require.Empty(t, left)
		})
	}
}

// onlyRefund is the refund of the only booking.
func (b books) onlyRefund() store.Refund {
	b.t.Helper()
	refund, err := b.Store.Refund(b.t.Context(), booking.RefundID(b.Text(b.t, "SELECT refund_id FROM refunds")))
	require.NoError(b.t, err)
	return refund
}

// onlyPayment is the PaymentIntent of the only booking, which is not paid yet.
func (b books) onlyPayment() booking.PaymentSnapshot {
	return booking.PaymentSnapshot{PaymentIntentID: "pi_1", Reference: b.reference(), Amount: 45900, Currency: "USD"}
}

// An exchange between currencies leaves suspense, and what an operator put there stays.
func TestExchangesAreCarriedOver(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	snapshot := paid(b.held(), true)
	snapshot.Balance.Amount, snapshot.Balance.Fee, snapshot.Balance.Net, snapshot.Balance.Currency = 42210, 1254, 40956, "EUR"
	_, err := b.record(snapshot, store.ReasonEvent)
	require.NoError(t, err)
	require.Equal(t, 2, b.Count(t, "SELECT COUNT(*) FROM ledger_entries WHERE account = 'equity:conversion'"))
	b.PostedByEarlierRelease(b.t)
	b.carryOver(store.CarryingOver{Now: time.Now().UTC()})
	balances, err := b.Store.BalancesOf(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, 45900, balances[ledger.EquityConversion]["USD"])
	require.EqualValues(t, -42210, balances[ledger.EquityConversion]["EUR"])
	require.Zero(t, balances[ledger.EquitySuspense]["USD"])
	require.Zero(t, balances[ledger.EquitySuspense]["EUR"])
	b.requirePromises()
}

// A payout that an earlier release has posted as at the bank is under way until it arrives.
func TestPayoutUnderWayIsCarriedOver(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	b.paidBooking()
	snapshot := booking.PayoutSnapshot{
		PayoutID: "po_1", Status: booking.PayoutInTransit, Amount: 44539, Currency: "USD", Balance: balance("txn_po", -44539, 0, "payout"),
	}
	record := func() {
		_, err := b.Store.RecordPayout(t.Context(), store.PayoutReading{Snapshot: snapshot, Now: time.Now().UTC()})
		require.NoError(t, err)
	}
	record()
	b.PostedByEarlierRelease(b.t)
	require.EqualValues(t, 44539, b.balanceOf("asset:bank"))
	b.requirePromises()
	for visited := range 2 {
		found, err := b.Store.PayoutsUnderWay(t.Context(), 0, 10)
		require.NoError(t, err)
		require.Len(t, found, 1)
		posted, err := b.Store.CarryOverPayout(t.Context(), found[0].StripePayoutID, store.CarryingOver{Now: time.Now().UTC()})
		require.NoError(t, err)
		require.Len(t, posted, 1-visited)
		require.Zero(t, b.balanceOf("asset:bank"))
		require.EqualValues(t, 44539, b.balanceOf("asset:payouts_in_transit"))
	}
	snapshot.Status = booking.PayoutPaid
	record()
	require.EqualValues(t, 44539, b.balanceOf("asset:bank"))
	require.Zero(t, b.balanceOf("asset:payouts_in_transit"))
	b.requirePromises()
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

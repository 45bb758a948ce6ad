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

package store_test

import (
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/booking"
	"farebook/internal/dev/testdb"
	"farebook/ledger"
	"farebook/store"
	"farebook/store/recon"
)

// agentBreakdown is that of the bookings of these tests, whose parts do not divide evenly.
var agentBreakdown = &booking.Breakdown{Fare: 38001, Taxes: 4899, ServiceFee: 999, Commission: 2001}

func byAgent(at booking.RevenueMoment) booking.Revenue {
	return booking.Revenue{Model: booking.ModelAgent, Moment: at, Breakdown: agentBreakdown}
}

// asAgent is what an agent owes and has earned where a principal owes and has earned this: what a principal earns is passed on in the
// proportion of the breakdown.
func asAgent(principal map[ledger.Account]int64) map[ledger.Account]int64 {
	agent := maps.Clone(principal)
	earned := ledger.PartsOf(agentBreakdown, 45900).Share(principal[ledger.IncomeFlights] + principal[ledger.IncomeCancellationFees])
	agent[ledger.LiabilityCustomerFunds] = principal[ledger.LiabilityUnearnedRevenue]
	agent[ledger.LiabilityAirlinePayable] = earned.Airline
	agent[ledger.IncomeCommission] = earned.Commission
	agent[ledger.IncomeServiceFees] = earned.ServiceFees
	for _, account := range []ledger.Account{ledger.LiabilityUnearnedRevenue, ledger.IncomeFlights, ledger.IncomeCancellationFees} {
		delete(agent, account)
	}
	maps.DeleteFunc(agent, func(_ ledger.Account, amount int64) bool { return amount == 0 })
	return agent
}

// Whatever happens to a booking, an agent holds what a principal has unearned, and passes on what a principal earns.
func TestWhatAnAgentOwesAndEarns(t *testing.T) {
	t.Parallel()
	for name, one := range situations {
		if one.departure == nil {
			one.departure = one.owed
		}
		for _, moment := range []booking.RevenueMoment{booking.AtDeparture, booking.AtTicketing} {
			t.Run(name+", "+string(moment), func(t *testing.T) {
				t.Parallel()
				b := newBooks(t)
				b.revenue = byAgent(moment)
				one.happen(b)
				require.Equal(t, asAgent(one.owed), b.owed())
				b.requirePromises()
				b.recognise(time.Now().UTC())
				if moment == booking.AtDeparture || strings.HasPrefix(name, "late money") {
					require.Equal(t, asAgent(one.owed), b.owed(), "before the departure")
				} else {
					require.Equal(t, asAgent(one.departure), b.owed(), "after the ticketing")
				}
				b.requirePromises()
				b.recognise(departed)
				require.Equal(t, asAgent(one.departure), b.owed(), "after the departure")
				b.requirePromises()
			})
		}
	}
}

// What happens after the ticketing recalls what was passed on, and ends at the same total: a lost dispute is the agent's own loss then.
func TestWhatHappensAfterTheTicketing(t *testing.T) {
	t.Parallel()
	for name, one := range situations {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBooks(t)
			b.revenue, b.recognises = byAgent(booking.AtTicketing), true
			one.happen(b)
			b.requirePromises()
			b.recognise(departed)
			b.requirePromises()
			want, got := int64(0), int64(0)
			for _, amount := range one.owed {
				want += amount
			}
			owed := b.owed()
			for _, amount := range owed {
				got += amount
			}
			require.Equal(t, want, got, "%v", owed)
			require.Zero(t, owed[ledger.IncomeRefunds])
		})
	}
}

// Refunds of the whole in steps leave nothing with the airline or the agent, whatever was passed on between them.
func TestRefundsRecallTheWhole(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	b.revenue, b.recognises = byAgent(booking.AtTicketing), true
	reference := b.paidBooking()
	for i, amount := range []int64{333, 10001, 1, 20000, 0} { // the last is what is left
		refund, err := b.askRefund(reference, string(rune('a'+i)), amount)
		require.NoError(t, err)
		b.recordRefund(atStripe(refund, "re_"+string(rune('a'+i)), "succeeded"))
		b.requirePromises()
	}
	require.Empty(t, b.owed())
}

// Without a breakdown, all of the price is the airline's.
func TestWithoutABreakdownAllIsTheAirlines(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	b.revenue = booking.Revenue{Model: booking.ModelAgent, Moment: booking.AtDeparture}
	b.paidBooking()
	b.recognise(departed)
	require.Equal(t, map[ledger.Account]int64{ledger.LiabilityAirlinePayable: 45900}, b.owed())
	b.requirePromises()
}

// A capture of a part passes on that part in the proportion of the breakdown, dated at the capture.
func TestTicketingOfAPartialCapture(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	b.revenue = byAgent(booking.AtTicketing)
	held := b.held()
	b.Exec(t, "UPDATE bookings SET capture_method = 'manual'")
	captured := paid(held, true)
	captured.AmountReceived = 30000
	captured.Reversal = balance("txn_rest", -15900, 0, "partial_capture_reversal")
	_, err := b.record(captured, store.ReasonEvent)
	require.NoError(t, err)
	b.recognise(time.Now().UTC())
	require.Equal(t, asAgent(map[ledger.Account]int64{ledger.IncomeFlights: 30000}), b.owed())
	require.Equal(t, 1, b.Count(t, `SELECT COUNT(*) FROM financial_ledger WHERE type = 'recognition' AND stripe_object_id = 'ticketing/1'
		AND effective_basis = 'booking' AND effective_at = (SELECT MAX(effective_at) FROM financial_ledger WHERE type <> 'recognition')`))
	b.requirePromises()
}

// A booking keeps the model that it was made with, and no carry-over touches an agent's.
func TestModelsNeverMix(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	b.paidBooking()
	b.revenue = byAgent(booking.AtDeparture)
	reservation, err := b.reserve("another", 2)
	require.NoError(t, err)
	require.Equal(t, b.revenue, reservation.Booking.Revenue)
	known, err := b.Store.Booking(t.Context(), reservation.Booking.Reference)
	require.NoError(t, err)
	require.Equal(t, b.revenue, known.Revenue)
	second := paid(booking.PaymentSnapshot{PaymentIntentID: "pi_2", Reference: known.Reference, Amount: 45900, Currency: "USD"}, true)
	second.ChargeID, second.Balance.ID = "ch_2", "txn_2"
	_, err = b.Store.RecordPayment(t.Context(), store.PaymentReading{Snapshot: second, Reason: store.ReasonEvent, Now: time.Now().UTC()})
	require.NoError(t, err)
	require.Equal(t, map[ledger.Account]int64{
		ledger.LiabilityUnearnedRevenue: 45900, ledger.LiabilityCustomerFunds: 45900,
	}, b.owed())
	posted, err := b.Store.CarryOverBooking(t.Context(), known.Reference, store.CarryingOver{Now: time.Now().UTC()})
	require.NoError(t, err)
	require.Empty(t, posted)
	b.requirePromises()

	b.Exec(t, "UPDATE bookings SET revenue_model = 'agent'")
	require.Contains(t, b.broken(), "each booking is posted by its own revenue model, and an agent's parts are within its breakdown")
}

// More of the price in the agent's income than the breakdown says is found.
func TestPartsBeyondTheBreakdownAreFound(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	b.revenue = byAgent(booking.AtDeparture)
	b.paidBooking()
	b.recognise(departed)
	b.requirePromises()
	b.Exec(t, "UPDATE ledger_entries SET account = 'income:commission' WHERE account = 'income:service_fees'")
	require.Contains(t, b.broken(), "each booking is posted by its own revenue model, and an agent's parts are within its breakdown")
}

// A rebuilt booking has no breakdown until its client repeats the request, and nothing is passed on before.
func TestRebuiltBookingGetsItsBreakdownBack(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	b.revenue = byAgent(booking.AtTicketing)
	lost, err := b.reserve("key", 1)
	require.NoError(t, err)
	b.Exec(t, "DELETE FROM idempotency_keys")
	b.Exec(t, "DELETE FROM bookings")
	now := time.Now().UTC()
	require.NoError(t, b.Store.RebuildBooking(t.Context(), store.RebuildItem{
		Reference: lost.Booking.Reference, Amount: lost.Booking.Amount, Created: now,
		Booking: store.LostBooking{ClientID: b.caller.ClientCode, RequestKey: lost.Booking.RequestKey, Capture: booking.CaptureAutomatic},
		Revenue: booking.Revenue{Model: booking.ModelAgent, Moment: booking.AtTicketing},
	}, testdb.Tester, now))
	_, err = b.record(paid(booking.PaymentSnapshot{
		PaymentIntentID: "pi_1", Reference: lost.Booking.Reference, Amount: 45900, Currency: "USD",
	}, true), store.ReasonEvent)
	require.NoError(t, err)
	b.recognise(departed)
	require.Equal(t, map[ledger.Account]int64{ledger.LiabilityCustomerFunds: 45900}, b.owed())
	b.requirePromises()
	again, err := b.reserve("key", 1)
	require.NoError(t, err)
	require.Equal(t, b.revenue, again.Booking.Revenue)
	b.recognise(time.Now().UTC())
	require.Equal(t, asAgent(map[ledger.Account]int64{ledger.IncomeFlights: 45900}), b.owed())
	b.requirePromises()
}

// A correction goes to the account of the booking's model, and no other model's.
func TestCorrectionsKeepToTheModel(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	b.revenue = byAgent(booking.AtDeparture)
	b.paidBooking()
	extra := balance("txn_extra", 700, 0, "charge")
	found := foreignPayment()
	found.PaymentIntentID, found.BalanceTransactionID, found.AtStripe = "pi_1", extra.ID, 700
	item := b.RunThatFound(t, "recon_1", found)[0]
	correction := recon.Correction{ItemID: item.ID, There: extra, Against: ledger.LiabilityUnearnedRevenue, Note: "by hand"}
	var refused *recon.NotCorrectableError
	require.ErrorAs(t, recon.New(b.Store).Correct(t.Context(), correction, time.Now().UTC()), &refused)
	require.ErrorContains(t, refused, "a sale as agent, is on liability:customer_funds")
	correction.Against = ledger.LiabilityCustomerFunds
	require.NoError(t, recon.New(b.Store).Correct(t.Context(), correction, time.Now().UTC()))
	require.EqualValues(t, -46600, b.balanceOf("liability:customer_funds"))
	b.recognise(departed)
	require.Zero(t, b.balanceOf("liability:customer_funds"))
}

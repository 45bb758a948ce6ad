package ledger_test

import (
	"math/big"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"farebook/booking"
	_ "farebook/internal/dev/pinned" // the same draws each time
	"farebook/ledger"
	"farebook/money"
)

// parts are those of a booking of $459.00: the airline gets 380.00 of the fare and 49.00 of taxes.
var parts = ledger.PartsOf(&booking.Breakdown{Fare: 38000, Taxes: 4900, ServiceFee: 1000, Commission: 2000}, 45900)

func byAgent(t ledger.Transaction, err error) (ledger.Transaction, error) {
	return t.HeldAs(booking.ModelAgent), err
}

func passedOn(moment booking.RevenueMoment, to ledger.Parts) ledger.Recognising {
	r := departed("", nil)
	r.Moment, r.PassedOn = moment, map[money.Currency]ledger.Parts{"USD": to}
	return r
}

func plus(a, b ledger.Parts) ledger.Parts {
	return ledger.Parts{Airline: a.Airline + b.Airline, Commission: a.Commission + b.Commission, ServiceFees: a.ServiceFees + b.ServiceFees}
}

func product(a, b int64) *big.Int { return new(big.Int).Mul(big.NewInt(a), big.NewInt(b)) }

// Whatever is shared, the shares add up to it, each is within one minor unit of its proportion, and none exceeds its part.
func TestSharesAreExact(t *testing.T) {
	t.Parallel()
	part := rapid.Int64Range(0, 1_000_000_000_000)
	rapid.Check(t, func(t *rapid.T) {
		whole := ledger.Parts{Airline: part.Draw(t, "airline"), Commission: part.Draw(t, "commission"), ServiceFees: part.Draw(t, "fees")}
		amount := rapid.Int64Range(0, whole.Total()).Draw(t, "amount")
		shared := whole.Share(amount)
		require.Equal(t, amount, shared.Total())
		require.Equal(t, ledger.Parts{Airline: -shared.Airline, Commission: -shared.Commission, ServiceFees: -shared.ServiceFees},
			whole.Share(-amount))
		for _, one := range [][2]int64{
			{whole.Airline, shared.Airline}, {whole.Commission, shared.Commission}, {whole.ServiceFees, shared.ServiceFees},
		} {
			require.LessOrEqual(t, one[1], one[0])
			require.GreaterOrEqual(t, one[1], int64(0))
			if whole.Total() > 0 {
				// The distance from the proportion, times the whole.
				off := new(big.Int).Sub(product(one[0], amount), product(one[1], whole.Total()))
				require.LessOrEqual(t, off.CmpAbs(big.NewInt(whole.Total())), 0)
			}
		}
	})
}

// Whatever is passed on and recalled, in any steps, stays within the breakdown and ends at it to the minor unit.
func TestStepsStayWithinTheBreakdown(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		whole := parts
		if rapid.Bool().Draw(t, "uneven") {
			whole = ledger.Parts{Airline: 7, Commission: 5, ServiceFees: 1}
		}
		passed := ledger.Parts{}
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			if rapid.Bool().Draw(t, "recall") {
				passed = passed.Less(passed.Recall(rapid.Int64Range(0, 60).Draw(t, "recalled")))
			} else {
				amount := rapid.Int64Range(0, whole.Total()-passed.Total()).Draw(t, "passed on")
				passed = plus(passed, whole.PassOn(amount, passed))
			}
			require.Zero(t, passed.Less(whole), "%v of %v", passed, whole)
			require.Zero(t, ledger.Parts{}.Less(passed), "%v", passed)
		}
		passed = plus(passed, whole.PassOn(whole.Total()-passed.Total(), passed))
		require.Equal(t, whole, passed)
		require.Equal(t, ledger.Parts{Airline: -whole.Airline, Commission: -whole.Commission, ServiceFees: -whole.ServiceFees},
			whole.PassOn(-whole.Total(), passed))
	})
}

// Refunds in any steps recall all of it in the end: no minor unit stays behind.
func TestRefundsOfTheWholeLeaveNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		left := parts
		for left.Total() > 0 {
			left = left.Less(left.Share(rapid.Int64Range(1, left.Total()).Draw(t, "refund")))
		}
		require.Zero(t, left)
	})
}

func TestLargestRemainderGetsWhatIsLeftOver(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		whole, want ledger.Parts
		amount      int64
	}{
		{ledger.Parts{Airline: 1, Commission: 1, ServiceFees: 1}, ledger.Parts{Airline: 34, Commission: 33, ServiceFees: 33}, 100},
		{ledger.Parts{Airline: 1, Commission: 1, ServiceFees: 1}, ledger.Parts{Airline: 34, Commission: 34, ServiceFees: 33}, 101},
		{ledger.Parts{Airline: 42900, Commission: 2000, ServiceFees: 1000}, ledger.Parts{Airline: 9, Commission: 1}, 10},
		{ledger.Parts{}, ledger.Parts{Airline: 700}, 700}, // nobody has named another owner
		{ledger.Parts{Commission: 5}, ledger.Parts{Commission: 700}, 700},
	} {
		require.Equal(t, c.want, c.whole.Share(c.amount))
	}
}

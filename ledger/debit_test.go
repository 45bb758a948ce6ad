package ledger_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/booking"
	"farebook/ledger"
	"farebook/money"
)

// sums are what entries move on each account, debits less credits.
func sums(entries []ledger.Entry) map[ledger.Account]int64 {
	sums := map[ledger.Account]int64{}
	for _, entry := range entries {
		sums[entry.Account] += entry.Signed()
	}
	return sums
}

func bankDebit(failure *booking.BalanceTransaction) booking.Debit {
	return booking.Debit{
		ChargeID: "py_1", Amount: 45900, Currency: "USD", Balance: *txn("txn_1", 45900, 500, "USD", "charge"), FailureBalance: failure,
	}
}

// A bank debit is in transit until its outcome is known: a failure leaves the fee alone, a success owes a flight.
func TestBankDebitIsInTransitUntilItsOutcome(t *testing.T) {
	t.Parallel()
	begun, err := ledger.PaymentInTransit(reference, "pi_1", bankDebit(nil))
	require.NoError(t, err)
	require.Equal(t, map[ledger.Account]int64{
		ledger.AssetStripeClearing: 45400, ledger.LiabilityPaymentsInTransit: -45900, ledger.ExpenseStripeFees: 500,
	}, sums(begun.Entries))

	_, err = ledger.PaymentFailure(reference, "pi_1", bankDebit(nil))
	require.ErrorContains(t, err, "charge py_1 has no balance transaction of a failure")
	failed, err := ledger.PaymentFailure(reference, "pi_1", bankDebit(txn("txn_2", -45900, -300, "USD", "charge_failure")))
	require.NoError(t, err)
	require.Equal(t, map[ledger.Account]int64{
		ledger.AssetStripeClearing: -45600, ledger.LiabilityPaymentsInTransit: 45900, ledger.ExpenseStripeFees: -300,
	}, sums(failed.Entries))

	arrived, err := ledger.PaymentArrived(paid(nil), decided)
	require.NoError(t, err)
	require.Equal(t, map[ledger.Account]int64{
		ledger.LiabilityPaymentsInTransit: 45900, ledger.LiabilityUnearnedRevenue: -45900,
	}, sums(arrived.Entries))
	require.Equal(t, "txn_1", arrived.BalanceTransactionID)
	arrived, err = ledger.PaymentArrived(paid(unsettled), decided)
	require.NoError(t, err)
	require.Empty(t, arrived.BalanceTransactionID)
}

func TestOnlyReceivedBankDebitsArrive(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*booking.PaymentSnapshot){
		"processing":     func(s *booking.PaymentSnapshot) { s.StripeStatus = "processing" },
		"nothing":        func(s *booking.PaymentSnapshot) { s.AmountReceived = 0 },
		"less than that": func(s *booking.PaymentSnapshot) { s.AmountReceived = -1 },
	} {
		_, err := ledger.PaymentArrived(paid(change), decided)
		require.ErrorContains(t, err, "only a succeeded one is posted", name)
	}
}

// The first transaction that carries a booking over has the key of earlier releases, a later one its number; without a difference there is
// nothing to post.
func TestCarryingOverAgain(t *testing.T) {
	t.Parallel()
	for posting, want := range map[int][2]string{
		0: {"", "carry-over/" + reference}, 1: {"", "carry-over/" + reference}, 2: {"again/2", "carry-over/" + reference + "/2"},
	} {
		over := ledger.CarryingOver{Reference: reference, Payable: 100, Currency: "USD", Posting: posting, Effective: decided}
		posted, err := ledger.CarryOver(over)
		require.NoError(t, err)
		require.Equal(t, want, [2]string{posted.ObjectID, posted.OperationKey})
	}
	none, err := ledger.CarryOver(ledger.CarryingOver{Reference: reference, Exchanges: map[money.Currency]int64{"USD": 0}, Effective: decided})
	require.NoError(t, err)
	require.Empty(t, none.Entries)
}

package ledger_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/booking"
	"farebook/ledger"
	"farebook/money"
)

// What Stripe's balance moves by is dated as its balance transaction; what Stripe only decides, by the decision.
func TestEachPostingRuleDatesItsTransaction(t *testing.T) {
	t.Parallel()
	at := func(hours int) time.Time { return created.Add(time.Duration(hours) * time.Hour) }
	line := func(id string, amount int64, category string, hours int) *booking.BalanceTransaction {
		b := txn(id, amount, 0, "USD", category)
		b.Created = at(hours)
		return b
	}
	whole := paid(capturedInPart)
	whole.Reversal = line("txn_2", -15900, "partial_capture_reversal", 3)
	debit := booking.Debit{
		ChargeID: "py_1", Amount: 45900, Currency: "USD", Balance: *line("txn_1", 45900, "charge", 0),
		FailureBalance: line("txn_2", -45900, "charge_failure", 48),
	}
	stripe := func(hours int) ledger.Effective {
		return ledger.Effective{At: at(hours), Basis: ledger.ByBalanceTransaction}
	}
	for name, c := range map[string]struct {
		post func() (ledger.Transaction, error)
		want ledger.Effective
	}{
		"payment":                 {func() (ledger.Transaction, error) { return payment(paid(nil)) }, stripe(0)},
		"payment without balance": {func() (ledger.Transaction, error) { return payment(paid(unsettled)) }, decided},
		"fee":                     {func() (ledger.Transaction, error) { return ledger.Fee(paid(nil)) }, stripe(0)},
		"partial capture":         {func() (ledger.Transaction, error) { return ledger.PartialCapture(whole) }, stripe(3)},
		"debit in transit": {
			func() (ledger.Transaction, error) { return ledger.PaymentInTransit(reference, "pi_1", debit) },
			stripe(0),
		},
		"debit failed": {
			func() (ledger.Transaction, error) { return ledger.PaymentFailure(reference, "pi_1", debit) },
			stripe(48),
		},
		"debit arrived moves no money": {func() (ledger.Transaction, error) { return ledger.PaymentArrived(paid(nil), decided) }, decided},
		"refund": {func() (ledger.Transaction, error) {
			return ledger.Refund(reference, refund(line("txn_3", -20000, "refund", 5), nil))
		}, stripe(5)},
		"refund failed": {func() (ledger.Transaction, error) {
			return ledger.RefundFailure(reference, refund(nil, line("txn_4", 20000, "refund_failure", 7)))
		}, stripe(7)},
		"dispute": {func() (ledger.Transaction, error) {
			return ledger.Dispute(reference, dispute(), *line("txn_5", -45900, "dispute", 9))
		}, stripe(9)},
		"chargeback": {func() (ledger.Transaction, error) {
			return ledger.Chargeback(reference, dispute(), 45900, "USD", 1, decided)
		}, decided},
		"rest of a won dispute": {func() (ledger.Transaction, error) {
			return ledger.DisputeRest(reference, dispute(), 100, "USD", 1, decided)
		}, decided},
		"payout": {func() (ledger.Transaction, error) {
			return ledger.Payout(payout(line("txn_7", -100000, "payout", 24), nil))
		}, stripe(24)},
		"payout came back": {func() (ledger.Transaction, error) {
			return ledger.PayoutReversal(payout(nil, line("txn_8", 100000, "payout_reversal", 72)))
		}, stripe(72)},
		"account fee": {
			func() (ledger.Transaction, error) { return ledger.AccountFee(*line("txn_10", -250, "fee", 11)) },
			stripe(11),
		},
		"reversal, by what it reverses": {func() (ledger.Transaction, error) { return reversed(payment(paid(nil))) }, stripe(0)},
		"correction": {func() (ledger.Transaction, error) {
			return ledger.Correction(correcting(ledger.EquitySuspense, map[money.Currency]int64{"USD": 1}, nil))
		}, decided},
	} {
		transaction, err := c.post()
		require.NoError(t, err, name)
		require.Equal(t, c.want, transaction.Effective, name)
	}
}

func TestATransactionWithoutAnEffectiveDateIsRefused(t *testing.T) {
	t.Parallel()
	for _, effective := range []ledger.Effective{{}, {Basis: ledger.ByPosting}, {At: time.Unix(0, 0), Basis: ledger.ByBalanceTransaction}} {
		err := ledger.Transaction{Type: ledger.TypePayment, Effective: effective, Entries: pair(100, "USD")}.Validate()
		require.ErrorContains(t, err, "no effective date")
	}
	err := ledger.Transaction{Type: ledger.TypePayment, Effective: ledger.Effective{At: created}, Entries: pair(100, "USD")}.Validate()
	require.ErrorContains(t, err, `basis ""`)
	for _, basis := range []ledger.Basis{
		ledger.ByBalanceTransaction, ledger.ByStripe, ledger.ByPerson, ledger.ByBooking, ledger.ByPosting,
	} {
		dated := ledger.Transaction{Type: ledger.TypePayment, Effective: ledger.Effective{At: time.Unix(1, 0), Basis: basis}}
		dated.Entries = pair(100, "USD")
		require.NoError(t, dated.Validate(), basis)
	}
	_, err = ledger.Payment(paid(unsettled), ledger.Effective{})
	require.ErrorContains(t, err, "no effective date", "a rule without a balance transaction needs the decision's time")
}

// A loss that Stripe decided before the withdrawal's date takes effect with the withdrawal.
func TestADecisionTakesEffectWhenTheMoneyHasMoved(t *testing.T) {
	t.Parallel()
	withdrawal := *txn("txn_5", -45900, 1500, "USD", "dispute")
	withdrawal.Created = decided.At.Add(time.Second)
	require.Equal(t, ledger.EffectiveOf(withdrawal), decided.NotBefore(withdrawal))
	withdrawal.Created = decided.At
	require.Equal(t, decided, decided.NotBefore(withdrawal))
}

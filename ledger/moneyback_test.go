package ledger_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/booking"
	"farebook/ledger"
	"farebook/money"
)

const reference = "FB-7K2M9QXA"

func txn(id string, amount, fee int64, currency money.Currency, category string) *booking.BalanceTransaction {
	return &booking.BalanceTransaction{
		Created: created, ID: id, Amount: amount, Fee: fee, Net: amount - fee, Currency: currency,
		ReportingCategory: category,
	}
}

func refund(balance, failure *booking.BalanceTransaction) booking.RefundSnapshot {
	return booking.RefundSnapshot{
		StripeRefundID: "re_1", PaymentIntentID: "pi_1", ChargeID: "ch_1", StripeStatus: "succeeded", Amount: 20000, Currency: "USD",
		RefundID: "RF-7K2M9QXA", Balance: balance, FailureBalance: failure,
	}
}

func dispute() booking.DisputeSnapshot {
	return booking.DisputeSnapshot{
		DisputeID: "dp_1", PaymentIntentID: "pi_1", ChargeID: "ch_1", Status: booking.DisputeNeedsResponse,
		Amount: 45900, Currency: "USD",
	}
}

func payout(balance, failure *booking.BalanceTransaction) booking.PayoutSnapshot {
	return booking.PayoutSnapshot{
		PayoutID: "po_1", Status: booking.PayoutPaid, Amount: 100000, Currency: "USD", Balance: balance,
		FailureBalance: failure,
	}
}

func usd(amount int64) map[money.Currency]int64 { return map[money.Currency]int64{"USD": amount} }

func promise(unearned, returned int64) ledger.Promise {
	return ledger.Promise{
		Reference: reference, PaymentIntentID: "pi_1", RefundID: "RF-7K2M9QXA", Posting: 1, Unearned: unearned, Returned: returned,
		Currency: "USD", Effective: decided,
	}
}

func cancelled(promised, kept int64) ledger.Cancelled {
	return ledger.Cancelled{
		Reference: reference, PaymentIntentID: "pi_1", Promised: promised, Kept: kept, Currency: "USD", Effective: decided,
	}
}

func relief(payable, unearned, settled int64, settles money.Currency) ledger.Relief {
	return ledger.Relief{
		Reference: reference, PaymentIntentID: "pi_1", DisputeID: "dp_1", Payable: payable, Unearned: unearned, Currency: "USD",
		Settled: settled, SettledCurrency: settles, Posting: 1, Effective: decided,
	}
}

func departed(to ledger.Account, amounts map[money.Currency]int64) ledger.Recognising {
	return ledger.Recognising{
		Reference: reference, PaymentIntentID: "pi_1", To: to, Amounts: amounts, Posting: 1, Effective: decided,
	}
}

func TestPostingsOfMoneyBackAreAsAgreed(t *testing.T) {
	t.Parallel()
	for name, post := range map[string]func() (ledger.Transaction, error){
		"refund": func() (ledger.Transaction, error) {
			return ledger.Refund(reference, refund(txn("txn_3", -20000, 0, "USD", "refund"), nil))
		},
		"account_fee": func() (ledger.Transaction, error) { return ledger.AccountFee(*txn("txn_10", -250, 0, "USD", "fee")) },
		"account_fee_given_back": func() (ledger.Transaction, error) {
			return ledger.AccountFee(*txn("txn_10", 250, 0, "USD", "fee"))
		},
		"refund_with_fee": func() (ledger.Transaction, error) {
			return ledger.Refund(reference, refund(txn("txn_3", -20000, -580, "USD", "refund"), nil))
		},
		"refund_other_money": func() (ledger.Transaction, error) {
			return ledger.Refund(reference, refund(txn("txn_3", -18400, 0, "EUR", "refund"), nil))
		},
		"refund_failure": func() (ledger.Transaction, error) {
			return ledger.RefundFailure(reference, refund(nil, txn("txn_4", 20000, 0, "USD", "refund_failure")))
		},
		"refund_failure_other_money": func() (ledger.Transaction, error) {
			return ledger.RefundFailure(reference, refund(nil, txn("txn_4", 18300, 0, "EUR", "refund_failure")))
		},
		"dispute": func() (ledger.Transaction, error) {
			return ledger.Dispute(reference, dispute(), *txn("txn_5", -45900, 1500, "USD", "dispute"))
		},
		"dispute_reversal": func() (ledger.Transaction, error) {
			return ledger.Dispute(reference, dispute(), *txn("txn_6", 45900, -1500, "USD", "dispute_reversal"))
		},
		"chargeback": func() (ledger.Transaction, error) {
			return ledger.Chargeback(reference, dispute(), 45900, "USD", 1, decided)
		},
		"chargeback_taken_back": func() (ledger.Transaction, error) {
			return ledger.Chargeback(reference, dispute(), -45900, "USD", 2, decided)
		},
		"dispute_won_with_less": func() (ledger.Transaction, error) {
			return ledger.DisputeRest(reference, dispute(), 1900, "USD", 1, decided)
		},
		"dispute_won_with_more": func() (ledger.Transaction, error) {
			return ledger.DisputeRest(reference, dispute(), -1900, "USD", 1, decided)
		},
		"payout": func() (ledger.Transaction, error) {
			return ledger.Payout(payout(txn("txn_7", -100000, 0, "USD", "payout"), nil))
		},
		"payout_instant": func() (ledger.Transaction, error) {
			return ledger.Payout(payout(txn("txn_7", -100000, 1000, "USD", "payout"), nil))
		},
		"payout_reversal": func() (ledger.Transaction, error) {
			return ledger.PayoutReversal(payout(nil, txn("txn_8", 100000, 0, "USD", "payout_reversal")))
		},
		"payout_arrived":  func() (ledger.Transaction, error) { return ledger.PayoutArrived("po_1", usd(100000), decided) },
		"payout_returned": func() (ledger.Transaction, error) { return ledger.PayoutReturned("po_1", usd(-100000), decided) },
		"refund_promised": func() (ledger.Transaction, error) { return ledger.RefundPromised(promise(20000, 0)) },
		"refund_promised_after_departure": func() (ledger.Transaction, error) {
			return ledger.RefundPromised(promise(0, 20000))
		},
		"refund_promised_beyond": func() (ledger.Transaction, error) { return ledger.RefundPromised(promise(15000, 5000)) },
		"refund_promised_less":   func() (ledger.Transaction, error) { return ledger.RefundPromised(promise(-500, 0)) },
		"cancellation":           func() (ledger.Transaction, error) { return ledger.Cancellation(cancelled(22950, 22950)) },
		"cancellation_whole":     func() (ledger.Transaction, error) { return ledger.Cancellation(cancelled(45900, 0)) },
		"cancellation_kept":      func() (ledger.Transaction, error) { return ledger.Cancellation(cancelled(0, 45900)) },
		"chargeback_relief": func() (ledger.Transaction, error) {
			return ledger.ChargebackRelief(relief(0, 45900, 0, "USD"))
		},
		"chargeback_relief_payable": func() (ledger.Transaction, error) {
			return ledger.ChargebackRelief(relief(20000, 25900, 0, "USD"))
		},
		"chargeback_relief_other_money": func() (ledger.Transaction, error) {
			return ledger.ChargebackRelief(relief(0, 45900, 42210, "EUR"))
		},
		"chargeback_relief_taken_back": func() (ledger.Transaction, error) {
			return ledger.ChargebackRelief(relief(0, -45900, -42210, "EUR"))
		},
		"recognition": func() (ledger.Transaction, error) {
			return ledger.Recognition(departed(ledger.IncomeFlights, usd(45900)))
		},
		"recognition_late_money": func() (ledger.Transaction, error) {
			return ledger.Recognition(departed(ledger.LiabilityRefundsPayable, usd(45900)))
		},
		"agent_refund_promised": func() (ledger.Transaction, error) {
			return byAgent(ledger.RefundPromised(promise(20000, 0)))
		},
		"agent_refund_promised_after_recognition": func() (ledger.Transaction, error) {
			recalled := promise(0, 0)
			recalled.Recalled = parts.Share(20000)
			return byAgent(ledger.RefundPromised(recalled))
		},
		"agent_refund_promised_beyond": func() (ledger.Transaction, error) {
			beyond := promise(0, 5000)
			beyond.Recalled = parts
			return byAgent(ledger.RefundPromised(beyond))
		},
		"agent_cancellation": func() (ledger.Transaction, error) {
			c := cancelled(22950, 0)
			c.PassedOn = parts.Share(22950)
			return byAgent(ledger.Cancellation(c))
		},
		"agent_cancellation_after_recognition": func() (ledger.Transaction, error) {
			c := cancelled(0, 0)
			c.Recalled = parts.Share(22950)
			return byAgent(ledger.Cancellation(c))
		},
		"agent_chargeback_relief": func() (ledger.Transaction, error) {
			return byAgent(ledger.ChargebackRelief(relief(0, 45900, 0, "USD")))
		},
		"agent_departure": func() (ledger.Transaction, error) {
			return byAgent(ledger.Recognition(passedOn(booking.AtDeparture, parts)))
		},
		"agent_ticketing": func() (ledger.Transaction, error) {
			return byAgent(ledger.Recognition(passedOn(booking.AtTicketing, parts)))
		},
		"agent_departure_without_breakdown": func() (ledger.Transaction, error) {
			return byAgent(ledger.Recognition(passedOn(booking.AtDeparture, ledger.PartsOf(nil, 45900))))
		},
		"agent_late_money": func() (ledger.Transaction, error) {
			return byAgent(ledger.Recognition(departed(ledger.LiabilityRefundsPayable, usd(45900))))
		},
		"carry_over": func() (ledger.Transaction, error) {
			return ledger.CarryOver(ledger.CarryingOver{
				Reference: reference, PaymentIntentID: "pi_1", Currency: "USD", Payable: 20000, Kept: 25900,
				Exchanges: map[money.Currency]int64{"USD": 45900, "EUR": -42210}, Effective: decided,
			})
		},
		"payout_carried_over": func() (ledger.Transaction, error) {
			return ledger.PayoutCarriedOver("po_1", usd(-100000), decided)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			transaction, err := post()
			require.NoError(t, err)
			requireGolden(t, name, render(transaction))
		})
	}
}

// What Stripe has not settled is not posted.
func TestNothingIsPostedWithoutABalanceTransaction(t *testing.T) {
	t.Parallel()
	for _, post := range []func() (ledger.Transaction, error){
		func() (ledger.Transaction, error) { return ledger.Refund(reference, refund(nil, nil)) },
		func() (ledger.Transaction, error) { return ledger.RefundFailure(reference, refund(nil, nil)) },
		func() (ledger.Transaction, error) { return ledger.Payout(payout(nil, nil)) },
		func() (ledger.Transaction, error) { return ledger.PayoutReversal(payout(nil, nil)) },
		func() (ledger.Transaction, error) { return ledger.PartialCapture(paid(nil)) },
	} {
		_, err := post()
		require.ErrorContains(t, err, "nothing to post")
	}
}

// Whatever comes in and goes out again leaves the accounts as if it had not been, but for what Stripe keeps.
func TestMoneyBackUndoesItself(t *testing.T) {
	t.Parallel()
	must := func(transaction ledger.Transaction, err error) ledger.Transaction {
		require.NoError(t, err)
		return transaction
	}
	partial := balances(must(payment(paid(capturedInPart))), must(ledger.PartialCapture(paid(capturedInPart))))
	require.Equal(t, int64(30000-900), partial[ledger.AssetStripeClearing]["USD"])
	require.Equal(t, int64(-30000), partial[ledger.LiabilityUnearnedRevenue]["USD"])
	require.Zero(t, partial[ledger.EquitySuspense]["USD"])
	later := paid(capturedInPart)
	later.Balance, later.Reversal = nil, nil
	require.Equal(t, partial, balances(must(payment(later)), must(ledger.Fee(paid(capturedInPart))),
		must(ledger.PartialCapture(paid(capturedInPart)))))

	sums := balances(
		must(ledger.Refund(reference, refund(txn("a", -20000, 0, "USD", "refund"), nil))),
		must(ledger.RefundFailure(reference, refund(nil, txn("b", 20000, 0, "USD", "refund_failure")))),
		must(ledger.Dispute(reference, dispute(), *txn("c", -45900, 1500, "USD", "dispute"))),
		must(ledger.Chargeback(reference, dispute(), 45900, "USD", 1, decided)),
		must(ledger.Chargeback(reference, dispute(), -45900, "USD", 2, decided)),
		must(ledger.Dispute(reference, dispute(), *txn("d", 45900, -1500, "USD", "dispute_reversal"))),
		must(ledger.Payout(payout(txn("e", -100000, 0, "USD", "payout"), nil))),
		must(ledger.PayoutReversal(payout(nil, txn("f", 100000, 0, "USD", "payout_reversal")))),
	)
	for account, byCurrency := range sums {
		require.Zero(t, byCurrency["USD"], account)
	}
}

// A relief that moves what is owed from the flight to the refund, by the same amount, is one of the loss.
func TestReliefThatOwesAsMuchIsOfTheLoss(t *testing.T) {
	t.Parallel()
	moved, err := ledger.ChargebackRelief(relief(-500, 500, 0, "USD"))
	require.NoError(t, err)
	require.Equal(t, "Owed no more after the loss of dispute dp_1", moved.Description)
	again, err := ledger.ChargebackRelief(relief(-500, 499, 0, "USD"))
	require.NoError(t, err)
	require.Equal(t, "Owed again after dispute dp_1", again.Description)
}

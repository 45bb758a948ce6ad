package ledger

import "slices"

// Rule is a posting rule in plain words. ID is stable, so that programs can translate it.
type Rule struct {
	ID   string
	Text string
}

// Rules are the posting rules, by the type of the transactions that they lead to. A test checks that none is missing.
var Rules = map[Type]string{
	TypePayment: "Stripe's balance received the traveller's payment. Until the flight departs, the money is owed to the traveller as a " +
		"flight; what Stripe kept of it is an expense.",
	TypeStripeFee: "Stripe's balance transaction of the payment arrived after the payment: the fee that Stripe kept becomes an expense.",
	TypePaymentInTransit: "A bank debit is on its way. Stripe counts it in its balance already, and takes it back if the debit fails, so " +
		"that it is no revenue yet.",
	TypePaymentFailure: "The bank debit failed, and Stripe's balance paid it back.",
	TypePartialCaptureReversal: "Less was captured than was authorised. Stripe's balance shows the whole authorisation and the return of " +
		"the rest, so the ledger does as well.",
	TypeRefund:        "The refund left Stripe's balance: what was owed to the traveller as money is paid.",
	TypeRefundFailure: "The bank returned the refund to Stripe's balance: the traveller has not got the money, so that it is owed again.",
	TypeDispute: "The traveller's bank disputes the payment. Stripe withholds the amount until the dispute is decided, and charges a fee " +
		"for it.",
	TypeDisputeReversal: "The dispute returned money: Stripe's balance got back what was withheld.",
	TypeChargeback: "The dispute was decided: the withheld money that does not come back is an expense, or is no longer one after the " +
		"decision was reversed.",
	TypePayout:         "Stripe paid money out to the bank. It has left Stripe's balance and is on its way.",
	TypePayoutReversal: "The payout came back to Stripe's balance.",
	TypePayoutArrived:  "Stripe reports the payout as paid: the money is at the bank.",
	TypePayoutReturned: "The bank returned a payout that it had received.",
	TypeRefundPromised: "A refund was decided. From now on the amount is owed to the traveller as money, and no longer as a flight; after " +
		"the departure it reduces income.",
	TypeCancellation: "The paid booking was cancelled: no flight is owed any more. What the policy gives back is owed as money, and what " +
		"it keeps is a cancellation fee.",
	TypeChargebackRelief: "The dispute was lost before the departure, so the bank has returned the traveller's money: that much is owed no " +
		"more, and the loss is smaller by it.",
	TypeRecognition: "The flight departed, or the agent's ticket was issued: what was owed as a flight is earned.",
	TypeCarryOver: "An earlier release posted this booking by other rules. One correcting transaction moves its balances to the accounts of " +
		"the present rules.",
	TypeAccountFee: "Stripe took a fee for its services out of the balance, without a payment.",
	TypeReversal:   "A wrong transaction is undone by its mirror image, because no transaction is ever changed.",
	TypeCorrection: "Reconciliation found a movement of Stripe's balance that the books did not have, and an operator decided on the " +
		"account.",
	TypeOpeningBalance: "The Stripe account was in use before these books: its balance at the opening.",
	TypeOtherIntegration: "Another program moved money on the same Stripe account. The clearing account shows it, and it is nobody's " +
		"booking here.",
	TypeBeforeOpening: "A movement of a payment from before the opening, which the opening balance contains.",
	TypeManual:        "An operator posted a journal, for the reason in its description.",
}

// The rules of entries that a transaction of any type may have beside its type's rule.
var (
	ruleConversion = Rule{
		"conversion", "Stripe exchanged the money into another currency: the conversion account has both sides of the exchange.",
	}
	ruleSuspense = Rule{
		"suspense", "Stripe settled another amount than was expected. Suspense has the difference until somebody explains it.",
	}
	ruleBeforeOpening = Rule{
		"imported", "The payment is from before the opening of the books: the opening balance contains its money, so that Stripe's balance " +
			"does not change.",
	}
)

// RulesOf are the rules that a transaction follows: its type's first, then those of the entries that it has beside them.
func RulesOf(t Transaction) []Rule {
	rules := []Rule{{string(t.Type), Rules[t.Type]}}
	for _, beside := range []struct {
		account Account
		rule    Rule
		not     []Type
	}{
		{EquityConversion, ruleConversion, nil},
		{EquitySuspense, ruleSuspense, []Type{TypeCorrection, TypeCarryOver, TypeManual, TypeReversal}},
		{EquityOpeningBalance, ruleBeforeOpening, []Type{TypeOpeningBalance, TypeBeforeOpening, TypeManual, TypeReversal, TypeCorrection}},
	} {
		if t.touches(beside.account) && !t.isOne(beside.not) {
			rules = append(rules, beside.rule)
		}
	}
	return rules
}

func (t Transaction) touches(account Account) bool {
	return slices.ContainsFunc(t.Entries, func(e Entry) bool { return e.Account == account })
}

func (t Transaction) isOne(types []Type) bool { return slices.Contains(types, t.Type) }

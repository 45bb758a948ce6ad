package reconciliation_test

import (
	"fmt"
	"time"

	"farebook/booking"
	"farebook/ledger"
	"farebook/money"
	"farebook/reconciliation"
)

// nightly is when the reconciliation of these examples runs.
var nightly = time.Date(2027, time.May, 2, 2, 30, 0, 0, time.UTC)

// settledPayment is Stripe's line of a payment of $459.00: $445.39 after its fee, settled at a time.
func settledPayment(settled time.Time) reconciliation.Line {
	return reconciliation.Line{
		BalanceTransaction: booking.BalanceTransaction{
			ID: "txn_1", Amount: 45900, Fee: 1361, Net: 44539, Currency: "USD", ReportingCategory: "charge", Created: settled,
		},
		Object: reconciliation.ObjectPayment, ObjectID: "pi_1", PaymentIntentID: "pi_1", Reference: "FB-7K2M9QXA",
	}
}

// postedPayment is what the ledger has of it: a net amount on the clearing account, and a fee.
func postedPayment(net, fee int64) []reconciliation.Posting {
	return []reconciliation.Posting{{
		Type: string(ledger.TypePayment), Clearing: map[money.Currency]int64{"USD": net}, Fees: map[money.Currency]int64{"USD": fee},
	}}
}

// Compare holds one balance transaction against what was posted for it. It returns nil when both agree, and otherwise what differs
// and which workflow may heal it.
func ExampleCompare() {
	ours := reconciliation.Known{PaymentKnown: true, BookingKnown: true}
	rules := reconciliation.Rules{Now: nightly, Lag: 15 * time.Minute}
	yesterday, justNow := nightly.Add(-20*time.Hour), nightly.Add(-time.Minute)
	for _, c := range []struct {
		line   reconciliation.Line
		posted []reconciliation.Posting
		known  reconciliation.Known
	}{
		{settledPayment(yesterday), postedPayment(44539, 1361), ours},
		{settledPayment(yesterday), nil, ours},
		{settledPayment(justNow), nil, ours},
		{settledPayment(yesterday), postedPayment(44939, 961), ours},
		{settledPayment(yesterday), nil, reconciliation.Known{}},
	} {
		finding := reconciliation.Compare(c.line, c.posted, c.known, rules)
		if finding == nil {
			fmt.Println("both agree")
			continue
		}
		here, there := money.Text(finding.Here, finding.Currency), money.Text(finding.AtStripe, finding.Currency)
		fmt.Printf("%s: %s here, %s at Stripe, healing %q\n", finding.Class, here, there, finding.Healing)
	}
	// Output:
	// both agree
	// missing_in_ledger: $0.00 here, $445.39 at Stripe, healing "record_payment"
	// timing: $0.00 here, $445.39 at Stripe, healing ""
	// fee_mismatch: $9.61 here, $13.61 at Stripe, healing ""
	// orphan_payment: $0.00 here, $445.39 at Stripe, healing ""
}

// Shortfall is the correction after which the books agree with Stripe: net on the clearing account, and the fee.
func ExampleShortfall() {
	line := settledPayment(nightly)
	clearing, fees := reconciliation.Shortfall(postedPayment(44939, 961), &line.BalanceTransaction)
	fmt.Println("a wrong fee was posted: clearing", money.Text(clearing["USD"], "USD"), "and fee", money.Text(fees["USD"], "USD"))
	clearing, fees = reconciliation.Shortfall(postedPayment(44539, 1361), nil)
	fmt.Println("Stripe does not have it: clearing", money.Text(clearing["USD"], "USD"), "and fee", money.Text(fees["USD"], "USD"))
	// Output:
	// a wrong fee was posted: clearing -$4.00 and fee $4.00
	// Stripe does not have it: clearing -$445.39 and fee -$13.61
}

// CompareBalances holds the clearing account against Stripe's balance. Findings of the run, or notes of an operator, may account for
// a gap between them.
func ExampleCompareBalances() {
	here := map[ledger.Account]map[money.Currency]int64{ledger.AssetStripeClearing: {"USD": 44939, "EUR": 10000}}
	there := booking.Balances{Clearing: map[money.Currency]int64{"USD": 44539, "EUR": 9000}}
	found := reconciliation.Allowance{Lines: map[money.Currency]int64{"USD": 400}}
	for _, gap := range reconciliation.CompareBalances(here, there, found) {
		fmt.Printf("%s: %s more here, accounted for: %t\n", gap.Currency, money.Text(gap.Difference(), gap.Currency), gap.Holds())
	}
	// Output:
	// EUR: €10.00 more here, accounted for: false
	// USD: $4.00 more here, accounted for: true
}

// Rules decide whose money of no booking is: another integration's on the same account, named by its metadata, its statement
// descriptor or its PaymentIntents.
func ExampleExplain() {
	rules, err := reconciliation.ParseIntegrations("metadata:shop_order, descriptor:ACME SHOP", "booking_reference")
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, origin := range []reconciliation.Origin{
		{ChargeID: "ch_1", PaymentIntentID: "pi_1", Metadata: map[string]string{"shop_order": "4711"}},
		{ChargeID: "ch_2", PaymentIntentID: "pi_2"},
	} {
		explained := reconciliation.Explain(origin, rules, ledger.Opening{})
		fmt.Printf("%s: %t %q\n", origin.ChargeID, explained.Known(), explained.Type)
	}
	// Output:
	// ch_1: true "other_integration"
	// ch_2: false ""
}

// The window of a run covers a number of days. Stripe's times are in seconds, and the second of the start is included.
func ExampleLookBack() {
	window := reconciliation.LookBack(nightly, 7)
	fmt.Println(window.From.Format(time.DateTime), "to", window.To.Format(time.DateTime))
	// Output: 2027-04-25 02:30:01 to 2027-05-02 02:30:01
}

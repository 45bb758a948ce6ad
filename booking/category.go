package booking

// Route says which recorder posts a balance transaction: that of the object that it came from, or an operator.
type Route string

// The routes.
const (
	RoutePayment    Route = "payment"
	RouteRefund     Route = "refund"
	RouteDispute    Route = "dispute"
	RoutePayout     Route = "payout"
	RouteAccountFee Route = "account_fee" // a fee that Stripe bills to the account, whatever its source
	RoutePerson     Route = "person"
)

// Category is one of Stripe's reporting categories (stripe.com/docs/reports/reporting-categories): the types of balance
// transaction in it, who posts them, and why.
type Category struct {
	Name  string
	Types []string
	Route Route
	Why   string
}

// Categories lists the categories that Stripe documents. The category decides the route, not the source: the source of a fee
// that is billed later is the charge as well.
var Categories = []Category{
	{"charge", []string{"charge", "payment"}, RoutePayment, "a payment; a bank debit while it is on its way"},
	{
		"partial_capture_reversal",
		[]string{"adjustment", "refund", "payment_refund"},
		RoutePayment,
		"the part that was authorised and not captured",
	},
	{
		"charge_failure",
		[]string{"payment_failure_refund", "payment_reversal", "adjustment"},
		RoutePayment,
		"the reversal of a bank debit that failed",
	},
	{"refund", []string{"refund", "payment_refund"}, RouteRefund, "money on its way back to the traveller"},
	{"refund_failure", []string{"refund_failure", "payment_reversal", "adjustment"}, RouteRefund, "a refund that the bank returned"},
	{"dispute", []string{"adjustment"}, RouteDispute, "money withheld for a dispute"},
	{"dispute_reversal", []string{"adjustment"}, RouteDispute, "money returned by a dispute"},
	{"payout", []string{"payout"}, RoutePayout, "money on its way to the bank; from the bank if it is negative"},
	{"payout_reversal", []string{"payout_cancel", "payout_failure"}, RoutePayout, "a payout that the bank returned"},
	{
		"fee",
		[]string{"stripe_fee", "stripe_fx_fee", "adjustment"},
		RouteAccountFee,
		"Stripe's bill for its services, also one for an earlier charge",
	},
	{"network_cost", []string{"stripe_fee", "network_cost"}, RouteAccountFee, "the card networks' bill under interchange-plus pricing"},
	{"tax", []string{"tax_fee"}, RouteAccountFee, "tax on Stripe's fees"},
	{"advance", []string{"advance"}, RoutePerson, "a payout before the money is available, which Farebook does not use"},
	{"advance_funding", []string{"advance_funding"}, RoutePerson, "see advance"},
	{"anticipation_repayment", []string{"anticipation_repayment"}, RoutePerson, "see advance"},
	{"financing_payout", []string{"financing_payout"}, RoutePerson, "a loan from Stripe: finance decides how to post the liability"},
	{"financing_payout_reversal", []string{"financing_payout_reversal"}, RoutePerson, "see financing_payout"},
	{"financing_paydown", []string{"financing_paydown", "anticipation_repayment"}, RoutePerson, "see financing_payout"},
	{"financing_paydown_reversal", []string{"financing_paydown_reversal"}, RoutePerson, "see financing_payout"},
	{"climate_order_purchase", []string{"climate_order_purchase"}, RoutePerson, "a purchase in Stripe's dashboard"},
	{"climate_order_refund", []string{"climate_order_refund"}, RoutePerson, "see climate_order_purchase"},
	{"contribution", []string{"contribution"}, RoutePerson, "a donation made in Stripe's dashboard"},
	{"connect_collection_transfer", []string{"connect_collection_transfer"}, RoutePerson, "Farebook has no connected accounts"},
	{
		"connect_reserved_funds",
		[]string{"reserve_transaction", "reserved_funds"},
		RoutePerson,
		"money moved between the balance and connect_reserved",
	},
	{"platform_earning", []string{"application_fee"}, RoutePerson, "Farebook has no connected accounts"},
	{"platform_earning_refund", []string{"application_fee_refund"}, RoutePerson, "see platform_earning"},
	{"transfer", []string{"transfer"}, RoutePerson, "Farebook has no connected accounts"},
	{"transfer_reversal", []string{"transfer_refund", "transfer_cancel", "transfer_failure"}, RoutePerson, "see transfer"},
	{
		"issuing_authorization_hold",
		[]string{"issuing_authorization_hold"},
		RoutePerson,
		"Farebook issues no cards: finance decides on the account",
	},
	{"issuing_authorization_release", []string{"issuing_authorization_release"}, RoutePerson, "see issuing_authorization_hold"},
	{"issuing_transaction", []string{"issuing_transaction"}, RoutePerson, "see issuing_authorization_hold"},
	{"issuing_dispute", []string{"issuing_dispute"}, RoutePerson, "see issuing_authorization_hold"},
	{
		"risk_reserved_funds",
		[]string{"payment_network_reserve_hold", "payment_network_reserve_release", "reserved_funds"},
		RoutePerson,
		"money that Stripe holds back or releases",
	},
	{"obligation", []string{
		"obligation_inbound", "obligation_outbound", "obligation_payout", "obligation_payout_failure", "obligation_reversal_inbound",
		"obligation_reversal_outbound",
	}, RoutePerson, "a transfer between legal entities of Stripe"},
	{"topup", []string{"topup"}, RoutePerson, "money that finance sent to the balance"},
	{"topup_reversal", []string{"topup_reversal"}, RoutePerson, "see topup"},
	{"unreconciled_customer_funds", []string{"payment_unreconciled"}, RoutePerson, "a bank transfer without a payment"},
	{"other_adjustment", []string{"adjustment"}, RoutePerson, "see its description at Stripe"},
}

var routes = func() map[string]Route {
	out := make(map[string]Route, len(Categories))
	for _, category := range Categories {
		out[category.Name] = category.Route
	}
	return out
}()

// RouteOf returns who posts balance transactions of a category. An unknown or missing category is posted by an operator.
func RouteOf(category string) Route {
	route, known := routes[category]
	if !known {
		return RoutePerson
	}
	return route
}

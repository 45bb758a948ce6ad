package main

import (
	"fmt"
	"strings"

	"farebook/booking"
)

// routeWords describes how a balance transaction is posted.
var routeWords = map[booking.Route]string{
	booking.RoutePayment:    "posted with the payment that is its source",
	booking.RouteRefund:     "posted with the refund that is its source",
	booking.RouteDispute:    "posted with the dispute that is its source",
	booking.RoutePayout:     "posted with the payout that is its source",
	booking.RouteAccountFee: "posted as Stripe's bill, whatever its source",
	booking.RoutePerson:     "an operator decides",
}

// categories is the table of reporting categories.
func categories() string {
	var out strings.Builder
	out.WriteString(`
## Balance transactions by reporting category

The reporting category decides how a balance transaction is posted, before its source: a fee that is billed after a payment has the
charge as its source and is not a payment. Reconciliation reports a balance transaction to an operator, and posts nothing, if its
category is not in this table or its source is not an object of the expected kind. A balance transaction of zero needs no posting. The
parts of ` + "`fee_details`" + ` that are tax or an application fee are posted on separate accounts; all others are Stripe's fee.
` + "`make conformance`" + ` checks that the table has every type and every reporting category of Stripe's specification
([reporting categories](https://docs.stripe.com/reports/reporting-categories)).

| reporting category | types | treatment | what it is |
|---|---|---|---|
`)
	for _, category := range booking.Categories {
		fmt.Fprintf(&out, "| `%s` | `%s` | %s | %s |\n", category.Name, strings.Join(category.Types, "`, `"), routeWords[category.Route],
			category.Why)
	}
	return out.String()
}

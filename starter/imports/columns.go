// Package imports takes over the bookings of the system that Farebook replaces: it reads an export, compares each row with its
// PaymentIntent at Stripe and writes it to the database. It moves no money. `starter import` is its only caller. It imports
// store, starter/dispatch, workflows, internal/, access and the vocabulary.
package imports

import (
	"fmt"
	"regexp"
	"slices"
)

// The columns of a CSV file, which are the fields of an object in a JSON file.
const (
	columnReference     = "reference"
	columnClient        = "client"
	columnCustomerName  = "customer_name"
	columnCustomerEmail = "customer_email"
	columnLocale        = "customer_locale"
	columnPassengers    = "passengers"
	columnFlight        = "flight_number"
	columnFrom          = "flight_from"
	columnTo            = "flight_to"
	columnDeparts       = "departs_at"
	columnArrives       = "arrives_at"
	columnAmount        = "amount_minor"
	columnCurrency      = "currency"
	columnIntent        = "payment_intent"
	columnState         = "state"
	columnHold          = "hold_expires_at"
	columnTaken         = "created_at"
	columnConfirmed     = "confirmed_at"
	columnFare          = "fare_minor"
	columnTaxes         = "taxes_minor"
	columnServiceFee    = "service_fee_minor"
	columnCommission    = "commission_minor"
)

// Required lists the columns that a file must have, and Optional those that it may have.
var (
	Required = []string{
		columnReference, columnClient, columnCustomerName, columnCustomerEmail, columnPassengers, columnFlight, columnFrom, columnTo,
		columnDeparts, columnArrives, columnAmount, columnCurrency, columnIntent, columnState, columnTaken,
	}
	Optional = append([]string{columnLocale, columnHold, columnConfirmed}, breakdownColumns...)
)

// breakdownColumns have whose the price of an agent's booking is: a row has all of them or none.
var breakdownColumns = []string{columnFare, columnTaxes, columnServiceFee, columnCommission}

// isAmount reports whether a column has minor units.
func isAmount(name string) bool {
	return name == columnAmount || slices.Contains(breakdownColumns, name)
}

// plainName matches the names of columns. Any other text may be a value, which no message may repeat: a file without a header begins with
// a customer.
var plainName = regexp.MustCompile(`^[a-z][a-z0-9]*(_[a-z0-9]+)*$`)

// named returns how a message refers to an unknown column: by its name, or by its position.
func named(name string, place int) string {
	if len(name) <= 64 && plainName.MatchString(name) {
		return name
	}
	return fmt.Sprintf("number %d", place+1)
}

func knownColumn(name string) bool {
	return slices.Contains(Required, name) || slices.Contains(Optional, name)
}

// columnOf maps a field of booking.Request, as its validation names it, to its column.
var columnOf = map[string]string{
	"customer.name": columnCustomerName, "customer.email": columnCustomerEmail, "customer.locale": columnLocale,
	"flight.number": columnFlight, "flight.from": columnFrom, "flight.to": columnTo, "flight.departsAt": columnDeparts,
	"flight.arrivesAt": columnArrives, "flight.passengers": columnPassengers, "amount.value": columnAmount, "amount.currency": columnCurrency,
	"breakdown": columnFare, "breakdown.fare": columnFare, "breakdown.taxes": columnTaxes, "breakdown.serviceFee": columnServiceFee,
	"breakdown.commission": columnCommission,
}

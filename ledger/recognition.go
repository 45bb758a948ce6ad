package ledger

import (
	"fmt"
	"maps"
	"slices"

	"farebook/booking"
	"farebook/money"
)

// Recognising is what a booking has unearned after its departure, in minor units by currency. To is the account that gets it; of an agent's
// booking, PassedOn says by currency whose it is. Moment is when it is recognised; empty for the departure. Posting counts the booking's
// recognitions, because money may arrive after the first.
type Recognising struct {
	Reference       booking.Reference
	PaymentIntentID string
	To              Account
	Amounts         map[money.Currency]int64
	PassedOn        map[money.Currency]Parts
	Moment          booking.RevenueMoment
	Posting         int
	Effective       Effective
}

// Recognition posts what is left of a booking's unearned revenue once its flight has departed: as income of the flight, as a
// cancellation fee for a booking that was cancelled, or as a refund that is owed for money that came too late.
//
//	debit  liability:unearned_revenue   what is left
//	credit income:flights               what is left
//
// An agent earns the commission and the service fee, at the departure or once the ticket is issued:
//
//	debit  liability:customer_funds     what is left
//	credit liability:airline_payable    the airline's fare and the taxes
//	credit income:commission            commission
//	credit income:service_fees          service fee
func Recognition(r Recognising) (Transaction, error) {
	t := Transaction{
		Type: TypeRecognition, Reference: r.Reference, PaymentIntentID: r.PaymentIntentID,
		ObjectID: fmt.Sprintf("%s/%d", booking.AtDeparture, r.Posting), Effective: r.Effective,
		OperationKey: fmt.Sprintf("recognition/%s/%d", r.Reference, r.Posting),
		Description:  "Departure of booking " + string(r.Reference),
	}
	if r.Moment == booking.AtTicketing {
		t.ObjectID = fmt.Sprintf("%s/%d", booking.AtTicketing, r.Posting)
		t.Description = "Ticketing of booking " + string(r.Reference)
	}
	for _, currency := range slices.Sorted(maps.Keys(r.Amounts)) {
		t.Entries = append(t.Entries, move(LiabilityUnearnedRevenue, r.To, r.Amounts[currency], currency)...)
	}
	for _, currency := range slices.Sorted(maps.Keys(r.PassedOn)) {
		t.Entries = append(t.Entries, r.PassedOn[currency].passOn(LiabilityUnearnedRevenue, currency)...)
	}
	return t, t.Validate()
}

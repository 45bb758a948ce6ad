package ledger

import (
	"fmt"
	"maps"
	"slices"

	"farebook/booking"
	"farebook/money"
)

// Recognising is what a booking has unearned after its departure, in minor units by currency. To is the account that gets it.
// Posting counts the booking's recognitions, because money may arrive after the first.
type Recognising struct {
	Reference       booking.Reference
	PaymentIntentID string
	To              Account
	Amounts         map[money.Currency]int64
	Posting         int
	Effective       Effective
}

// Recognition posts what is left of a booking's unearned revenue once its flight has departed: as income of the flight, as a
// cancellation fee for a booking that was cancelled, or as a refund that is owed for money that came too late.
//
//	debit  liability:unearned_revenue   what is left
//	credit income:flights               what is left
func Recognition(r Recognising) (Transaction, error) {
	t := Transaction{
		Type: TypeRecognition, Reference: r.Reference, PaymentIntentID: r.PaymentIntentID,
		ObjectID: fmt.Sprintf("departure/%d", r.Posting), Effective: r.Effective,
		OperationKey: fmt.Sprintf("recognition/%s/%d", r.Reference, r.Posting),
		Description:  "Departure of booking " + string(r.Reference),
	}
	for _, currency := range slices.Sorted(maps.Keys(r.Amounts)) {
		t.Entries = append(t.Entries, move(LiabilityUnearnedRevenue, r.To, r.Amounts[currency], currency)...)
	}
	return t, t.Validate()
}

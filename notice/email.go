package notice

import (
	"time"

	"farebook/booking"
	"farebook/money"
)

// Email is the data of one email: what it is rendered from.
type Email struct {
	Kind          Kind
	Reference     booking.Reference // empty for an email about a payout
	Earlier       string            // the reference of an imported booking in the previous system
	Customer      booking.Customer
	Flight        booking.Flight
	Amount        money.Money
	HoldExpiresAt time.Time
	// Supplement is set where the email is about a further payment of a booking.
	Supplement  *booking.Supplement
	DeclineCode string
	// Payable: after a failed payment, the customer may try again until the hold ends.
	Payable bool
	// PayURL is the payment page of the booking; empty without one. It is never stored.
	PayURL string
	// Confirmed: a later attempt succeeded before the email about a decline could be sent.
	Confirmed bool
	// Notice is the part of the email beside the booking: amounts, states and ids as they were when it was queued.
	Notice Content
}

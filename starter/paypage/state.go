package paypage

import (
	"time"

	"farebook/booking"
	"farebook/store"
)

// state is what the page shows of a booking and its payment.
type state string

// The states of the page.
const (
	statePreparing  state = "preparing"  // the PaymentIntent is not known yet
	stateOpen       state = "open"       // it can be paid
	stateDeclined   state = "declined"   // the last attempt was declined, and it can be paid
	stateProcessing state = "processing" // a payment is under way, or its outcome is not known yet
	stateAuthorized state = "authorized" // to be captured by the shop
	statePaid       state = "paid"
	stateExpired    state = "expired"
	stateFailed     state = "failed" // closed without a payment
	stateCancelled  state = "cancelled"
	stateRefunded   state = "refunded"
)

// states are all of them, in the order in which the page has their texts.
var states = []state{
	statePreparing, stateOpen, stateDeclined, stateProcessing, stateAuthorized, statePaid, stateExpired, stateFailed, stateCancelled,
	stateRefunded,
}

// payable reports whether the form of the payment is shown.
func (s state) payable() bool { return s == stateOpen || s == stateDeclined }

// mayBecomePayable reports whether an open page may come to show the form: a payment under way may still be declined.
func (s state) mayBecomePayable() bool {
	return s.payable() || s == statePreparing || s == stateProcessing
}

// kind is the colour of a state: good, bad or wait.
func (s state) kind() string {
	switch s {
	case statePaid:
		return "good"
	case stateDeclined, stateExpired, stateFailed, stateCancelled:
		return "bad"
	default:
		return "wait"
	}
}

// stateOf is the state of a booking at a time.
func stateOf(known store.Booking, now time.Time) state {
	switch known.Status {
	case booking.StatusConfirmed, booking.StatusPartiallyRefunded, booking.StatusDisputed:
		return statePaid
	case booking.StatusRefunded:
		return stateRefunded
	case booking.StatusCancelled:
		return stateCancelled
	case booking.StatusExpired:
		return stateExpired
	case booking.StatusPaymentFailed:
		return stateFailed
	}
	held := known.HoldExpiresAt.After(now)
	if known.Payment == nil {
		if held {
			return statePreparing
		}
		return stateExpired
	}
	switch known.Payment.Status {
	case booking.PaymentAuthorized:
		return stateAuthorized
	case booking.PaymentProcessing, booking.PaymentSucceeded, booking.PaymentCanceled, booking.PaymentUnknown:
		return stateProcessing
	}
	switch {
	case !held:
		return stateExpired
	case known.Payment.Status == booking.PaymentFailed:
		return stateDeclined
	default:
		return stateOpen
	}
}

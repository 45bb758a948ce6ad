package booking

import "slices"

// Status is the status of a booking.
type Status string

// The states of a booking.
const (
	StatusPendingPayment    Status = "pending_payment"
	StatusConfirmed         Status = "confirmed"
	StatusPaymentFailed     Status = "payment_failed"
	StatusExpired           Status = "expired"
	StatusCancelled         Status = "cancelled"
	StatusPartiallyRefunded Status = "partially_refunded"
	StatusRefunded          Status = "refunded"
	StatusDisputed          Status = "disputed"
)

// BookingTransitions lists the legal transitions. Staying in a state is always legal. A paid booking follows its money back and
// forth (see Standing): a refund may fail after it succeeded, a dispute may be won.
var BookingTransitions = map[Status][]Status{
	StatusPendingPayment:    {StatusConfirmed, StatusPaymentFailed, StatusExpired, StatusCancelled},
	StatusConfirmed:         {StatusCancelled, StatusPartiallyRefunded, StatusRefunded, StatusDisputed},
	StatusPaymentFailed:     {},
	StatusExpired:           {},
	StatusCancelled:         {StatusPartiallyRefunded, StatusRefunded, StatusDisputed}, // if it was cancelled after payment
	StatusPartiallyRefunded: {StatusConfirmed, StatusCancelled, StatusRefunded, StatusDisputed},
	StatusRefunded:          {StatusConfirmed, StatusCancelled, StatusPartiallyRefunded, StatusDisputed},
	StatusDisputed:          {StatusConfirmed, StatusCancelled, StatusPartiallyRefunded, StatusRefunded},
}

// PaymentStatus is the status of a booking's payment, in the books' own words.
type PaymentStatus string

// The states of a payment.
const (
	PaymentPending        PaymentStatus = "pending"
	PaymentRequiresAction PaymentStatus = "requires_action"
	PaymentProcessing     PaymentStatus = "processing"
	PaymentAuthorized     PaymentStatus = "authorized"
	PaymentSucceeded      PaymentStatus = "succeeded"
	PaymentFailed         PaymentStatus = "failed" // the last attempt was declined; another may follow
	PaymentCanceled       PaymentStatus = "canceled"
	PaymentUnknown        PaymentStatus = "unknown" // a status that this version does not know
)

// OpenPayments are the states of a payment that is not final: Stripe may still change it.
var OpenPayments = []PaymentStatus{
	PaymentPending, PaymentRequiresAction, PaymentProcessing, PaymentAuthorized, PaymentFailed, PaymentUnknown,
}

// PaymentTransitions lists the legal transitions. Events arrive in any order and each is followed by a read at Stripe, so every
// transition between open states is legal, and a succeeded payment stays succeeded. canceled -> succeeded is late money:
// Stripe's rules exclude it, but if it happens, the money is in the books.
var PaymentTransitions = func() map[PaymentStatus][]PaymentStatus {
	out := map[PaymentStatus][]PaymentStatus{PaymentSucceeded: {}, PaymentCanceled: {PaymentSucceeded}}
	for _, from := range OpenPayments {
		for _, to := range slices.Concat(OpenPayments, []PaymentStatus{PaymentSucceeded, PaymentCanceled}) {
			if from != to {
				out[from] = append(out[from], to)
			}
		}
	}
	return out
}()

// To returns nil if the booking may go to next, and an *IllegalTransitionError otherwise.
func (s Status) To(next Status) error { return transition("booking", BookingTransitions, s, next) }

// To returns nil if the payment may go to next, and an *IllegalTransitionError otherwise.
func (s PaymentStatus) To(next PaymentStatus) error {
	return transition("payment", PaymentTransitions, s, next)
}

func transition[S ~string](machine string, table map[S][]S, from, to S) error {
	targets, known := table[from]
	if known && from == to {
		return nil
	}
	for _, target := range targets {
		if target == to {
			return nil
		}
	}
	return &IllegalTransitionError{Machine: machine, From: string(from), To: string(to)}
}

// known returns state if the table has it, and unknown otherwise: Stripe's enumerations grow.
func known[S ~string](table map[S][]S, state, unknown S) S {
	if _, is := table[state]; is {
		return state
	}
	return unknown
}

// Cancellable reports whether Stripe accepts a cancellation in this state (stripe.com/docs/api/payment_intents/cancel).
func (s PaymentStatus) Cancellable() bool {
	switch s {
	case PaymentPending, PaymentRequiresAction, PaymentAuthorized, PaymentFailed:
		return true
	default:
		return false
	}
}

// Final reports whether the booking's first payment has ended, with or without success.
func (s Status) Final() bool { return s != StatusPendingPayment }

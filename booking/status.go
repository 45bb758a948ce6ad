package booking

// Status is where a booking is in its life.
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

// BookingTransitions says where a booking may go from each state. Staying is always legal. A booking that was paid goes to
// and fro with its money (see Standing): a refund may fail after it succeeded, a dispute may be won.
var BookingTransitions = map[Status][]Status{
	StatusPendingPayment:    {StatusConfirmed, StatusPaymentFailed, StatusExpired, StatusCancelled},
	StatusConfirmed:         {StatusCancelled, StatusPartiallyRefunded, StatusRefunded, StatusDisputed},
	StatusPaymentFailed:     {},
	StatusExpired:           {},
	StatusCancelled:         {StatusPartiallyRefunded, StatusRefunded, StatusDisputed}, // when it was cancelled after payment
	StatusPartiallyRefunded: {StatusConfirmed, StatusCancelled, StatusRefunded, StatusDisputed},
	StatusRefunded:          {StatusConfirmed, StatusCancelled, StatusPartiallyRefunded, StatusDisputed},
	StatusDisputed:          {StatusConfirmed, StatusCancelled, StatusPartiallyRefunded, StatusRefunded},
}

// PaymentStatus is where a booking's payment is: Stripe's states in the books' words.
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
	PaymentUnknown        PaymentStatus = "unknown" // Stripe says something that we do not know
)

// PaymentTransitions says where a payment may go. Events come in any order and each is read again at Stripe, so between
// the open states everything is legal; what has succeeded stays. canceled -> succeeded is late money: it is against
// Stripe's own rules, and if it happens the money is in the books.
var PaymentTransitions = func() map[PaymentStatus][]PaymentStatus {
	open := []PaymentStatus{PaymentPending, PaymentRequiresAction, PaymentProcessing, PaymentAuthorized, PaymentFailed, PaymentUnknown}
	out := map[PaymentStatus][]PaymentStatus{PaymentSucceeded: {}, PaymentCanceled: {PaymentSucceeded}}
	for _, from := range open {
		for _, to := range append(append([]PaymentStatus{}, open...), PaymentSucceeded, PaymentCanceled) {
			if from != to {
				out[from] = append(out[from], to)
			}
		}
	}
	return out
}()

// To is nil when the booking may go there, and an *IllegalTransition otherwise.
func (s Status) To(next Status) error { return transition("booking", BookingTransitions, s, next) }

// To is nil when the payment may go there, and an *IllegalTransition otherwise.
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
	return &IllegalTransition{Machine: machine, From: string(from), To: string(to)}
}

// known is a state of a machine, or unknown for any other: Stripe's enumerations grow.
func known[S ~string](table map[S][]S, state, unknown S) S {
	if _, is := table[state]; is {
		return state
	}
	return unknown
}

// Cancellable tells whether Stripe takes a cancel (stripe.com/docs/api/payment_intents/cancel).
func (s PaymentStatus) Cancellable() bool {
	switch s {
	case PaymentPending, PaymentRequiresAction, PaymentAuthorized, PaymentFailed:
		return true
	default:
		return false
	}
}

// Final tells whether the booking's first payment is over, one way or the other.
func (s Status) Final() bool { return s != StatusPendingPayment }

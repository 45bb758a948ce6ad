package workflows

import (
	"farebook/booking"
	"farebook/money"
)

// PaymentIntentReady answers the update payment-intent. PaymentIntentID is empty when Stripe refused the payment for
// good; BookingStatus then says payment_failed.
type PaymentIntentReady struct {
	PaymentIntentID string                `json:"paymentIntentId,omitempty"`
	BookingStatus   booking.Status        `json:"bookingStatus"`
	PaymentStatus   booking.PaymentStatus `json:"paymentStatus,omitempty"`
}

// StripeEvent is the signal stripe-event: a pointer to what changed, never the fact itself.
type StripeEvent struct {
	EventID         string `json:"eventId"`
	Type            string `json:"type"`
	PaymentIntentID string `json:"paymentIntentId"`
}

// CancelRequest asks the update cancel-booking. Paid says that a paid booking is to be cancelled under the refund policy;
// without it, a booking that turns out to be paid is left as it is. ExpectedRefund is what was quoted, in minor units.
type CancelRequest struct {
	Paid           bool   `json:"paid,omitempty"`
	ExpectedRefund *int64 `json:"expectedRefund,omitempty"`
}

// CancelResult answers the update cancel-booking. What is beside the status is about a booking that was paid.
type CancelResult struct {
	BookingStatus booking.Status   `json:"bookingStatus"`
	Percent       int              `json:"percent,omitempty"`
	Refund        *money.Money     `json:"refund,omitempty"`
	RefundID      booking.RefundID `json:"refundId,omitempty"`
}

// CaptureRequest asks the update capture-payment. Amount is minor units, at most what is authorised.
type CaptureRequest struct {
	Amount int64 `json:"amount"`
}

// CaptureResult answers the update capture-payment.
type CaptureResult struct {
	BookingStatus booking.Status        `json:"bookingStatus"`
	PaymentStatus booking.PaymentStatus `json:"paymentStatus"`
}

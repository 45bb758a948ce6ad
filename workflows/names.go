// Package workflows is what Farebook remembers while it waits: a booking's payment as a durable Temporal workflow.
// Code in workflow functions is deterministic (checked by workflowcheck); the world is reached through activities only.
package workflows

import (
	"time"

	"go.temporal.io/sdk/temporal"

	"farebook/booking"
)

// Names as they stand in the Temporal UI and in histories: never changed, only added to.
const (
	TypeBookingPayment  = "BookingPayment"
	TaskQueueBookings   = "bookings"
	UpdatePaymentIntent = "payment-intent"
	UpdateCancelBooking = "cancel-booking"
	SignalStripeEvent   = "stripe-event"
	QueryStatus         = "status"
)

// Search attributes, made by the setup command. BookingReference is set at the start, which costs nothing; the other
// two are set when a booking ends other than confirmed, because that is what an operator searches for and an upsert is
// a billable action of its own.
var (
	SearchBookingReference = temporal.NewSearchAttributeKeyKeyword("BookingReference")
	SearchBookingStatus    = temporal.NewSearchAttributeKeyKeyword("BookingStatus")
	SearchPaymentIntentID  = temporal.NewSearchAttributeKeyKeyword("PaymentIntentId")
)

// ErrorAlreadySettled is the application error type of a cancel that came too late: the booking is paid, or closed.
const ErrorAlreadySettled = "BookingAlreadySettled"

// BookingPaymentID is the workflow id of a booking: "BookingPayment:FB-7K2M9QXA".
func BookingPaymentID(reference booking.Reference) string {
	return TypeBookingPayment + ":" + string(reference)
}

// BookingPaymentInput starts the workflow: references only, no personal data.
type BookingPaymentInput struct {
	Reference     booking.Reference `json:"reference"`
	HoldExpiresAt time.Time         `json:"holdExpiresAt"`
	CorrelationID string            `json:"correlationId"`
}

// BookingPaymentResult is how it ended.
type BookingPaymentResult struct {
	BookingStatus   booking.Status        `json:"bookingStatus"`
	PaymentStatus   booking.PaymentStatus `json:"paymentStatus,omitempty"`
	PaymentIntentID string                `json:"paymentIntentId,omitempty"`
	RefundDue       bool                  `json:"refundDue,omitempty"`
}

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

// CancelResult answers the update cancel-booking.
type CancelResult struct {
	BookingStatus booking.Status `json:"bookingStatus"`
}

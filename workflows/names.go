// Package workflows is what Farebook remembers while it waits: payments, refunds, disputes and payouts as durable Temporal
// workflows.
// Code in workflow functions is deterministic (checked by workflowcheck); the world is reached through activities only.
package workflows

import (
	"time"

	"go.temporal.io/sdk/temporal"

	"farebook/activities"
	"farebook/booking"
)

// Names as they stand in the Temporal UI and in histories: never changed, only added to.
const (
	TypeBookingPayment   = "BookingPayment"
	TypeRefund           = "Refund"
	TypeDispute          = "Dispute"
	TypePayout           = "Payout"
	TypeChargeRefunds    = "ChargeRefunds"
	TypeSendMail         = "SendMail"
	TypeReconciliation   = "Reconciliation"
	TaskQueueBookings    = "bookings"
	TaskQueueReconcile   = "reconciliation"
	UpdatePaymentIntent  = "payment-intent"
	UpdateCancelBooking  = "cancel-booking"
	UpdateCapturePayment = "capture-payment"
	SignalStripeEvent    = "stripe-event"
	QueryStatus          = "status"
)

// Search attributes, made by the setup command. BookingReference is set at the start, which costs nothing; the other
// two are set when a booking ends other than confirmed, because that is what an operator searches for and an upsert is
// a billable action of its own.
var (
	SearchBookingReference = temporal.NewSearchAttributeKeyKeyword("BookingReference")
	SearchBookingStatus    = temporal.NewSearchAttributeKeyKeyword("BookingStatus")
	SearchPaymentIntentID  = temporal.NewSearchAttributeKeyKeyword("PaymentIntentId")
)

// Application error types that updates are refused with.
const (
	// ErrorAlreadySettled is a cancel that came too late: the booking is paid, or closed.
	ErrorAlreadySettled = "BookingAlreadySettled"
	// ErrorNotAuthorized is a capture of what is not authorised, or not any more.
	ErrorNotAuthorized = "PaymentNotAuthorized"
	// ErrorNotCancellable is a cancel after payment that cannot be.
	ErrorNotCancellable = activities.NotCancellable
	// ErrorQuoteChanged is a cancel after payment whose refund is not what was quoted.
	ErrorQuoteChanged = activities.QuoteChanged
)

// BookingPaymentID is the workflow id of a booking: "BookingPayment:FB-7K2M9QXA".
func BookingPaymentID(reference booking.Reference) string {
	return TypeBookingPayment + ":" + string(reference)
}

// RefundWorkflowID is the workflow id of a refund: "Refund:RF-7K2M9QXA", or "Refund:re_..." for one from the dashboard.
func RefundWorkflowID(id string) string { return TypeRefund + ":" + id }

// DisputeWorkflowID is the workflow id of a dispute: "Dispute:dp_...".
func DisputeWorkflowID(id string) string { return TypeDispute + ":" + id }

// ChargeRefundsID is the workflow id of a search for a payment's refunds: "ChargeRefunds:pi_...".
func ChargeRefundsID(paymentIntentID string) string { return TypeChargeRefunds + ":" + paymentIntentID }

// PayoutWorkflowID is the workflow id of a payout: "Payout:po_...".
func PayoutWorkflowID(id string) string { return TypePayout + ":" + id }

// ReconciliationWorkflowID is the workflow id of a reconciliation: "Reconciliation:recon_...".
func ReconciliationWorkflowID(correlationID string) string {
	return TypeReconciliation + ":" + correlationID
}

// BookingPaymentInput starts the workflow: references only, no personal data.
type BookingPaymentInput struct {
	Reference     booking.Reference `json:"reference"`
	HoldExpiresAt time.Time         `json:"holdExpiresAt"`
	CorrelationID string            `json:"correlationId"`
	// LookAt is a PaymentIntent that reconciliation found to differ: it is read first of all. Empty for a new booking.
	LookAt string `json:"lookAt,omitempty"`
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
	Refund        *booking.Money   `json:"refund,omitempty"`
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

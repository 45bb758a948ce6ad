// Package workflows is what Farebook remembers while it waits: payments, refunds, disputes and payouts as durable Temporal
// workflows.
// Code in workflow functions is deterministic (checked by workflowcheck); the world is reached through activities only.
package workflows

import (
	"go.temporal.io/sdk/temporal"

	"farebook/activities"
)

// Names as they stand in the Temporal UI and in histories: never changed, only added to.
const (
	TypeBookingPayment   = "BookingPayment"
	TypeRefund           = "Refund"
	TypeDispute          = "Dispute"
	TypePayout           = "Payout"
	TypeChargeRefunds    = "ChargeRefunds"
	TypeSendMail         = "SendMail"
	TypeAccountFee       = "AccountFee"
	TypeUnbooked         = "Unbooked"
	TypeReconciliation   = "Reconciliation"
	TypeCancelTwins      = "CancelTwins"
	TaskQueueBookings    = "bookings"
	TaskQueueReconcile   = "reconciliation"
	UpdatePaymentIntent  = "payment-intent"
	UpdateRecordPayment  = "record-payment"
	UpdateCancelBooking  = "cancel-booking"
	UpdateCapturePayment = "capture-payment"
	UpdateAbandonRefund  = "abandon-refund"
	SignalStripeEvent    = "stripe-event"
	QueryStatus          = "status"
)

// Search attributes, made by the setup command. BookingReference is set at the start, which costs nothing; the other
// two are set when a booking ends other than confirmed, because that is what an operator searches for and an upsert is
// a billable action more.
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

package workflows

import (
	"go.temporal.io/sdk/temporal"

	"farebook/activities"
)

// Names in the Temporal UI and in histories. They are never changed, only added to.
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
	TypeSealLedger       = "SealLedger"
	TypeRetention        = "Retention"
	TypeDeliverWebhooks  = "DeliverWebhooks"
	TaskQueueBookings    = "bookings"
	TaskQueueReconcile   = "reconciliation"
	TaskQueueWebhooks    = "webhooks"
	UpdatePaymentIntent  = "payment-intent"
	UpdateRecordPayment  = "record-payment"
	UpdateCancelBooking  = "cancel-booking"
	UpdateCapturePayment = "capture-payment"
	UpdateAbandonRefund  = "abandon-refund"
	UpdateSubmitEvidence = "submit-evidence"
	SignalStripeEvent    = "stripe-event"
	SignalWebhooks       = "webhooks"
	QueryStatus          = "status"
)

// Search attributes, created by `starter setup`. BookingReference is set at the start, which is free. The other two are set when a
// booking ends and is not confirmed: operators search for those, and an upsert is a billable action.
var (
	SearchBookingReference = temporal.NewSearchAttributeKeyKeyword("BookingReference")
	SearchBookingStatus    = temporal.NewSearchAttributeKeyKeyword("BookingStatus")
	SearchPaymentIntentID  = temporal.NewSearchAttributeKeyKeyword("PaymentIntentId")
)

// Types of the application errors with which updates are refused.
const (
	// ErrorAlreadySettled refuses a cancel that is too late: the booking is paid or closed.
	ErrorAlreadySettled = "BookingAlreadySettled"
	// ErrorNotAuthorized refuses the capture of a payment that is not, or no longer, authorised.
	ErrorNotAuthorized = "PaymentNotAuthorized"
	// ErrorNotCancellable refuses a cancel after payment that the policy or the booking's state rules out.
	ErrorNotCancellable = activities.NotCancellable
	// ErrorQuoteChanged refuses a cancel after payment whose refund differs from the quote.
	ErrorQuoteChanged = activities.QuoteChanged
)

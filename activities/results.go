package activities

import "farebook/store"

// The results of the recording steps, and the reasons for reading a payment. They are the store's types under names of this package,
// because workflows may not import the store.
type (
	// PaymentRecorded is the state of booking and payment after RecordPaymentOutcome.
	PaymentRecorded = store.PaymentRecorded
	// RefundRecorded is the state of refund and booking after CreateRefund or RecordRefund.
	RefundRecorded = store.RefundRecorded
	// DisputeRecorded is the state of dispute and booking after RecordDispute.
	DisputeRecorded = store.DisputeRecorded
	// PayoutRecorded is the state of a payout after RecordPayout.
	PayoutRecorded = store.PayoutRecorded
	// PaidBookingCancelled is the outcome of CancelPaidBooking.
	PaidBookingCancelled = store.Cancelled
	// Reason says why a payment is read.
	Reason = store.Reason
)

// The reasons that a workflow gives.
const (
	ReasonEvent     = store.ReasonEvent
	ReasonHoldEnded = store.ReasonHoldEnded
	ReasonCancelled = store.ReasonCancelled
)

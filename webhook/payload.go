package webhook

import (
	"time"

	"farebook/booking"
	"farebook/money"
)

// Event is what a receiver gets as its body. Data is one of the structs below.
type Event struct {
	Type      Type      `json:"type"`
	Version   int       `json:"version"`
	Timestamp time.Time `json:"timestamp"` // of the change; it stays the same when the event is sent again
	Data      any       `json:"data"`
}

// BookingData is the data of booking.* and payment.authorized.
type BookingData struct {
	Booking EventBooking `json:"booking"`
}

// RefundData is the data of refund.*.
type RefundData struct {
	Refund  EventRefund  `json:"refund"`
	Booking EventBooking `json:"booking"`
}

// DisputeData is the data of dispute.*.
type DisputeData struct {
	Dispute EventDispute `json:"dispute"`
	Booking EventBooking `json:"booking"`
}

// PayoutData is the data of payout.paid.
type PayoutData struct {
	Payout EventPayout `json:"payout"`
}

// ReconciliationData is the data of reconciliation.differences.
type ReconciliationData struct {
	Reconciliation EventReconciliation `json:"reconciliation"`
}

// TestData is the data of test.
type TestData struct {
	EndpointID string `json:"endpointId" example:"we_7K2M9QXA4T"`
}

// EventBooking is a booking after the change.
type EventBooking struct {
	Reference booking.Reference `json:"reference" example:"FB-7K2M9QXA"`
	Status    booking.Status    `json:"status" example:"confirmed"`
	Amount    money.Money       `json:"amount" doc:"The price, in minor units."`
	Payment   *EventPayment     `json:"payment,omitempty" doc:"Left out while no PaymentIntent is known."`
}

// EventPayment is a booking's payment after the change.
type EventPayment struct {
	PaymentIntentID string                `json:"paymentIntentId" example:"pi_3PabcDEF"`
	Status          booking.PaymentStatus `json:"status" example:"succeeded"`
	Captured        money.Money           `json:"captured"`
	Refunded        money.Money           `json:"refunded" doc:"By refunds that succeeded."`
	CaptureBefore   *time.Time            `json:"captureBefore,omitempty" doc:"When an authorisation expires; left out without one."`
}

// EventRefund is a refund after the change.
type EventRefund struct {
	ID            booking.RefundID     `json:"id" example:"RF-7K2M9QXA"`
	Status        booking.RefundStatus `json:"status" example:"succeeded"`
	Amount        money.Money          `json:"amount"`
	Origin        booking.RefundOrigin `json:"origin" example:"api"`
	FailureReason string               `json:"failureReason,omitempty" doc:"Stripe's reason for a failure." example:"expired_or_canceled_card"`
}

// EventDispute is a dispute after the change.
type EventDispute struct {
	ID     string                `json:"id" example:"dp_1PabcDEF"`
	Status booking.DisputeStatus `json:"status" example:"needs_response"`
	Reason string                `json:"reason" doc:"Stripe's reason." example:"fraudulent"`
	Amount money.Money           `json:"amount"`
	DueBy  *time.Time            `json:"dueBy,omitempty" doc:"When the evidence is due; left out when none is awaited."`
}

// EventPayout is a payout after the change.
type EventPayout struct {
	ID        string               `json:"id" example:"po_3PabcDEF"`
	Status    booking.PayoutStatus `json:"status" example:"paid"`
	Amount    money.Money          `json:"amount"`
	ArrivesAt *time.Time           `json:"arrivesAt,omitempty"`
}

// EventReconciliation counts what a run has found, by object.
type EventReconciliation struct {
	ID     string `json:"id" example:"recon_0f1d2c3b4a59687786958473625140ff"`
	Found  int64  `json:"found" doc:"Objects that differ between the books and Stripe."`
	Fixed  int64  `json:"fixed" doc:"Those that the run has healed."`
	Failed int64  `json:"failed" doc:"Those whose healing failed."`
	Left   int64  `json:"left" doc:"Those that an operator has to decide."`
}

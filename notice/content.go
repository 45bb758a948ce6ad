// Package notice is what customers and the finance department are written about: the kinds of email, and the amounts, states and ids that
// each needs beside its booking. It imports booking and money, reconciliation for its classes, and does no I/O.
package notice

import (
	"time"

	"farebook/booking"
	"farebook/money"
	"farebook/reconciliation"
)

// Content is what an email says beside its booking: amounts, states and ids as they were when it was written, and never a
// name or an address. The parts that a kind of mail does not need are nil.
type Content struct {
	Refund        *RefundContent  `json:"refund,omitempty"`
	Quote         *QuoteContent   `json:"quote,omitempty"`
	Receipt       *ReceiptContent `json:"receipt,omitempty"`
	Dispute       *DisputeContent `json:"dispute,omitempty"`
	Payout        *PayoutContent  `json:"payout,omitempty"`
	CaptureBefore time.Time       `json:"captureBefore,omitzero"`

	Reconciliation *ReconciliationContent `json:"reconciliation,omitempty"`
}

// ReconciliationContent is what a reconciliation found, for the finance department.
type ReconciliationContent struct {
	ID      string                `json:"id"`
	Failed  bool                  `json:"failed,omitempty"`
	Scanned int64                 `json:"scanned"`
	Counts  []ReconciliationCount `json:"counts"`
}

// ReconciliationCount is one line of it. Difference is here less at Stripe.
type ReconciliationCount struct {
	Class      reconciliation.Class `json:"class"`
	State      string               `json:"state"`
	Items      int64                `json:"items"`
	Difference money.Money          `json:"difference"`
}

// RefundContent is about one refund.
type RefundContent struct {
	ID       booking.RefundID     `json:"id"`
	Amount   money.Money          `json:"amount"`
	Status   booking.RefundStatus `json:"status"`
	Origin   booking.RefundOrigin `json:"origin"`
	Paid     money.Money          `json:"paid"`     // captured in all
	Refunded money.Money          `json:"refunded"` // in all so far, this one with it once it succeeded
	// Obstacle is why a refund that failed leaves less owed than its amount; empty when all of it still is.
	Obstacle booking.RefundObstacle `json:"obstacle,omitempty"`
	Owed     money.Money            `json:"owed,omitzero"` // with ObstaclePart
	// Code is why Stripe has not made it yet, in Stripe's words.
	Code string `json:"code,omitempty"`
}

// QuoteContent is what a cancellation gives back.
type QuoteContent struct {
	Refund  money.Money `json:"refund"`
	Kept    money.Money `json:"kept"`
	Percent int         `json:"percent"`
	Hours   int         `json:"hoursBeforeDeparture"`
}

// ReceiptContent is what was paid, and when.
type ReceiptContent struct {
	Paid            money.Money `json:"paid"`
	PaidAt          time.Time   `json:"paidAt"`
	PaymentIntentID string      `json:"paymentIntentId"`
}

// DisputeContent is about one dispute, for the finance department.
type DisputeContent struct {
	ID       string                `json:"id"`
	Status   booking.DisputeStatus `json:"status"`
	Reason   string                `json:"reason"`
	Amount   money.Money           `json:"amount"`
	Withheld money.Money           `json:"withheld"`
	Captured money.Money           `json:"captured"`
	Refunded money.Money           `json:"refunded"`
	Exceeds  bool                  `json:"exceeds"` // refunds and disputes together exceed what was captured
	DueBy    time.Time             `json:"dueBy,omitzero"`
}

// PayoutContent is about one payout, for the finance department.
type PayoutContent struct {
	ID           string               `json:"id"`
	Status       booking.PayoutStatus `json:"status"`
	StripeStatus string               `json:"stripeStatus,omitempty"` // Stripe's own word, where this version does not know it
	FailureCode  string               `json:"failureCode,omitempty"`
	Amount       money.Money          `json:"amount"`
	Transactions int                  `json:"transactions"`
	Unmatched    int                  `json:"unmatched"`
	ArrivesAt    time.Time            `json:"arrivesAt,omitzero"`
}

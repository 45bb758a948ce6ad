// Package notice defines the emails that Farebook sends to customers and to the finance department: their kinds, and the
// amounts, states and ids that each kind needs beside its booking. It imports booking, money and reconciliation, and does no
// I/O.
package notice

import (
	"time"

	"farebook/booking"
	"farebook/money"
	"farebook/reconciliation"
)

// Content is the part of an email that its booking does not provide: amounts, states and ids as they were when the email was
// queued. It never holds a name or an address. Fields that a kind of email does not use are nil. It is stored as JSON, so the
// tags must not change.
type Content struct {
	Refund        *RefundContent  `json:"refund,omitempty"`
	Quote         *QuoteContent   `json:"quote,omitempty"`
	Receipt       *ReceiptContent `json:"receipt,omitempty"`
	Dispute       *DisputeContent `json:"dispute,omitempty"`
	Payout        *PayoutContent  `json:"payout,omitempty"`
	CaptureBefore time.Time       `json:"captureBefore,omitzero"`

	Reconciliation *ReconciliationContent `json:"reconciliation,omitempty"`
	Seal           *SealContent           `json:"seal,omitempty"`
	Sealing        *SealingContent        `json:"sealing,omitempty"`
	// Emptied: the content is not kept any more, after the period of retention or an erasure.
	Emptied bool `json:"emptied,omitempty"`

	Webhook *WebhookContent `json:"webhook,omitempty"`
}

// WebhookContent describes a webhook endpoint that is disabled for its owner. The address of the email is read when it is sent.
type WebhookContent struct {
	EndpointID string    `json:"endpointId"`
	Reason     string    `json:"reason"` // failing, or gone: its receiver answered 410
	DisabledAt time.Time `json:"disabledAt"`
}

// ReconciliationContent summarises a reconciliation for the finance department.
type ReconciliationContent struct {
	ID      string                `json:"id"`
	Failed  bool                  `json:"failed,omitempty"`
	Scanned int64                 `json:"scanned"`
	Counts  []ReconciliationCount `json:"counts"`
}

// SealContent is a seal of the ledger for the finance department.
type SealContent struct {
	Number       uint64    `json:"number"`
	SealedAt     time.Time `json:"sealedAt"`
	Transactions uint64    `json:"transactions"`
	FromID       uint64    `json:"fromId"`
	ToID         uint64    `json:"toId"`
	Digest       string    `json:"digest"`
	Statement    string    `json:"statement"` // signed; the attachment
}

// SealingContent tells the finance department that the ledger is not sealed any more.
type SealingContent struct {
	Number   uint64    `json:"number,omitempty"`  // of the last seal; 0 before the first
	SealedAt time.Time `json:"sealedAt,omitzero"` // of that seal
	Waiting  time.Time `json:"waiting"`           // when the oldest transaction without a seal was posted
}

// ReconciliationCount is the number of findings of one class and state. Difference is the amount in the books less the amount
// at Stripe.
type ReconciliationCount struct {
	Class      reconciliation.Class `json:"class"`
	State      string               `json:"state"`
	Items      int64                `json:"items"`
	Difference money.Money          `json:"difference"`
}

// RefundContent describes one refund.
type RefundContent struct {
	ID       booking.RefundID     `json:"id"`
	Amount   money.Money          `json:"amount"`
	Status   booking.RefundStatus `json:"status"`
	Origin   booking.RefundOrigin `json:"origin"`
	Paid     money.Money          `json:"paid"`     // total captured
	Refunded money.Money          `json:"refunded"` // total refunded, including this refund once it has succeeded
	// Obstacle explains why less than Amount is still owed after a failed refund. Empty if all of it is owed.
	Obstacle booking.RefundObstacle `json:"obstacle,omitempty"`
	Owed     money.Money            `json:"owed,omitzero"` // set with ObstaclePart
	// Code is Stripe's error code, if Stripe has refused the refund for now.
	Code string `json:"code,omitempty"`
}

// QuoteContent describes what a cancellation refunds.
type QuoteContent struct {
	Refund  money.Money `json:"refund"`
	Kept    money.Money `json:"kept"`
	Percent int         `json:"percent"`
	Hours   int         `json:"hoursBeforeDeparture"`
}

// ReceiptContent describes a payment.
type ReceiptContent struct {
	Paid            money.Money `json:"paid"`
	PaidAt          time.Time   `json:"paidAt"`
	PaymentIntentID string      `json:"paymentIntentId"`
}

// DisputeContent describes one dispute for the finance department.
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

// PayoutContent describes one payout for the finance department.
type PayoutContent struct {
	ID           string               `json:"id"`
	Status       booking.PayoutStatus `json:"status"`
	StripeStatus string               `json:"stripeStatus,omitempty"` // Stripe's status, if this version does not know it
	FailureCode  string               `json:"failureCode,omitempty"`
	Amount       money.Money          `json:"amount"`
	Transactions int                  `json:"transactions"`
	Unmatched    int                  `json:"unmatched"`
	ArrivesAt    time.Time            `json:"arrivesAt,omitzero"`
}

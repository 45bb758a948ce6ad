package booking

import (
	"time"

	"farebook/money"
)

// Letter is what a mail says beside its booking: amounts, states and ids as they were when it was written, and never a
// name or an address. The parts that a kind of mail does not need are nil.
type Letter struct {
	Refund        *RefundLetter  `json:"refund,omitempty"`
	Quote         *QuoteLetter   `json:"quote,omitempty"`
	Receipt       *ReceiptLetter `json:"receipt,omitempty"`
	Dispute       *DisputeLetter `json:"dispute,omitempty"`
	Payout        *PayoutLetter  `json:"payout,omitempty"`
	CaptureBefore time.Time      `json:"captureBefore,omitzero"`

	Reconciliation *ReconciliationLetter `json:"reconciliation,omitempty"`
}

// ReconciliationLetter is what a reconciliation found, for the finance department.
type ReconciliationLetter struct {
	ID      string                `json:"id"`
	Failed  bool                  `json:"failed,omitempty"`
	Scanned int64                 `json:"scanned"`
	Counts  []ReconciliationCount `json:"counts"`
}

// ReconciliationCount is one line of it. Difference is here less at Stripe.
type ReconciliationCount struct {
	Class      Class       `json:"class"`
	State      string      `json:"state"`
	Items      int64       `json:"items"`
	Difference money.Money `json:"difference"`
}

// RefundLetter is about one refund.
type RefundLetter struct {
	ID       RefundID     `json:"id"`
	Amount   money.Money  `json:"amount"`
	Status   RefundStatus `json:"status"`
	Origin   RefundOrigin `json:"origin"`
	Paid     money.Money  `json:"paid"`     // captured in all
	Refunded money.Money  `json:"refunded"` // in all so far, this one with it once it succeeded
	// Obstacle is why a refund that failed leaves less owed than its amount; empty when all of it still is.
	Obstacle RefundObstacle `json:"obstacle,omitempty"`
	Owed     money.Money    `json:"owed,omitzero"` // with ObstaclePart
	// Code is why Stripe has not made it yet, in Stripe's words.
	Code string `json:"code,omitempty"`
}

// QuoteLetter is what a cancellation gives back.
type QuoteLetter struct {
	Refund  money.Money `json:"refund"`
	Kept    money.Money `json:"kept"`
	Percent int         `json:"percent"`
	Hours   int         `json:"hoursBeforeDeparture"`
}

// ReceiptLetter is what was paid, and when.
type ReceiptLetter struct {
	Paid            money.Money `json:"paid"`
	PaidAt          time.Time   `json:"paidAt"`
	PaymentIntentID string      `json:"paymentIntentId"`
}

// DisputeLetter is about one dispute, for the finance department.
type DisputeLetter struct {
	ID       string        `json:"id"`
	Status   DisputeStatus `json:"status"`
	Reason   string        `json:"reason"`
	Amount   money.Money   `json:"amount"`
	Withheld money.Money   `json:"withheld"`
	Captured money.Money   `json:"captured"`
	Refunded money.Money   `json:"refunded"`
	Exceeds  bool          `json:"exceeds"` // refunds and disputes together exceed what was captured
	DueBy    time.Time     `json:"dueBy,omitzero"`
}

// PayoutLetter is about one payout, for the finance department.
type PayoutLetter struct {
	ID           string       `json:"id"`
	Status       PayoutStatus `json:"status"`
	StripeStatus string       `json:"stripeStatus,omitempty"` // Stripe's own word, where this version does not know it
	FailureCode  string       `json:"failureCode,omitempty"`
	Amount       money.Money  `json:"amount"`
	Transactions int          `json:"transactions"`
	Unmatched    int          `json:"unmatched"`
	ArrivesAt    time.Time    `json:"arrivesAt,omitzero"`
}

package story

import (
	"time"

	"farebook/booking"
	"farebook/money"
	"farebook/store"
)

// RefundPart is a refund, with where its money is.
type RefundPart struct {
	ID             booking.RefundID `json:"id" example:"RF-7K2M9QXA"`
	Status         string           `json:"status" enum:"requested,pending,requires_action,succeeded,failed,canceled,unknown"`
	Amount         money.Money      `json:"amount"`
	Origin         string           `json:"origin" enum:"api,cancellation,late_money,dashboard"`
	Reason         string           `json:"reason" example:"requested_by_customer"`
	Note           string           `json:"note,omitempty"`
	FailureReason  string           `json:"failureReason,omitempty" example:"expired_or_canceled_card"`
	StripeRefundID string           `json:"stripeRefundId,omitempty" example:"re_3PabcDEF"`
	Bank           *BankPart        `json:"bank,omitempty" doc:"By what the traveller's bank finds it; left out until Stripe reports something."`
	Where          WherePart        `json:"where"`
	Failed         bool             `json:"failed" doc:"The traveller has not got this money, and does not get it by this refund."`
	CreatedAt      time.Time        `json:"createdAt"`
	UpdatedAt      time.Time        `json:"updatedAt"`
	Dashboard      string           `json:"dashboard,omitempty" doc:"The payment in Stripe's dashboard."`
}

// BankPart is what Stripe reports of a refund's way to the bank.
type BankPart struct {
	Reference string `json:"reference,omitempty" doc:"What the traveller's bank searches for; known some days after the refund." example:"74830726330000123456789"`
	Status    string `json:"status,omitempty" doc:"Stripe's word: pending, available or unavailable." example:"available"`
	Type      string `json:"type,omitempty" example:"acquirer_reference_number"`
	Way       string `json:"way,omitempty" doc:"Stripe's word: refund, or reversal, after which the payment disappears from the statement." example:"refund"`
}

// WherePart says where the money of a refund is.
type WherePart struct {
	ID   string `json:"id" example:"at_bank"`
	Text string `json:"text"`
}

var places = map[string]string{
	"asking":    "The refund is decided. Farebook is asking Stripe for it.",
	"postponed": "Stripe has not made the refund yet, and is asked again.",
	"abandoned": "An operator has decided that Stripe is no longer asked. The traveller gets the money in another way.",
	"pending":   "Stripe has accepted the refund, and has not paid it out yet.",
	"action":    "The traveller has to do something before the refund can be paid out. Stripe has sent an email about it.",
	"sent":      "The money has left Stripe. Banks take five to ten business days; the bank's reference follows within a few days.",
	"at_bank":   "The money has left Stripe. The traveller's bank finds it by the reference.",
	"reversed":  "The payment was reversed before it was settled: it disappears from the statement, and no refund is listed there.",
	"failed":    "The refund failed. The traveller has not got the money, and it is owed in another way.",
	"refused":   "Stripe refused the refund. The traveller has not got the money, and it is owed in another way.",
	"bank":      "The refund failed at Stripe, and was paid from the bank.",
	"unknown":   "Stripe reports a state that this version does not know.",
}

func refundOf(r store.Refund, live, fromBank bool) RefundPart {
	place := placeOf(r)
	if gaveNothing(r) && fromBank {
		place = "bank"
	}
	part := RefundPart{
		ID: r.ID, Status: string(r.Status), Amount: r.Amount, Origin: string(r.Origin), Reason: r.Reason, Note: r.Note,
		FailureReason: r.FailureReason, StripeRefundID: r.StripeRefundID, Where: WherePart{place, places[place]},
		Failed: gaveNothing(r) && !fromBank, CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt,
	}
	if r.Bank != (booking.BankReference{}) {
		bank := BankPart(r.Bank)
		part.Bank = &bank
	}
	if r.PaymentIntentID != "" {
		part.Dashboard = dashboard(live, "payments", r.PaymentIntentID)
	}
	return part
}

func placeOf(r store.Refund) string {
	switch r.Status {
	case booking.RefundRequested:
		switch {
		case r.AbandonedAt != nil:
			return "abandoned"
		case r.RefusedAt != nil:
			return "postponed"
		}
		return "asking"
	case booking.RefundPending:
		return "pending"
	case booking.RefundRequiresAction:
		return "action"
	case booking.RefundSucceeded:
		switch {
		case r.Bank.Way == "reversal":
			return "reversed"
		case r.Bank.Reference != "":
			return "at_bank"
		}
		return "sent"
	case booking.RefundFailed, booking.RefundCanceled:
		switch {
		case r.AbandonedAt != nil:
			return "abandoned"
		case r.StripeRefundID == "":
			return "refused"
		}
		return "failed"
	}
	return "unknown"
}

// DisputePart is a dispute.
type DisputePart struct {
	ID        string      `json:"id" example:"dp_3PabcDEF"`
	Status    string      `json:"status" enum:"warning_needs_response,warning_under_review,warning_closed,needs_response,under_review,won,lost,unknown"`
	Reason    string      `json:"reason" example:"fraudulent"`
	Amount    money.Money `json:"amount"`
	DueBy     *time.Time  `json:"dueBy,omitempty" doc:"The deadline for evidence, while Stripe waits for it."`
	CreatedAt time.Time   `json:"createdAt"`
	UpdatedAt time.Time   `json:"updatedAt"`
	Dashboard string      `json:"dashboard" doc:"The dispute in Stripe's dashboard."`
}

func disputeOf(d store.Dispute, live bool) DisputePart {
	part := DisputePart{
		ID: d.ID, Status: string(d.Status), Reason: d.Reason, Amount: d.Amount, CreatedAt: d.CreatedAt, UpdatedAt: d.UpdatedAt,
		Dashboard: dashboard(live, "disputes", d.ID),
	}
	if d.Status.NeedsResponse() {
		part.DueBy = d.DueBy
	}
	return part
}

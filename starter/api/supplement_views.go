package api

import (
	"time"

	"farebook/money"
	"farebook/starter/view"
	"farebook/store"
)

// paymentItem is one of the payments of a booking.
type paymentItem struct {
	Reference       string      `json:"reference" doc:"Of the booking, or of the further payment: read the rest under it." example:"FB-7K2M9QXA"`
	Purpose         string      `json:"purpose" enum:"booking,fare_difference,baggage,seat,other,unknown" doc:"booking for the first payment; unknown until the request of a payment that was rebuilt from Stripe is repeated."`
	Description     string      `json:"description,omitempty" example:"one bag of 23 kg"`
	Status          string      `json:"status" enum:"pending_payment,confirmed,payment_failed,expired,cancelled,partially_refunded,refunded,disputed"`
	Amount          money.Money `json:"amount"`
	HoldExpiresAt   time.Time   `json:"holdExpiresAt"`
	CreatedAt       time.Time   `json:"createdAt"`
	PaymentIntentID string      `json:"paymentIntentId,omitempty" doc:"Names the payment in a refund. Left out until the PaymentIntent exists." example:"pi_3PabcDEF"`
	PaymentStatus   string      `json:"paymentStatus,omitempty" enum:"pending,requires_action,processing,authorized,succeeded,failed,canceled,unknown"`
	AmountCaptured  int64       `json:"amountCaptured" doc:"Minor units."`
	AmountRefunded  int64       `json:"amountRefunded" doc:"Minor units of the refunds that succeeded."`
}

func paymentItemOf(b store.Booking) paymentItem {
	item := paymentItem{
		Reference: string(b.Reference), Purpose: "booking", Status: string(b.Status), Amount: b.Amount, HoldExpiresAt: b.HoldExpiresAt,
		CreatedAt: b.CreatedAt,
	}
	if s := b.Supplement; s != nil {
		item.Purpose, item.Description = view.PurposeOf(*s), s.Description
	}
	if p := b.Payment; p != nil {
		item.PaymentIntentID, item.PaymentStatus = p.PaymentIntentID, string(p.Status)
		item.AmountCaptured, item.AmountRefunded = p.AmountCaptured, p.AmountRefunded
	}
	return item
}

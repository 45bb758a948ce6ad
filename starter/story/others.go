package story

import (
	"time"

	"farebook/booking"
	"farebook/money"
	"farebook/store"
	"farebook/workflows"
)

// BookingPart is another booking of the same email address: its PaymentIntent, its hold, its late money.
type BookingPart struct {
	Reference       string      `json:"reference" example:"FB-7K2M9QXA"`
	Client          string      `json:"client,omitempty" example:"cl_7K2M9QXA4T"`
	Status          string      `json:"status" example:"confirmed"`
	Amount          money.Money `json:"amount"`
	CreatedAt       time.Time   `json:"createdAt"`
	Flight          string      `json:"flight" example:"EK2"`
	DepartsAt       time.Time   `json:"departsAt"`
	PaymentIntentID string      `json:"paymentIntentId,omitempty" example:"pi_3PabcDEF"`
	PaymentStatus   string      `json:"paymentStatus,omitempty" example:"succeeded"`
	Kept            money.Money `json:"kept" doc:"Captured less what refunds and lost disputes have returned."`
	Held            bool        `json:"held" doc:"The amount is authorised and not taken: the traveller's bank shows it as pending until it is captured or released."`
	Late            bool        `json:"late" doc:"Money that arrived after the booking was closed. It is refunded automatically."`
	DeclineCode     string      `json:"declineCode,omitempty" example:"insufficient_funds"`
	Advice          *Advice     `json:"advice,omitempty"`
	SameTrip        bool        `json:"sameTrip" doc:"It has the same flight, departure and amount."`
}

func otherOf(told, other store.Booking, o Options) BookingPart {
	part := BookingPart{
		Reference: string(other.Reference), Status: string(other.Status), Amount: other.Amount, CreatedAt: other.CreatedAt,
		Flight: other.Flight.Number, DepartsAt: other.Flight.DepartsAt, Kept: money.Money{Currency: other.Amount.Currency}, Late: late(other),
		SameTrip: told.Flight.Number == other.Flight.Number && told.Flight.DepartsAt.Equal(other.Flight.DepartsAt) && told.Amount == other.Amount,
	}
	if o.Operator {
		part.Client = other.ClientCode
	}
	if p := other.Payment; p != nil {
		part.PaymentIntentID, part.PaymentStatus = p.PaymentIntentID, string(p.Status)
		part.Kept.Value = max(p.AmountCaptured-p.AmountRefunded-p.ChargedBack, 0)
		part.Held = p.Status == booking.PaymentAuthorized
		part.DeclineCode, part.Advice = p.DeclineCode, adviceOf(p.DeclineCode)
	}
	return part
}

// workflowsOf are the ids of the workflows that have worked on the booking.
func workflowsOf(s store.Story) []string {
	ids := []string{workflows.BookingPaymentWorkflowID(s.Booking.Reference)}
	for _, refund := range s.Refunds {
		ids = append(ids, workflows.RefundWorkflowID(string(refund.ID)))
	}
	for _, dispute := range s.Disputes {
		ids = append(ids, workflows.DisputeWorkflowID(dispute.ID))
	}
	return ids
}

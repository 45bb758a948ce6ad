package story

import (
	"time"

	"farebook/booking"
	"farebook/money"
	"farebook/starter/view"
	"farebook/store"
	"farebook/workflows"
)

// BookingPart is another booking of the same email address: its PaymentIntent, its hold, its late money.
type BookingPart struct {
	Reference       string           `json:"reference" example:"FB-7K2M9QXA"`
	Client          string           `json:"client,omitempty" example:"cl_7K2M9QXA4T"`
	Status          string           `json:"status" example:"confirmed"`
	Amount          money.Money      `json:"amount"`
	CreatedAt       time.Time        `json:"createdAt"`
	Flight          string           `json:"flight" example:"EK2"`
	DepartsAt       time.Time        `json:"departsAt"`
	PaymentIntentID string           `json:"paymentIntentId,omitempty" example:"pi_3PabcDEF"`
	PaymentStatus   string           `json:"paymentStatus,omitempty" example:"succeeded"`
	Kept            money.Money      `json:"kept" doc:"Captured less what refunds and lost disputes have returned."`
	Held            bool             `json:"held" doc:"The amount is authorised and not taken: the traveller's bank shows it as pending until it is captured or released."`
	Late            bool             `json:"late" doc:"Money that arrived after the booking was closed. It is refunded automatically."`
	DeclineCode     string           `json:"declineCode,omitempty" example:"insufficient_funds"`
	Advice          *Advice          `json:"advice,omitempty"`
	SupplementOf    *view.Supplement `json:"supplementOf,omitempty" doc:"Left out unless it is a further payment of a booking."`
	SameTrip        bool             `json:"sameTrip" doc:"It has the same flight, departure and amount."`
}

// oneTrip reports whether one of two bookings is a further payment of the other, or both are of a third one: none of them is paid twice.
func oneTrip(a, b store.Booking) bool { return bookingOf(a) == bookingOf(b) }

func sameFlight(a, b booking.Flight) bool {
	return a.Number == b.Number && a.DepartsAt.Equal(b.DepartsAt)
}

func bookingOf(b store.Booking) booking.Reference {
	if b.Supplement != nil {
		return b.Supplement.Of
	}
	return b.Reference
}

func otherOf(told, other store.Booking, o Options) BookingPart {
	part := BookingPart{
		Reference: string(other.Reference), Status: string(other.Status), Amount: other.Amount, CreatedAt: other.CreatedAt,
		Flight: other.Flight.Number, DepartsAt: other.Flight.DepartsAt, Kept: money.Money{Currency: other.Amount.Currency}, Late: late(other),
		SupplementOf: view.SupplementOf(other.Supplement),
		SameTrip:     !oneTrip(told, other) && told.Amount == other.Amount && sameFlight(told.Flight, other.Flight),
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

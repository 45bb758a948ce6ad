package dispatch

import (
	"cmp"

	"farebook/booking"
	"farebook/notice"
	"farebook/store"
	"farebook/workflows"
)

// BookingSubjectOf returns what the workflow of a booking is started with. It holds no name and no address, because Temporal keeps it
// in the workflow's history.
func BookingSubjectOf(b store.Booking) BookingSubject {
	return BookingSubject{
		Reference: b.Reference, HoldExpiresAt: b.HoldExpiresAt, CorrelationID: b.CorrelationID,
		Amount: b.Amount, Flight: b.Flight,
	}
}

// RefundSubjectOf returns what the workflow of a refund is started with. A refund that was made in Stripe's dashboard is identified by
// Stripe's id, any other by ours.
func RefundSubjectOf(r store.Refund) RefundSubject {
	subject := RefundSubject{RefundID: r.ID, Reference: r.Reference, Amount: r.Amount, CorrelationID: r.CorrelationID}
	if r.Origin == booking.RefundFromDashboard {
		subject.RefundID, subject.StripeRefundID = "", r.StripeRefundID
	}
	return subject
}

// EmailWorkflowID returns the id of the workflow that sends an email as one of its steps; empty for an email that a SendMail workflow
// sends.
func EmailWorkflowID(e store.QueuedEmail) string {
	if e.Owner == "" {
		return ""
	}
	switch e.Kind {
	case notice.DisputeOpened, notice.DisputeDue, notice.DisputeClosed:
		return workflows.DisputeWorkflowID(e.Owner)
	case notice.PayoutFailed, notice.PayoutUnproven, notice.PayoutUnknown:
		return workflows.PayoutWorkflowID(e.Owner)
	case notice.Reconciliation:
		return workflows.ReconciliationWorkflowID(e.Owner)
	}
	reference, err := booking.ParseReference(e.Owner)
	if err == nil {
		return workflows.BookingPaymentWorkflowID(reference)
	}
	id, err := booking.ParseRefundID(e.Owner)
	if err == nil {
		return workflows.RefundWorkflowID(cmp.Or(e.StripeRefundID, string(id)))
	}
	return ""
}

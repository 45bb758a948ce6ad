// Package subjects says what Temporal may know of what the books have: no name, no address.
package subjects

import (
	"cmp"

	"farebook/booking"
	"farebook/notice"
	"farebook/starter/dispatch"
	"farebook/store"
	"farebook/workflows"
)

// Booking is the subject of a booking's workflow.
func Booking(b store.Booking) dispatch.BookingSubject {
	return dispatch.BookingSubject{
		Reference: b.Reference, HoldExpiresAt: b.HoldExpiresAt, CorrelationID: b.CorrelationID,
		Amount: b.Amount, Flight: b.Flight,
	}
}

// Refund is the subject of a refund's. The workflow of one that was made in Stripe's dashboard goes by Stripe's id.
func Refund(r store.Refund) dispatch.RefundSubject {
	subject := dispatch.RefundSubject{RefundID: r.ID, Reference: r.Reference, Amount: r.Amount, CorrelationID: r.CorrelationID}
	if r.Origin == booking.RefundFromDashboard {
		subject.RefundID, subject.StripeRefundID = "", r.StripeRefundID
	}
	return subject
}

// EmailOwner is the id of the workflow that sends an email beside its own course; empty when the email has a workflow for itself.
func EmailOwner(e store.QueuedEmail) string {
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
	if reference, err := booking.ParseReference(e.Owner); err == nil {
		return workflows.BookingPaymentWorkflowID(reference)
	}
	if id, err := booking.ParseRefundID(e.Owner); err == nil {
		return workflows.RefundWorkflowID(cmp.Or(e.StripeRefundID, string(id)))
	}
	return ""
}

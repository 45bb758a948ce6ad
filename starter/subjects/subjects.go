// Package subjects says what Temporal may know of what the books have: no name, no address.
package subjects

import (
	"farebook/store"
	"farebook/workflows"
)

// Booking is the subject of a booking's workflow.
func Booking(b store.Booking) workflows.BookingSubject {
	return workflows.BookingSubject{
		Reference: b.Reference, HoldExpiresAt: b.HoldExpiresAt, CorrelationID: b.CorrelationID,
		Amount: b.Amount, Flight: b.Flight,
	}
}

// Refund is the subject of a refund's.
func Refund(r store.Refund) workflows.RefundSubject {
	return workflows.RefundSubject{RefundID: r.ID, Reference: r.Reference, Amount: r.Amount, CorrelationID: r.CorrelationID}
}

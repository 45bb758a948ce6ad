package store

import (
	"fmt"
	"time"

	"farebook/booking"
	"farebook/ledger"
)

// paid confirms or closes a pending booking whose payment succeeded. The time of payment or authorisation at Stripe decides whether it was
// before the departure, never the time of recording: a captured authorisation and a payment that reconciliation finds weeks later are
// judged by the same time, so that no traveller who flew is refunded.
func (r *paymentRecorder) paid(s booking.PaymentSnapshot) error {
	known, err := r.booking.domain()
	if err != nil {
		return err
	}
	departs := known.Flight.DepartsAt
	switch {
	case departs.IsZero(): // rebuilt from Stripe, which does not have the flight: without a departure nothing is refunded
		return r.confirm()
	case s.PaidAfter(departs):
		return r.closeDeparted()
	case s.SettlesLater:
		return r.confirmDebit(s, departs)
	default:
		return r.confirm()
	}
}

// confirmDebit confirms a booking whose bank debit began before the departure. A debit that settled after the departure is shown to an
// operator. The time of settlement is Stripe's, even where the debit is recorded weeks later: that of its event, or the day on which the
// money became available, which is not earlier. Without either, the time of recording counts, and an operator decides.
func (r *paymentRecorder) confirmDebit(s booking.PaymentSnapshot, departs time.Time) error {
	settled := r.succeeded(s)
	if settled.Basis == ledger.ByPosting && s.Balance != nil && !s.Balance.AvailableOn.IsZero() {
		settled.At = s.Balance.AvailableOn
	}
	err := r.confirm()
	if err != nil || !settled.At.After(departs) {
		return err
	}
	return r.markForAttention(AttentionDeparted, s.PaymentIntentID,
		fmt.Sprintf("payment %s began before the departure and settled after it: refund it unless the traveller flew", s.PaymentIntentID))
}

// closeDeparted closes a booking whose flight had departed when it was paid: the payment is late money and is refunded. The refund's emails
// inform the customer; the email about an expired hold would say wrongly that nothing was charged.
func (r *paymentRecorder) closeDeparted() error {
	if err := r.transitionBooking(booking.StatusExpired); err != nil {
		return err
	}
	return r.returnLateMoney()
}

// authorizedTooLate reports whether the payment was authorised after the departure.
func (r *paymentRecorder) authorizedTooLate(s booking.PaymentSnapshot) (bool, error) {
	known, err := r.booking.domain()
	departs := known.Flight.DepartsAt
	return err == nil && !departs.IsZero() && s.PaymentStatus() == booking.PaymentAuthorized && s.PaidAfter(departs), err
}

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
func (p *paymentRecorder) paid(s booking.PaymentSnapshot) error {
	known, err := p.booking.domain()
	if err != nil {
		return err
	}
	departs := known.Flight.DepartsAt
	switch {
	case departs.IsZero(): // rebuilt from Stripe, which does not have the flight: without a departure nothing is refunded
		return p.confirm()
	case s.PaidAfter(departs):
		return p.closeDeparted()
	case s.SettlesLater:
		return p.confirmDebit(s, departs)
	default:
		return p.confirm()
	}
}

// confirmDebit confirms a booking whose bank debit began before the departure. A debit that settled after the departure is shown to an
// operator. The time of settlement is Stripe's, even where the debit is recorded weeks later: that of its event, or the day on which the
// money became available, which is not earlier. Without either, the time of recording counts, and an operator decides.
func (p *paymentRecorder) confirmDebit(s booking.PaymentSnapshot, departs time.Time) error {
	settled, err := p.succeeded(s)
	if err != nil {
		return err
	}
	if settled.Basis == ledger.ByPosting && s.Balance != nil && !s.Balance.AvailableOn.IsZero() {
		settled.At = s.Balance.AvailableOn
	}
	err = p.confirm()
	if err != nil || !settled.At.After(departs) {
		return err
	}
	return p.markForAttention(AttentionDeparted, s.PaymentIntentID,
		fmt.Sprintf("payment %s began before the departure and settled after it: refund it unless the traveller flew", s.PaymentIntentID))
}

// closeDeparted closes a booking whose flight had departed when it was paid: the payment is late money and is refunded. The refund's emails
// inform the customer; the email about an expired hold would say wrongly that nothing was charged.
func (p *paymentRecorder) closeDeparted() error {
	if err := p.transitionBooking(booking.StatusExpired); err != nil {
		return err
	}
	return p.returnLateMoney()
}

// authorizedTooLate reports whether the payment was authorised after the departure.
func (p *paymentRecorder) authorizedTooLate(s booking.PaymentSnapshot) (bool, error) {
	known, err := p.booking.domain()
	departs := known.Flight.DepartsAt
	return err == nil && !departs.IsZero() && s.PaymentStatus() == booking.PaymentAuthorized && s.PaidAfter(departs), err
}

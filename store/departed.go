package store

import (
	"fmt"
	"time"

	"farebook/booking"
	"farebook/ledger"
)

// paid draws the consequence of a payment that succeeded while the booking was open. Stripe's time of payment or authorisation
// decides whether it came before the departure, and never the time at which it is recorded: a capture of an authorisation and a
// payment that reconciliation finds weeks later are judged by the same time, so that nobody who flew is refunded.
func (p *paymentRecorder) paid(s booking.PaymentSnapshot) error {
	known, err := p.booking.domain()
	if err != nil {
		return err
	}
	departs := known.Flight.DepartsAt
	switch {
	case departs.IsZero(): // rebuilt from Stripe, which does not have the flight: nothing is given back for what is not known
		return p.confirm()
	case s.PaidAfter(departs):
		return p.closeDeparted()
	case s.SettlesLater:
		return p.confirmDebit(s, departs)
	default:
		return p.confirm()
	}
}

// confirmDebit confirms a booking whose bank debit began before the departure. One that settled after it is an operator's. When it
// settled, Stripe says, also where it is recorded weeks later: by its event, or by the day on which the money was available, which is
// no earlier. Where Stripe says neither, an operator decides.
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

// closeDeparted closes a booking whose flight had left when it was paid: the payment is late money and goes back. The mails about
// the refund tell the customer; that nothing was charged would be wrong.
func (p *paymentRecorder) closeDeparted() error {
	if err := p.transitionBooking(booking.StatusExpired); err != nil {
		return err
	}
	return p.returnLateMoney()
}

// authorizedTooLate tells an authorisation of a flight that had left.
func (p *paymentRecorder) authorizedTooLate(s booking.PaymentSnapshot) (bool, error) {
	known, err := p.booking.domain()
	departs := known.Flight.DepartsAt
	return err == nil && !departs.IsZero() && s.PaymentStatus() == booking.PaymentAuthorized && s.PaidAfter(departs), err
}

package store

import (
	"fmt"

	"farebook/booking"
)

// paid draws the consequence of a payment that succeeded while the booking was open. Stripe's time of payment or authorisation
// decides whether it came before the departure, and never the time at which it is recorded: a capture of an authorisation and a
// payment that reconciliation finds weeks later are judged by the same time, so that nobody who flew is refunded.
func (p *paying) paid(s booking.PaymentSnapshot) error {
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
	case s.SettlesLater && p.now.After(departs):
		if err := p.confirm(); err != nil {
			return err
		}
		return p.markForAttention(AttentionDeparted, s.PaymentIntentID, fmt.Sprintf("payment %s began before the departure and settled after it: refund it unless the traveller flew",
			s.PaymentIntentID))
	default:
		return p.confirm()
	}
}

// closeDeparted closes a booking whose flight had left when it was paid: the payment is late money and goes back. The mails about
// the refund tell the customer; that nothing was charged would be wrong.
func (p *paying) closeDeparted() error {
	if err := booking.Status(p.booking.Status).To(booking.StatusExpired); err != nil {
		return err
	}
	p.booking.Status = string(booking.StatusExpired)
	err := p.tx.Model(&p.booking).Updates(map[string]any{"status": p.booking.Status, "updated_at": p.now}).Error
	if err != nil {
		return err
	}
	return p.returnLateMoney()
}

// authorizedTooLate tells an authorisation of a flight that had left.
func (p *paying) authorizedTooLate(s booking.PaymentSnapshot) (bool, error) {
	known, err := p.booking.domain()
	departs := known.Flight.DepartsAt
	return err == nil && !departs.IsZero() && s.PaymentStatus() == booking.PaymentAuthorized && s.PaidAfter(departs), err
}

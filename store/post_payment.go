package store

import (
	"errors"

	"gorm.io/gorm"

	"farebook/booking"
	"farebook/ledger"
)

// post writes what the ledger does not have of a payment: its bank debits, and when it has succeeded the payment once, and Stripe's
// fee once, together with it or later. The booking's lock keeps others out meanwhile; idx_ledger_unique_stripe_entry stands behind it.
func (p *paymentRecorder) post(snapshot booking.PaymentSnapshot) error {
	for _, debit := range snapshot.Debits {
		if debit.ChargeID == snapshot.ChargeID && snapshot.PaymentStatus() == booking.PaymentSucceeded {
			continue // the payment itself, whatever its charge says of its status
		}
		if err := p.postDebit(snapshot.PaymentIntentID, debit); err != nil {
			return err
		}
	}
	if snapshot.PaymentStatus() != booking.PaymentSucceeded {
		return nil
	}
	posted, err := p.posted(ledger.TypePayment, snapshot.PaymentIntentID)
	if err != nil {
		return err
	}
	switch {
	case !posted:
		transaction, err := p.paymentOf(snapshot)
		if err != nil {
			return err
		}
		if err := p.insert(transaction); err != nil {
			return err
		}
		return p.postSettled(snapshot)
	case p.payment.FeePosted || snapshot.Balance == nil:
		return nil
	}
	transaction, err := ledger.Fee(snapshot)
	if err != nil {
		return err
	}
	if err := p.insert(transaction); err != nil {
		return err
	}
	return p.postSettled(snapshot)
}

// postSettled posts what belongs to a balance transaction that is in the books now: the part of an authorisation that was
// not captured, which Stripe takes back by a second one.
func (p *paymentRecorder) postSettled(snapshot booking.PaymentSnapshot) error {
	if snapshot.Reversal != nil {
		rest, err := ledger.PartialCapture(snapshot)
		if err != nil {
			return err
		}
		if err := p.insert(rest); err != nil {
			return err
		}
	}
	return p.noteFee(snapshot.Balance != nil)
}

func (p *paymentRecorder) noteFee(posted bool) error {
	if !posted {
		return nil
	}
	p.payment.FeePosted = true
	return p.tx.Model(&p.payment).Updates(map[string]any{"fee_posted": true, "updated_at": p.now}).Error
}

func (b *lockedBooking) posted(kind ledger.Type, paymentIntentID string) (bool, error) {
	var row ledgerRow
	err := b.tx.Select("id").Where("booking_id = ? AND type = ? AND stripe_payment_intent_id = ?",
		b.booking.ID, string(kind), paymentIntentID).Take(&row).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return false, nil
	}
	return err == nil, err
}

package store

import (
	"context"

	"farebook/booking"
	"farebook/store/internal/db"
)

// applyStanding derives payment and booking from where the money is, under their locks: after a refund, a dispute or a cancellation, in
// whatever order these arrived. A booking that was closed before it was paid keeps its status: its late money is due until all of it is
// returned, and is refunded as soon as nothing prevents it.
func (b *lockedBooking) applyStanding() error {
	standing, err := b.standing()
	if err != nil {
		return err
	}
	b.payment.AmountRefunded, b.payment.AmountChargedBack = standing.Refunded, standing.ChargedBack
	if err := b.savePayment("amount_refunded", "amount_charged_back"); err != nil {
		return err
	}
	if standing.Captured > 0 && standing.Refunded+standing.ChargedBack >= standing.Captured { // nothing is owed
		if err := b.settleAttentionWhere("kind = ? AND opened_at < ?", AttentionRefundFailed, b.now); err != nil {
			return err
		}
	}
	if b.late() {
		return b.returnLateMoney()
	}
	current, next := b.booking.Status, standing.Status()
	if current == booking.StatusPendingPayment || current == next {
		return nil // its payment's recording step confirms it first
	}
	return b.transitionBooking(next)
}

func (b *lockedBooking) standing() (booking.Standing, error) {
	refunded, err := b.sumRefunds("status = ?", booking.RefundSucceeded)
	if err != nil {
		return booking.Standing{}, err
	}
	var disputes []disputeRow
	if err := b.tx.Where("booking_id = ?", b.booking.ID).Find(&disputes).Error; err != nil {
		return booking.Standing{}, err
	}
	standing := booking.Standing{Captured: b.payment.AmountCaptured, Refunded: refunded, Cancelled: b.booking.CancelledAt != nil}
	for _, dispute := range disputes {
		status := dispute.Status
		standing.Disputed = standing.Disputed || status.Open()
		if status == booking.DisputeLost {
			standing.ChargedBack += dispute.Amount
		}
	}
	return standing, nil
}

// referenceOfPayment finds the booking of a PaymentIntent, or ErrNotFound.
func (s *Store) referenceOfPayment(ctx context.Context, paymentIntentID string) (booking.Reference, error) {
	var reference string
	err := s.db.WithContext(ctx).Model(&paymentRow{}).Select("b.reference").Joins("JOIN bookings b ON b.id = payments.booking_id").
		Where("stripe_payment_intent_id = ?", paymentIntentID).Take(&reference).Error
	return booking.Reference(reference), db.NotFound(err)
}

// PaymentIntentOfCharge finds the PaymentIntent of a payment's charge, or ErrNotFound.
func (s *Store) PaymentIntentOfCharge(ctx context.Context, chargeID string) (intent string, err error) {
	err = s.db.WithContext(ctx).Model(&paymentRow{}).Select("stripe_payment_intent_id").
		Where("stripe_charge_id = ? AND stripe_charge_id <> ''", chargeID).Take(&intent).Error
	return intent, db.NotFound(err)
}

// PaymentIntentsOfCharges is PaymentIntentOfCharge for many charges. A charge that the books do not know is left out.
func (s *Store) PaymentIntentsOfCharges(ctx context.Context, chargeIDs []string) (map[string]string, error) {
	intents := map[string]string{}
	if len(chargeIDs) == 0 {
		return intents, nil
	}
	var rows []paymentRow
	err := s.db.WithContext(ctx).Select("stripe_charge_id, stripe_payment_intent_id").
		Where("stripe_charge_id IN ? AND stripe_charge_id <> ''", chargeIDs).Find(&rows).Error
	for _, row := range rows {
		intents[row.StripeChargeID] = row.StripePaymentIntentID
	}
	return intents, err
}

// BookingOfPayment reads the booking of a PaymentIntent, or ErrNotFound.
func (s *Store) BookingOfPayment(ctx context.Context, paymentIntentID string) (Booking, error) {
	reference, err := s.referenceOfPayment(ctx, paymentIntentID)
	if err != nil {
		return Booking{}, err
	}
	return s.Booking(ctx, reference)
}

package store

import (
	"slices"
	"time"

	"farebook/ledger"
)

// pastRefund is a refund as it is weighed again: what it was to return, when it was requested, and when it was known to have failed.
type pastRefund struct {
	amount      int64
	requestedAt time.Time
	failedAt    *time.Time // nil if it did not fail, or if its money is not back yet
	left        bool       // its money is out of Stripe's balance
}

// payableByRules is what would be payable of the booking's refunds under this release's rules, in minor units.
func (b *lockedBooking) payableByRules(transactions []LedgerTransaction) (int64, error) {
	var refunds []refundRow
	if err := b.tx.Where("booking_id = ?", b.booking.ID).Order("id").Find(&refunds).Error; err != nil {
		return 0, err
	}
	var past []pastRefund
	for _, refund := range refunds {
		failedAt, err := b.failedAt(refund, transactions)
		if err != nil {
			return 0, err
		}
		past = append(past, pastRefund{
			amount: refund.Amount, requestedAt: refund.CreatedAt, failedAt: failedAt, left: refund.Posted && !refund.FailurePosted,
		})
	}
	return payableOf(past), nil
}

// failedAt is when it was known that the refund failed: a refund that was requested later used what this one had left payable.
func (b *lockedBooking) failedAt(refund refundRow, transactions []LedgerTransaction) (*time.Time, error) {
	switch {
	case refund.FailurePosted:
		at := slices.IndexFunc(transactions, func(t LedgerTransaction) bool {
			return t.Type == ledger.TypeRefundFailure && refund.StripeRefundID != nil && t.ObjectID == *refund.StripeRefundID
		})
		if at < 0 {
			return &refund.UpdatedAt, nil // verify reports it
		}
		return &transactions[at].PostedAt, nil
	case refund.Posted || !slices.Contains(failedRefund, refund.Status):
		return nil, nil
	}
	var opened []time.Time // a failed refund is read again, so its own updated_at may be later
	err := b.tx.Model(&attentionRow{}).Where("booking_id = ?", b.booking.ID).
		Where("kind = ? AND subject = ?", AttentionRefundFailed, refund.RefundID).Order("opened_at").Limit(1).Pluck("opened_at", &opened).Error
	if err != nil || len(opened) == 0 {
		return &refund.UpdatedAt, err
	}
	return &opened[0], nil
}

// payableOf is what would be payable of refunds, by ascending id, if each had been promised when it was requested: those that are to leave
// Stripe's balance, and those that failed, as far as no later refund has returned their money.
func payableOf(refunds []pastRefund) int64 {
	var payable int64
	for i, refund := range refunds {
		unneeded := max(payable-standing(refunds[:i], refund.requestedAt), 0)
		payable += max(refund.amount-unneeded, 0)
	}
	for _, refund := range refunds {
		if refund.left {
			payable -= refund.amount
		}
	}
	return payable
}

// standing is the amount of the refunds that were not known to have failed at a time.
func standing(refunds []pastRefund, at time.Time) int64 {
	var total int64
	for _, refund := range refunds {
		if refund.failedAt == nil || refund.failedAt.After(at) {
			total += refund.amount
		}
	}
	return total
}

package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"farebook/booking"
	"farebook/ledger"
	"farebook/money"
	"farebook/store/internal/db"
)

// DisputeReading is what Stripe says of a dispute now, and the events that made us look. LastLook: waiting any longer for the
// money of one that was won helps nobody.
type DisputeReading struct {
	Snapshot booking.DisputeSnapshot
	EventIDs []string
	LastLook bool
	Now      time.Time
}

// DisputeRecorded is where dispute and booking stand afterwards.
type DisputeRecorded struct {
	Reference     booking.Reference
	Status        booking.DisputeStatus
	BookingStatus booking.Status
	EmailIDs      []uint64  // every mail of the dispute that is queued and not sent yet
	DueBy         time.Time // of the evidence; zero when none is awaited
	// Unreinstated: won, and what was withheld is not back yet.
	Unreinstated bool
	// RefundIDs are refunds of late money that the decision sets free and that Stripe has not been asked for yet.
	RefundIDs []booking.RefundID
}

// RecordDispute is the recording step of a dispute: one transaction that locks booking, payment and dispute, makes the
// guarded transition, posts each balance transaction once and the loss when it is lost, brings the booking where its
// money is, marks the events processed and tells the finance department. Whatever became of the booking, a dispute is
// recorded. Repetition is harmless. Errors: ErrNotFound (its PaymentIntent is no booking's), *booking.IllegalTransition.
func (s *Store) RecordDispute(ctx context.Context, o DisputeReading) (DisputeRecorded, error) {
	reference, err := s.referenceOfPayment(ctx, o.Snapshot.PaymentIntentID)
	if err != nil {
		return DisputeRecorded{}, err
	}
	var recorded DisputeRecorded
	err = s.underLock(ctx, reference, o.Now, func(b *lockedBooking) (err error) {
		d := &disputeRecorder{lockedBooking: b}
		if err := d.load(o.Snapshot); err != nil {
			return err
		}
		recorded, err = d.record(o)
		return err
	})
	return recorded, err
}

// disputeRecorder is one run of a dispute's recording step.
type disputeRecorder struct {
	*lockedBooking
	dispute disputeRow
	fresh   bool
}

func (d *disputeRecorder) load(s booking.DisputeSnapshot) error {
	err := d.tx.Clauses(db.ForUpdate).Where("stripe_dispute_id = ?", s.DisputeID).Take(&d.dispute).Error
	if !errors.Is(err, gorm.ErrRecordNotFound) {
		return err
	}
	d.fresh = true
	d.dispute = disputeRow{
		BookingID: d.booking.ID, StripeDisputeID: s.DisputeID, StripePaymentIntentID: s.PaymentIntentID, Status: string(s.State()),
		Reason: db.Code(s.Reason), Amount: s.Amount, Currency: string(s.Currency), DueBy: db.TimeOrNil(s.DueBy), CreatedAt: d.now, UpdatedAt: d.now,
	}
	return d.tx.Create(&d.dispute).Error
}

func (d *disputeRecorder) record(o DisputeReading) (DisputeRecorded, error) {
	before := booking.DisputeStatus(d.dispute.Status)
	for _, balance := range o.Snapshot.Balances {
		if err := d.post(o.Snapshot, balance); err != nil {
			return DisputeRecorded{}, err
		}
	}
	// What cannot follow what is recorded is older than it.
	next := o.Snapshot.State()
	news := before.To(next) == nil
	if news {
		d.dispute.Status, d.dispute.Amount, d.dispute.DueBy = string(next), o.Snapshot.Amount, db.TimeOrNil(o.Snapshot.DueBy)
		d.dispute.StripeStatus = wordOf(next == booking.DisputeUnknown, string(o.Snapshot.Status))
	}
	if err := d.showUnknown("dispute", o.Snapshot.DisputeID, "status", next == booking.DisputeUnknown, string(o.Snapshot.Status)); err != nil {
		return DisputeRecorded{}, err
	}
	if err := d.chargeBack(o, before); err != nil {
		return DisputeRecorded{}, err
	}
	err := d.tx.Model(&d.dispute).Updates(map[string]any{
		"status": d.dispute.Status, "stripe_status": d.dispute.StripeStatus, "amount": d.dispute.Amount, "due_by": d.dispute.DueBy, "withheld": d.dispute.Withheld,
		"loss": d.dispute.Loss, "loss_postings": d.dispute.LossPostings, "settlement_currency": d.dispute.SettlementCurrency, "updated_at": d.now,
	}).Error
	if err != nil {
		return DisputeRecorded{}, err
	}
	if err := d.applyStanding(); err != nil {
		return DisputeRecorded{}, err
	}
	if news {
		if err := d.notifyFinance(before); err != nil {
			return DisputeRecorded{}, err
		}
	}
	if err := d.markProcessed(o.EventIDs); err != nil {
		return DisputeRecorded{}, err
	}
	return d.result()
}

// post writes one balance transaction of the dispute, once.
func (d *disputeRecorder) post(s booking.DisputeSnapshot, balance booking.BalanceTransaction) error {
	var posted int64
	err := d.tx.Model(&ledgerRow{}).Where("stripe_balance_transaction_id = ? AND booking_id = ?", balance.ID, d.booking.ID).Count(&posted).Error
	if err != nil || posted > 0 {
		return err
	}
	transaction, err := ledger.Dispute(booking.Reference(d.booking.Reference), s, balance)
	if err != nil {
		return err
	}
	d.dispute.Withheld -= balance.Amount
	d.dispute.SettlementCurrency = string(balance.Currency)
	return d.insert(transaction)
}

// chargeBack keeps the loss in the ledger at what it is: what is withheld, once the dispute is lost, or won and given back
// as far as it will be, and else nothing.
func (d *disputeRecorder) chargeBack(o DisputeReading, before booking.DisputeStatus) error {
	var loss int64
	won := booking.DisputeStatus(d.dispute.Status) == booking.DisputeWon
	if booking.DisputeStatus(d.dispute.Status) == booking.DisputeLost || won && d.givenBack(o, before) {
		loss = d.dispute.Withheld
	}
	change := loss - d.dispute.Loss
	if change == 0 {
		return nil
	}
	post := ledger.Chargeback
	if won && d.dispute.Loss == 0 {
		post = ledger.DisputeRest
	}
	d.dispute.Loss, d.dispute.LossPostings = loss, d.dispute.LossPostings+1
	if err := d.showRest(won); err != nil {
		return err
	}
	decided, err := d.decidedLoss(o.Snapshot)
	if err != nil {
		return err
	}
	transaction, err := post(booking.Reference(d.booking.Reference), o.Snapshot, change, money.Currency(d.dispute.SettlementCurrency), d.dispute.LossPostings, decided)
	if err != nil {
		return err
	}
	return d.insert(transaction)
}

// givenBack: no more is awaited of a dispute that was won. What was found so once stays so, also for a snapshot that is
// older.
func (d *disputeRecorder) givenBack(o DisputeReading, before booking.DisputeStatus) bool {
	return o.LastLook || o.Snapshot.Reinstated() || before == booking.DisputeWon && d.dispute.Loss != 0
}

// showRest shows an operator that a dispute was won and gave back other money than it took, for as long as it is so.
func (d *disputeRecorder) showRest(won bool) error {
	if !won || d.dispute.Loss == 0 {
		return d.settleAttention(AttentionDisputeRest, d.dispute.StripeDisputeID)
	}
	rest, compared := d.dispute.Loss, "less"
	if rest < 0 {
		rest, compared = -rest, "more"
	}
	amount := money.Money{Value: rest, Currency: money.Currency(d.dispute.SettlementCurrency)}
	return d.markForAttention(AttentionDisputeRest, d.dispute.StripeDisputeID, fmt.Sprintf("dispute %s was won and gave back %s %s than it took", d.dispute.StripeDisputeID, amount.Format(money.LocaleEN), compared))
}

func (d *disputeRecorder) result() (DisputeRecorded, error) {
	mails, err := queuedMails(d.tx, d.dispute.StripeDisputeID)
	recorded := DisputeRecorded{
		Reference: booking.Reference(d.booking.Reference), Status: booking.DisputeStatus(d.dispute.Status),
		BookingStatus: booking.Status(d.booking.Status), EmailIDs: mails,
	}
	recorded.Unreinstated = recorded.Status == booking.DisputeWon && d.dispute.Withheld != d.dispute.Loss
	if d.dispute.DueBy != nil && recorded.Status.NeedsResponse() {
		recorded.DueBy = *d.dispute.DueBy
	}
	if err == nil && d.booking.RefundDue {
		recorded.RefundIDs, err = d.unaskedRefunds()
	}
	return recorded, err
}

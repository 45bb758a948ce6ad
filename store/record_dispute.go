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
	"farebook/store/internal/journal"
	"farebook/webhook"
)

// DisputeReading is what Stripe reports of a dispute now. EventIDs are the events that caused the reading. LastLook: the money of a won
// dispute that is not back yet is no longer waited for.
type DisputeReading struct {
	Snapshot booking.DisputeSnapshot
	EventIDs []string
	LastLook bool
	Now      time.Time
}

// DisputeRecorded is the state of dispute and booking after the recording step. It is the result of an activity: Temporal's histories
// hold its JSON.
type DisputeRecorded struct {
	Reference     booking.Reference     `json:"reference,omitempty"`
	Status        booking.DisputeStatus `json:"status"`
	BookingStatus booking.Status        `json:"bookingStatus,omitempty"`
	// EmailIDs are the dispute's emails that are queued and not sent yet.
	EmailIDs []uint64 `json:"emailIds,omitempty"`
	// DueBy is when the evidence is due; nil when none is awaited.
	DueBy *time.Time `json:"dueBy,omitempty"`
	// Unreinstated: the dispute is won, and what was withheld is not back yet.
	Unreinstated bool `json:"unreinstated,omitempty"`
	// RefundIDs are refunds of late money that the decision allows and that were not requested from Stripe yet.
	RefundIDs []booking.RefundID `json:"refundIds,omitempty"`
	// Foreign: the disputed payment belongs to no booking. Nothing was recorded.
	Foreign bool `json:"foreign,omitempty"`
}

// RecordDispute is the recording step of a dispute. One transaction locks booking, payment and dispute, makes the guarded transition,
// posts each balance transaction once and the loss when the dispute is lost, moves the booking to the state that follows from its money,
// notifies the finance department and marks the events processed. A dispute is recorded whatever state the booking is in. Repetition is
// harmless. Errors: ErrNotFound (its PaymentIntent belongs to no booking), *booking.IllegalTransitionError.
func (s *Store) RecordDispute(ctx context.Context, reading DisputeReading) (DisputeRecorded, error) {
	reference, err := s.referenceOfPayment(ctx, reading.Snapshot.PaymentIntentID)
	if err != nil {
		return DisputeRecorded{}, err
	}
	var recorded DisputeRecorded
	err = s.underLock(ctx, reference, reading.Now, func(b *lockedBooking) (err error) {
		recorded, _, err = record(&disputeRecorder{lockedBooking: b, reading: reading}, b.events(reading.EventIDs))
		return err
	})
	return recorded, err
}

// disputeRecorder is one run of a dispute's recording step.
type disputeRecorder struct {
	*lockedBooking
	reading DisputeReading
	dispute disputeRow
	// inserted: this run has inserted the row.
	inserted bool
	// before is the state that the row had before this run.
	before booking.DisputeStatus
	// current: the reading is not older than the row.
	current bool
}

// load locks the dispute's row, or inserts it. It never returns a contradiction: a dispute may be about any amount.
func (r *disputeRecorder) load() (*ContradictionError, error) {
	snapshot := r.reading.Snapshot
	err := r.tx.Clauses(db.ForUpdate).Where("stripe_dispute_id = ?", snapshot.DisputeID).Take(&r.dispute).Error
	if !errors.Is(err, gorm.ErrRecordNotFound) {
		return nil, err
	}
	r.inserted = true
	r.dispute = disputeRow{
		BookingID: r.booking.ID, ClientID: r.booking.ClientID, StripeDisputeID: snapshot.DisputeID,
		StripePaymentIntentID: snapshot.PaymentIntentID,
		Status:                snapshot.State(), Reason: db.Code(snapshot.Reason), Amount: snapshot.Amount, Currency: snapshot.Currency,
		DueBy: db.TimeOrNil(snapshot.DueBy), CardBrand: cardBrand(snapshot), CreatedAt: r.now, UpdatedAt: r.now,
	}
	return nil, r.tx.Create(&r.dispute).Error
}

// transition moves the dispute to the state that Stripe reports. A state that cannot follow the recorded one is older, and is ignored.
func (r *disputeRecorder) transition() error {
	snapshot := r.reading.Snapshot
	next := snapshot.State()
	unknown := next == booking.DisputeUnknown
	r.before = r.dispute.Status
	r.current = r.before.To(next) == nil
	if r.current {
		r.dispute.Status, r.dispute.Amount, r.dispute.DueBy = next, snapshot.Amount, db.TimeOrNil(snapshot.DueBy)
		r.dispute.StripeStatus = wordOf(unknown, string(snapshot.Status))
	}
	return r.showUnknown("dispute", snapshot.DisputeID, "status", unknown, string(snapshot.Status))
}

// post writes each of the dispute's balance transactions once, and the loss.
func (r *disputeRecorder) post() error {
	for _, balance := range r.reading.Snapshot.Balances {
		if err := r.postBalance(balance); err != nil {
			return err
		}
	}
	if err := r.postLoss(); err != nil {
		return err
	}
	r.dispute.UpdatedAt, r.dispute.CardBrand = r.now, cardBrand(r.reading.Snapshot)
	return db.Save(r.tx, &r.dispute, "status", "stripe_status", "amount", "due_by", "withheld", "loss", "loss_postings", "settlement_currency",
		"card_brand", "updated_at")
}

// cardBrand is that of the disputed card, as far as its column takes it.
func cardBrand(snapshot booking.DisputeSnapshot) string {
	return db.Truncate(db.Code(snapshot.CardBrand), 32)
}

func (r *disputeRecorder) postBalance(balance booking.BalanceTransaction) error {
	posted, err := journal.Has(r.tx, "stripe_balance_transaction_id = ? AND booking_id = ?", balance.ID, r.booking.ID)
	if err != nil || posted {
		return err
	}
	transaction, err := ledger.Dispute(r.booking.Reference, r.reading.Snapshot, balance)
	if err != nil {
		return err
	}
	r.dispute.Withheld -= balance.Amount
	r.dispute.SettlementCurrency = balance.Currency
	return r.insert(transaction)
}

// postLoss keeps the loss in the ledger at its amount: what is withheld once the dispute is lost, or once it is won and no more of it
// will come back; otherwise zero.
func (r *disputeRecorder) postLoss() error {
	won := r.dispute.Status == booking.DisputeWon
	var loss int64
	if r.dispute.Status == booking.DisputeLost || won && r.givenBack() {
		loss = r.dispute.Withheld
	}
	change := loss - r.dispute.Loss
	if change == 0 {
		return nil
	}
	transactionOf := ledger.Chargeback
	if won && r.dispute.Loss == 0 {
		transactionOf = ledger.DisputeRest
	}
	r.dispute.Loss, r.dispute.LossPostings = loss, r.dispute.LossPostings+1
	if err := r.showRest(won); err != nil {
		return err
	}
	decided, err := r.decidedLoss(r.reading.Snapshot)
	if err != nil {
		return err
	}
	transaction, err := transactionOf(r.booking.Reference, r.reading.Snapshot, change, r.dispute.SettlementCurrency, r.dispute.LossPostings,
		decided)
	if err != nil {
		return err
	}
	if err := r.insert(transaction); err != nil {
		return err
	}
	return r.relieve(&r.dispute, decided.At, decided)
}

// givenBack reports whether no more money of a won dispute is awaited. Once this was found it stays so, also for an older snapshot.
func (r *disputeRecorder) givenBack() bool {
	return r.reading.LastLook || r.reading.Snapshot.Reinstated() || r.before == booking.DisputeWon && r.dispute.Loss != 0
}

// showRest shows an operator a won dispute that returned another amount than it took, for as long as the two differ.
func (r *disputeRecorder) showRest(won bool) error {
	id := r.dispute.StripeDisputeID
	if !won || r.dispute.Loss == 0 {
		return r.settleAttention(AttentionDisputeRest, id)
	}
	rest, compared := r.dispute.Loss, "less"
	if rest < 0 {
		rest, compared = -rest, "more"
	}
	return r.markForAttention(AttentionDisputeRest, id, fmt.Sprintf("dispute %s was won and gave back %s %s than it took",
		id, money.Text(rest, r.dispute.SettlementCurrency), compared))
}

func (r *disputeRecorder) settleBooking() error { return r.applyStanding() }

// notify queues the finance department's emails about the dispute's state. An older snapshot causes none.
func (r *disputeRecorder) notify() error {
	if !r.current {
		return nil
	}
	if r.inserted {
		r.emit(webhook.DisputeOpened, r.dispute.StripeDisputeID, r.disputeData)
	}
	if r.dispute.Status.Closed() && (r.inserted || r.before != r.dispute.Status) {
		r.emit(webhook.DisputeClosed, r.dispute.StripeDisputeID, r.disputeData)
	}
	return r.notifyFinance(r.before)
}

func (r *disputeRecorder) result() (DisputeRecorded, error) {
	emails, err := queuedEmails(r.tx, r.dispute.StripeDisputeID)
	recorded := DisputeRecorded{
		Reference: r.booking.Reference, Status: r.dispute.Status, BookingStatus: r.booking.Status, EmailIDs: emails,
		Unreinstated: r.dispute.Status == booking.DisputeWon && r.dispute.Withheld != r.dispute.Loss,
	}
	if r.dispute.Status.NeedsResponse() {
		recorded.DueBy = r.dispute.DueBy
	}
	if err == nil && r.booking.RefundDue {
		recorded.RefundIDs, err = r.unaskedRefunds()
	}
	return recorded, err
}

// decidedLoss is when a change of a dispute's loss took effect: when the dispute was closed after the previous change, and not before the
// dispute's money moved.
func (r *disputeRecorder) decidedLoss(s booking.DisputeSnapshot) (ledger.Effective, error) {
	before, err := journal.LastEffective(r.tx, r.booking.ID, ledger.TypeChargeback, s.DisputeID+"/")
	if err != nil {
		return ledger.Effective{}, err
	}
	effective, err := r.decided(s.DisputeID, eventDisputeClosed, before)
	for _, balance := range s.Balances {
		effective = effective.NotBefore(balance)
	}
	return effective, err
}

package store

import (
	"context"
	"errors"
	"time"

	"gorm.io/gorm"

	"farebook/booking"
	"farebook/ledger"
	"farebook/money"
	"farebook/notice"
	"farebook/store/internal/db"
)

// PayoutReading is what Stripe says of a payout now, and the events that made us look. Contents are those of an automatic
// one, once they are complete; Large: they are more than were read, and are left to another look. LastLook: waiting any longer
// for what is missing in the ledger makes no sense.
type PayoutReading struct {
	Snapshot booking.PayoutSnapshot
	Contents booking.PayoutContents
	Large    bool
	EventIDs []string
	LastLook bool
	Now      time.Time
}

// PayoutRecorded is where the payout stands afterwards.
type PayoutRecorded struct {
	Status booking.PayoutStatus
	Proof  Proof
	// Unposted: it came back, and Stripe has no balance transaction of that yet.
	Unposted bool
	EmailIDs []uint64 // every mail of the payout that is queued and not sent yet
}

// RecordPayout is the recording step of a payout: one transaction that makes the guarded transition, posts what left
// Stripe's balance and what came back, each once, and holds an automatic payout against its balance transactions.
// Repetition is harmless. Errors: A snapshot older than the recorded state is ignored, so *booking.IllegalTransition is never returned.
func (s *Store) RecordPayout(ctx context.Context, o PayoutReading) (PayoutRecorded, error) {
	var recorded PayoutRecorded
	err := s.db.InTransaction(ctx, func(tx *gorm.DB) error {
		p := &payoutRecorder{tx: tx, now: o.Now}
		if err := p.load(o.Snapshot); err != nil {
			return err
		}
		var err error
		recorded, err = p.record(o)
		return err
	})
	return recorded, err
}

// payoutRecorder is one run of a payout's recording step.
type payoutRecorder struct {
	tx     *gorm.DB
	now    time.Time
	payout payoutRow
}

// load locks the payout's row, or inserts it first: a row that does not exist cannot be locked.
func (p *payoutRecorder) load(s booking.PayoutSnapshot) error {
	query := p.tx.Clauses(db.ForUpdate).Where("stripe_payout_id = ?", s.PayoutID)
	err := query.Take(&p.payout).Error
	if !errors.Is(err, gorm.ErrRecordNotFound) {
		return err
	}
	p.payout = payoutRow{
		StripePayoutID: s.PayoutID, Status: string(s.State()), Amount: s.Amount, Currency: string(s.Currency), Automatic: s.Automatic,
		Proof: string(ProofPending), CreatedAt: p.now, UpdatedAt: p.now,
	}
	return p.tx.Create(&p.payout).Error
}

func (p *payoutRecorder) record(o PayoutReading) (PayoutRecorded, error) {
	before, next := booking.PayoutStatus(p.payout.Status), o.Snapshot.State()
	unknown := next == booking.PayoutUnknown
	if before.To(next) == nil {
		p.payout.Status, p.payout.FailureCode = string(next), db.Code(o.Snapshot.FailureCode)
		p.payout.StripeStatus = wordOf(unknown, string(o.Snapshot.Status))
	}
	word := unknownWord{"payout", p.payout.StripePayoutID, "status", unknown, string(o.Snapshot.Status)}
	if err := word.show(matters{tx: p.tx, now: p.now}); err != nil {
		return PayoutRecorded{}, err
	}
	p.payout.ArrivesAt = db.TimeOrNil(o.Snapshot.ArrivesAt)
	if err := p.post(o.Snapshot); err != nil {
		return PayoutRecorded{}, err
	}
	p.prove(o)
	err := p.tx.Model(&p.payout).Updates(map[string]any{
		"status": p.payout.Status, "stripe_status": p.payout.StripeStatus, "failure_code": p.payout.FailureCode, "arrives_at": p.payout.ArrivesAt, "proof": p.payout.Proof,
		"transactions": p.payout.Transactions, "unmatched": p.payout.Unmatched, "difference": p.payout.Difference,
		"posted": p.payout.Posted, "failure_posted": p.payout.FailurePosted, "updated_at": p.now,
	}).Error
	if err != nil {
		return PayoutRecorded{}, err
	}
	if err := p.notifyFinance(o.Snapshot); err != nil {
		return PayoutRecorded{}, err
	}
	if err := markProcessed(p.tx, o.EventIDs, p.now); err != nil {
		return PayoutRecorded{}, err
	}
	mails, err := queuedMails(p.tx, p.payout.StripePayoutID)
	status := booking.PayoutStatus(p.payout.Status)
	return PayoutRecorded{
		Status: status, Proof: Proof(p.payout.Proof), EmailIDs: mails,
		Unposted: (status == booking.PayoutFailed || status == booking.PayoutCanceled) && p.payout.Posted && !p.payout.FailurePosted,
	}, err
}

func (p *payoutRecorder) post(s booking.PayoutSnapshot) error {
	if s.Balance != nil && !p.payout.Posted {
		transaction, err := ledger.Payout(s)
		if err != nil {
			return err
		}
		if err := insertTransaction(p.tx, p.now, nil, transaction); err != nil {
			return err
		}
		p.payout.Posted = true
	}
	if s.FailureBalance == nil || p.payout.FailurePosted {
		return nil
	}
	transaction, err := ledger.PayoutReversal(s)
	if err != nil {
		return err
	}
	p.payout.FailurePosted = true
	return insertTransaction(p.tx, p.now, nil, transaction)
}

// prove holds an automatic payout against what Stripe says it pays out: all of it adds up to the payout, and the ledger
// knows each balance transaction. What was proven stays so.
func (p *payoutRecorder) prove(o PayoutReading) {
	switch {
	case !o.Snapshot.Automatic:
		p.payout.Proof = string(ProofManual)
		return
	case p.payout.Proof == string(ProofProven) || o.Large:
		return
	}
	difference := o.Contents.Net - o.Snapshot.Amount
	p.payout.Transactions, p.payout.Unmatched, p.payout.Difference = o.Contents.Transactions, o.Contents.Unmatched, difference
	switch {
	case o.Snapshot.Complete && o.Contents.Unmatched == 0 && difference == 0:
		p.payout.Proof = string(ProofProven)
	case o.LastLook:
		p.payout.Proof = string(ProofUnproven)
	}
}

// notifyFinance queues each of the payout's mails once: UNIQUE mail key.
func (p *payoutRecorder) notifyFinance(s booking.PayoutSnapshot) error {
	status := booking.PayoutStatus(p.payout.Status)
	about := notice.PayoutContent{
		ID: p.payout.StripePayoutID, Status: status, FailureCode: p.payout.FailureCode,
		Amount:       money.Money{Value: p.payout.Amount, Currency: money.Currency(p.payout.Currency)},
		Transactions: p.payout.Transactions, Unmatched: p.payout.Unmatched,
	}
	if p.payout.ArrivesAt != nil {
		about.ArrivesAt = *p.payout.ArrivesAt
	}
	tell := func(kind notice.Kind) error {
		return queue(p.tx, p.now, letter{kind: kind, owner: about.ID, occasion: string(kind), content: &notice.Content{Payout: &about}})
	}
	if s.State() == booking.PayoutUnknown {
		about.StripeStatus = db.Code(string(s.Status))
		if err := tell(notice.PayoutUnknown); err != nil {
			return err
		}
	}
	if status == booking.PayoutFailed {
		if err := tell(notice.PayoutFailed); err != nil {
			return err
		}
	}
	if p.payout.Proof == string(ProofUnproven) {
		return tell(notice.PayoutUnproven)
	}
	return nil
}

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
	"farebook/store/internal/journal"
	"farebook/webhook"
)

// PayoutReading is what Stripe reports of a payout now. EventIDs are the events that caused the reading. Contents are those of an
// automatic payout, once they are complete. Large: the payout has more contents than were read, and is proven by a later reading.
// LastLook: balance transactions that the ledger does not have are no longer waited for.
type PayoutReading struct {
	Snapshot booking.PayoutSnapshot
	Contents booking.PayoutContents
	Large    bool
	EventIDs []string
	LastLook bool
	Now      time.Time
}

// PayoutRecorded is the state of a payout after the recording step. It is the result of an activity: Temporal's histories hold its JSON.
type PayoutRecorded struct {
	Status booking.PayoutStatus `json:"status"`
	Proof  Proof                `json:"proof"`
	// Unposted: the payout was returned, and Stripe has no balance transaction of that yet.
	Unposted bool `json:"unposted,omitempty"`
	// EmailIDs are the payout's emails that are queued and not sent yet.
	EmailIDs []uint64 `json:"emailIds,omitempty"`
	// Large: the payout has more contents than one reading takes, and is to be read again with All.
	Large bool `json:"large,omitempty"`
	// Foreign: the payout is not on this Stripe account. Nothing was recorded.
	Foreign bool `json:"foreign,omitempty"`
}

// Awaited reports whether Stripe has still to report something: what the payout is made of, or that it was returned.
func (r PayoutRecorded) Awaited() bool { return r.Proof == ProofPending || r.Unposted }

// RecordPayout is the recording step of a payout. One transaction makes the guarded transition, posts what left Stripe's balance and what
// was returned, each once, compares an automatic payout with its balance transactions, notifies the finance department and marks the
// events processed. Repetition is harmless, and a snapshot older than the recorded state is ignored.
func (s *Store) RecordPayout(ctx context.Context, reading PayoutReading) (PayoutRecorded, error) {
	var recorded PayoutRecorded
	paid := false
	err := s.db.InTransaction(ctx, func(tx *gorm.DB) (err error) {
		events := eventsRead{tx: tx, now: reading.Now, ids: reading.EventIDs}
		r := &payoutRecorder{tx: tx, now: reading.Now, reading: reading}
		recorded, _, err = record(r, events)
		paid = r.paid
		return err
	})
	if err == nil && paid {
		s.AnnounceOperations()
	}
	return recorded, err
}

// payoutRecorder is one run of a payout's recording step.
type payoutRecorder struct {
	tx      *gorm.DB
	now     time.Time
	reading PayoutReading
	payout  payoutRow
	// paid: this run has recorded that the payout was paid.
	paid bool
	// inserted: this run has inserted the row.
	inserted bool
}

// load locks the payout's row, or inserts it. It never returns a contradiction: Stripe alone makes payouts.
func (r *payoutRecorder) load() (*ContradictionError, error) {
	snapshot := r.reading.Snapshot
	err := r.tx.Clauses(db.ForUpdate).Where("stripe_payout_id = ?", snapshot.PayoutID).Take(&r.payout).Error
	if !errors.Is(err, gorm.ErrRecordNotFound) {
		return nil, err
	}
	r.inserted = true
	r.payout = payoutRow{
		StripePayoutID: snapshot.PayoutID, Status: snapshot.State(), Amount: snapshot.Amount, Currency: snapshot.Currency,
		Automatic: snapshot.Automatic, Proof: ProofPending, CreatedAt: r.now, UpdatedAt: r.now,
	}
	return nil, r.tx.Create(&r.payout).Error
}

// transition moves the payout to the state that Stripe reports. A state that cannot follow the recorded one is older, and is ignored.
func (r *payoutRecorder) transition() error {
	snapshot := r.reading.Snapshot
	next := snapshot.State()
	unknown := next == booking.PayoutUnknown
	if r.payout.Status.To(next) == nil {
		r.paid = next == booking.PayoutPaid && (r.inserted || r.payout.Status != next)
		r.payout.Status, r.payout.FailureCode = next, db.Code(snapshot.FailureCode)
		r.payout.StripeStatus = wordOf(unknown, string(snapshot.Status))
	}
	r.payout.ArrivesAt = db.TimeOrNil(snapshot.ArrivesAt)
	if snapshot.TraceStatus != "" {
		r.payout.TraceStatus, r.payout.TraceID = db.OrNil(db.Code(snapshot.TraceStatus)), db.OrNil(db.Truncate(snapshot.TraceID, 255))
	}
	r.prove()
	word := unknownWord{"payout", r.payout.StripePayoutID, "status", unknown, string(snapshot.Status)}
	return word.show(matters{tx: r.tx, now: r.now})
}

// prove compares an automatic payout with the balance transactions that Stripe lists for it: they add up to the payout, and the ledger
// has each. A payout that was proven stays so.
func (r *payoutRecorder) prove() {
	snapshot, contents := r.reading.Snapshot, r.reading.Contents
	switch {
	case !snapshot.Automatic:
		r.payout.Proof = ProofManual
		return
	case r.payout.Proof == ProofProven || r.reading.Large:
		return
	}
	difference := contents.Net - snapshot.Amount
	r.payout.Transactions, r.payout.Unmatched, r.payout.Difference = contents.Transactions, contents.Unmatched, difference
	switch {
	case snapshot.Complete && contents.Unmatched == 0 && difference == 0:
		r.payout.Proof = ProofProven
	case r.reading.LastLook:
		r.payout.Proof = ProofUnproven
	}
}

// post writes what left Stripe's balance and what was returned to it, each once.
func (r *payoutRecorder) post() error {
	snapshot := r.reading.Snapshot
	if snapshot.Balance != nil && !r.payout.Posted {
		transaction, err := ledger.Payout(snapshot)
		if err != nil {
			return err
		}
		if err := journal.Append(r.tx, r.now, nil, transaction); err != nil {
			return err
		}
		r.payout.Posted = true
	}
	if snapshot.FailureBalance != nil && !r.payout.FailurePosted {
		transaction, err := ledger.PayoutReversal(snapshot)
		if err != nil {
			return err
		}
		if err := journal.Append(r.tx, r.now, nil, transaction); err != nil {
			return err
		}
		r.payout.FailurePosted = true
	}
	if err := r.postArrival(); err != nil {
		return err
	}
	r.payout.UpdatedAt = r.now
	return db.Save(r.tx, &r.payout, "status", "stripe_status", "failure_code", "arrives_at", "proof", "transactions", "unmatched",
		"difference", "trace_status", "trace_id",
		"posted", "failure_posted", "updated_at")
}

// settleBooking has nothing to settle: a payout belongs to no booking.
func (*payoutRecorder) settleBooking() error { return nil }

// notify queues the finance department's emails about the payout, each once: UNIQUE email key.
func (r *payoutRecorder) notify() error {
	if r.paid {
		if err := WriteOperationsEvent(r.tx, r.now, webhook.PayoutPaid, r.payout.StripePayoutID, r.eventData()); err != nil {
			return err
		}
	}
	about := r.emailContent()
	var kinds []notice.Kind
	if r.reading.Snapshot.State() == booking.PayoutUnknown {
		about.StripeStatus = db.Code(string(r.reading.Snapshot.Status))
		kinds = append(kinds, notice.PayoutUnknown)
	}
	if r.payout.Status == booking.PayoutFailed {
		kinds = append(kinds, notice.PayoutFailed)
	}
	if r.payout.Proof == ProofUnproven {
		kinds = append(kinds, notice.PayoutUnproven)
	}
	for _, kind := range kinds {
		email := outgoingEmail{kind: kind, owner: about.ID, occasion: string(kind), content: &notice.Content{Payout: &about}}
		if _, err := queue(r.tx, r.now, email); err != nil {
			return err
		}
	}
	return nil
}

func (r *payoutRecorder) eventData() webhook.PayoutData {
	return webhook.PayoutData{Payout: webhook.EventPayout{
		ID: r.payout.StripePayoutID, Status: r.payout.Status, Amount: money.Money{Value: r.payout.Amount, Currency: r.payout.Currency},
		ArrivesAt: r.payout.ArrivesAt,
	}}
}

func (r *payoutRecorder) emailContent() notice.PayoutContent {
	about := notice.PayoutContent{
		ID: r.payout.StripePayoutID, Status: r.payout.Status, FailureCode: r.payout.FailureCode,
		Amount:       money.Money{Value: r.payout.Amount, Currency: r.payout.Currency},
		Transactions: r.payout.Transactions, Unmatched: r.payout.Unmatched,
	}
	if r.payout.ArrivesAt != nil {
		about.ArrivesAt = *r.payout.ArrivesAt
	}
	return about
}

func (r *payoutRecorder) result() (PayoutRecorded, error) {
	emails, err := queuedEmails(r.tx, r.payout.StripePayoutID)
	returned := r.payout.Status == booking.PayoutFailed || r.payout.Status == booking.PayoutCanceled
	return PayoutRecorded{
		Status: r.payout.Status, Proof: r.payout.Proof, EmailIDs: emails,
		Unposted: returned && r.payout.Posted && !r.payout.FailurePosted,
		Large:    r.reading.Large && r.payout.Proof != ProofProven,
	}, err
}

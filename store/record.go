package store

import (
	"fmt"
	"time"

	"gorm.io/gorm"

	"farebook/booking"
)

// ContradictionError means that an object at Stripe contradicts the books: a PaymentIntent over another amount than the booking's price,
// one that is not the booking's, or a refund over another amount. Nothing is posted, and the booking is marked for an operator.
type ContradictionError struct {
	Reference booking.Reference
	Problem   string
}

func (e *ContradictionError) Error() string {
	return fmt.Sprintf("booking %s: %s; nothing was posted, the booking is marked for attention", e.Reference, e.Problem)
}

// recorder is one run of a recording step: the transaction that writes to the books what Stripe reports of a payment, refund, dispute
// or payout. record calls the methods in this order. Each is harmless when repeated, because the row, the ledger's keys and the emails'
// keys say what an earlier run has written.
type recorder[R any] interface {
	// load locks the object's row, or inserts it. A contradiction means that the object contradicts the books: the booking is marked for an
	// operator, and no other method is called.
	load() (*ContradictionError, error)
	// transition moves the row to the state that Stripe reports. A snapshot older than the row leaves it as it is.
	transition() error
	// post appends to the ledger what it does not have of the object yet, and saves the row.
	post() error
	// settleBooking moves the booking to the state that follows from its money.
	settleBooking() error
	// notify queues the emails about what has changed.
	notify() error
	// result is the state of the books afterwards.
	result() (R, error)
}

// eventsRead are Stripe's events that caused a reading. They are marked processed in the transaction that records it.
type eventsRead struct {
	tx  *gorm.DB
	now time.Time
	ids []string
	// with has the rows that are saved with the events; nil where they are marked at once.
	with *unsavedColumns
}

// mark marks the events processed, or leaves that to the end of the transaction.
func (e eventsRead) mark() error {
	if e.with != nil {
		e.with.events = append(e.with.events, e.ids...)
		return nil
	}
	return markProcessed(e.tx, e.ids, e.now)
}

// record runs a recorder.
func record[R any](r recorder[R], events eventsRead) (recorded R, contradiction *ContradictionError, err error) {
	contradiction, err = r.load()
	if err != nil || contradiction != nil {
		return recorded, contradiction, err
	}
	recorded, err = recordLoaded(r, events)
	return recorded, nil, err
}

// recordLoaded runs a recorder whose row is locked already.
func recordLoaded[R any](r recorder[R], events eventsRead) (recorded R, err error) {
	for _, step := range []func() error{r.transition, r.post, r.settleBooking, r.notify} {
		if err := step(); err != nil {
			return recorded, err
		}
	}
	if err := events.mark(); err != nil {
		return recorded, err
	}
	return r.result()
}

// unlessContradiction is what a recording step returns once its transaction has ended. The contradiction is no error inside the
// transaction, whose mark for the operator is committed.
func unlessContradiction[R any](recorded R, contradiction *ContradictionError, err error) (R, error) {
	if err == nil && contradiction != nil {
		var none R
		return none, contradiction
	}
	return recorded, err
}

// markProcessed finds the events by their unique key alone. With the flag in the condition the server may walk the index of all events
// that are not processed yet, and wait for the locks of other bookings.
func markProcessed(tx *gorm.DB, eventIDs []string, now time.Time) error {
	if len(eventIDs) == 0 {
		return nil
	}
	return tx.Model(&eventRow{}).Where("stripe_event_id IN ?", eventIDs).Updates(processedValues(now)).Error
}

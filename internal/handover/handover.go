// Package handover passes a new booking from its request to the worker in the same process, and the result of the booking's first step back
// to the request. The result has the client secret, so it is kept in memory only, and only for a request that waits. It imports booking and
// store.
package handover

import (
	"sync"
	"time"

	"farebook/booking"
	"farebook/store"
)

// Created is the outcome of a booking's first step.
type Created struct {
	// PaymentIntentID is empty when Stripe refused the payment for good.
	PaymentIntentID string
	BookingStatus   booking.Status
	PaymentStatus   booking.PaymentStatus
	// ClientSecret is empty when this attempt found the PaymentIntent in the books and did not ask Stripe.
	ClientSecret string
	// AnswerKept: the request's Answer is stored, in the transaction that stored the PaymentIntent.
	AnswerKept bool
}

// Answer is what a request will answer to an outcome, without the client secret.
type Answer struct {
	Status int
	Body   []byte
}

// Fresh is a booking as its request has just made it, before anybody could change it.
type Fresh struct {
	Booking store.Booking
	// NoFenceAt is when no fence was up; zero where that is not known.
	NoFenceAt time.Time
}

// Request is one that waits for the first step of a booking.
type Request struct {
	// Answer returns what the request will answer to an outcome; nil for a request that stores no answer.
	Answer func(Created) *Answer
	// Fresh is nil for a request that has found its booking in the books.
	Fresh *Fresh
}

// place is where one request waits.
type place struct {
	Request

	outcome chan Created
}

// Desk connects the requests of a process with its worker. The zero value admits nobody; a nil Desk may be used where no request waits.
type Desk struct {
	places  int
	mu      sync.Mutex
	waiting map[booking.Reference]place
}

// NewDesk returns a desk at which that many requests may wait at once.
func NewDesk(places int) *Desk {
	return &Desk{places: places, waiting: map[booking.Reference]place{}}
}

// Expect announces a request that waits for the first step of a booking. It returns false when all places are taken: the request then asks
// the workflow, as it does without a worker in its process. outcome yields the outcome once, or is closed without one, when the step failed
// or another request for the same booking has taken the place. leave must be called when the request waits no longer.
func (d *Desk) Expect(reference booking.Reference, request Request) (outcome <-chan Created, leave func(), admitted bool) {
	if d == nil {
		return nil, func() {}, false
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	_, taken := d.waiting[reference]
	if !taken && len(d.waiting) >= d.places {
		return nil, func() {}, false
	}
	d.dismiss(reference)
	waits := place{request, make(chan Created, 1)}
	d.waiting[reference] = waits
	return waits.outcome, func() { d.leave(reference, waits.outcome) }, true
}

// Answer returns what the request that waits for a booking will answer to an outcome; nil where none waits, or none stores its answer.
func (d *Desk) Answer(reference booking.Reference, outcome Created) *Answer {
	if d == nil {
		return nil
	}
	d.mu.Lock()
	waits := d.waiting[reference]
	d.mu.Unlock()
	if waits.Answer == nil {
		return nil
	}
	return waits.Answer(outcome)
}

// Take returns the booking of the request that waits, once: a further attempt reads what became of it.
func (d *Desk) Take(reference booking.Reference) (Fresh, bool) {
	if d == nil {
		return Fresh{}, false
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	waits := d.waiting[reference]
	if waits.Fresh == nil {
		return Fresh{}, false
	}
	fresh := *waits.Fresh
	waits.Fresh = nil
	d.waiting[reference] = waits
	return fresh, true
}

func (d *Desk) leave(reference booking.Reference, outcome chan Created) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.waiting[reference].outcome == outcome {
		delete(d.waiting, reference)
	}
}

// Give hands the outcome to the request that waits for it. Without one it drops the outcome, which is in the books.
func (d *Desk) Give(reference booking.Reference, outcome Created) {
	if d == nil {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if one, waits := d.waiting[reference]; waits {
		one.outcome <- outcome // has room: each place gets one outcome
		d.dismiss(reference)
	}
}

// Fail sends the request away that waits for a booking, because an attempt has failed.
func (d *Desk) Fail(reference booking.Reference) {
	if d == nil {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.dismiss(reference)
}

func (d *Desk) dismiss(reference booking.Reference) {
	if one, waits := d.waiting[reference]; waits {
		delete(d.waiting, reference)
		close(one.outcome)
	}
}

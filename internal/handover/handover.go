// Package handover passes the result of a booking's first step from the worker to the request that waits for it in the same process. The
// result has the client secret, so it is kept in memory only, and only for a request that waits. It imports booking.
package handover

import (
	"sync"

	"farebook/booking"
)

// Created is the outcome of a booking's first step.
type Created struct {
	// PaymentIntentID is empty when Stripe refused the payment for good.
	PaymentIntentID string
	BookingStatus   booking.Status
	PaymentStatus   booking.PaymentStatus
	// ClientSecret is empty when this attempt found the PaymentIntent in the books and did not ask Stripe.
	ClientSecret string
}

// Desk connects the requests of a process with its worker. The zero value admits nobody; a nil Desk may be used where no request waits.
type Desk struct {
	places  int
	mu      sync.Mutex
	waiting map[booking.Reference]chan Created
}

// NewDesk returns a desk at which that many requests may wait at once.
func NewDesk(places int) *Desk {
	return &Desk{places: places, waiting: map[booking.Reference]chan Created{}}
}

// Expect announces a request that waits for the first step of a booking. It returns false when all places are taken: the request then asks
// the workflow, as it does without a worker in its process. outcome yields the outcome once, or is closed without one, when the step failed
// or another request for the same booking has taken the place. leave must be called when the request waits no longer.
func (d *Desk) Expect(reference booking.Reference) (outcome <-chan Created, leave func(), admitted bool) {
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
	place := make(chan Created, 1)
	d.waiting[reference] = place
	return place, func() { d.leave(reference, place) }, true
}

func (d *Desk) leave(reference booking.Reference, place chan Created) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.waiting[reference] == place {
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
	if place, waits := d.waiting[reference]; waits {
		place <- outcome // has room: each place gets one outcome
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

// Waiting returns how many requests wait.
func (d *Desk) Waiting() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.waiting)
}

func (d *Desk) dismiss(reference booking.Reference) {
	if place, waits := d.waiting[reference]; waits {
		delete(d.waiting, reference)
		close(place)
	}
}

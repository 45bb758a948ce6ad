package inbox

import (
	"context"

	"farebook/booking"
	"farebook/internal/failpoint"
	"farebook/internal/logging"
	"farebook/store"
	"farebook/workflows"
)

// Delivery is one request that delivers an event, once the event is stored.
type Delivery struct {
	// Processed: no workflow has to be notified, because the event was processed before, or because its Note says why.
	Processed bool

	inbox *Inbox
	event Event
	known bool // an earlier delivery has stored the event
	slot  bool // a slot is taken, which HandOn gives back

	attempts int // of a known event
}

// Deliver stores an event under its id, so that a second delivery is harmless. Unless the delivery is Processed, call HandOn. A new event
// is stored as one whose first attempt has begun, so that HandOn need not write that; while maxConcurrent events are being processed, it is
// stored as received and left to the sweeper.
func (i *Inbox) Deliver(ctx context.Context, e Event) (Delivery, error) {
	d := Delivery{inbox: i, event: e}
	state := store.EventReceived
	select {
	case i.slots <- struct{}{}:
		d.slot, state = true, store.EventProcessing
	default:
	}
	receipt, err := i.receive(ctx, e, state)
	d.Processed, d.known, d.attempts = receipt.Processed, receipt.Known, receipt.Attempts
	if err != nil || d.Processed {
		d.release()
	}
	return d, err
}

func (d *Delivery) release() {
	if d.slot {
		<-d.inbox.slots
		d.slot = false
	}
}

// HandOn notifies the event's workflow, and returns once it has, so that nothing is left to do when Stripe is answered. It waits for
// answerPatience at most, and not at all while Temporal has let a request wait that long and has answered none since: the attempt then
// continues in the background, and the stored event is enough for the sweeper. The slots bound the requests that wait.
func (d *Delivery) HandOn(ctx context.Context) {
	i, e := d.inbox, d.event
	if !d.slot {
		i.Log.WarnContext(logging.As(ctx, service), "too many events at once: this one is left to the sweeper", "eventId", e.ID)
		return
	}
	ended := make(chan struct{})
	i.group.Go(func() {
		defer close(ended)
		defer d.release()
		working, cancel := context.WithTimeout(store.WithoutPatience(logging.As(context.WithoutCancel(ctx), service)), timeout)
		defer cancel()
		err := d.attempt(working)
		if err != nil {
			i.Log.WarnContext(working, "event not handed on; the sweeper tries again", "eventId", e.ID, "type", e.Type, "error", err)
			return
		}
		i.slow.Store(false)
	})
	if !i.slow.Load() {
		i.await(ctx, ended)
	}
}

// await returns once an attempt has ended, or answerPatience is over.
func (i *Inbox) await(ctx context.Context, ended <-chan struct{}) {
	waiting, cancel := context.WithTimeout(ctx, i.answerPatience)
	defer cancel()
	select {
	case <-ended:
	case <-waiting.Done():
		i.slow.Store(true)
		failpoint.Hit("webhook-before-late-answer")
	}
}

// attempt begins an attempt unless the event's row says that it has begun.
func (d *Delivery) attempt(ctx context.Context) error {
	if d.known {
		return d.inbox.Process(ctx, d.event, d.attempts)
	}
	return d.inbox.handOn(ctx, d.event, 0, d.inbox.routeNew)
}

// routeNew is route for an event that was just stored. It signals the workflow of the booking that the event's metadata name, if that
// workflow runs, without reading the books. Metadata can be edited: a workflow that does not have the PaymentIntent leaves the event of
// another booking as it is, and the sweeper routes it by the books.
func (i *Inbox) routeNew(ctx context.Context, e Event) (outcome, error) {
	named, err := i.namesBooking(ctx, e)
	if err != nil {
		return outcome{}, err
	}
	if named != "" {
		running, err := i.Dispatch.SignalStripeEvent(ctx, named, workflows.StripeEvent{
			EventID: e.ID, Type: e.Type, PaymentIntentID: e.Subject.PaymentIntentID,
		})
		if running || err != nil {
			return outcome{}, err
		}
	}
	return i.route(ctx, e)
}

// namesBooking returns the reference in the metadata of a payment's event that this installation has created; empty for any other event.
func (i *Inbox) namesBooking(ctx context.Context, e Event) (booking.Reference, error) {
	subject := e.Subject
	if e.Note != "" || subject.owner != payment || subject.PaymentIntentID == "" || subject.InstallationID == "" {
		return "", nil
	}
	ours, err := i.Store.Installation(ctx)
	if err != nil || subject.InstallationID != ours.ID {
		return "", err
	}
	return subject.Reference, nil
}

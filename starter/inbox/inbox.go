// Package inbox is where Stripe's events come in: each is stored, acknowledged, and then handed to the workflow that owns
// it. What was stored and not processed, whatever died in between, is found by the sweeper.
package inbox

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"farebook/internal/correlation"
	"farebook/internal/failpoint"
	"farebook/internal/logging"
	"farebook/internal/stripeapi"
	"farebook/internal/wait"
	"farebook/starter/dispatch"
	"farebook/store"
)

// service is what the inbox calls itself in the log.
const service = "inbox"

const (
	// atOnce bounds the events that are handed on beside one another; more wait for the sweeper. Each takes a database
	// connection and a call to Temporal for some milliseconds.
	atOnce = 32
	// handingOn is how long one event may take.
	handingOn = 30 * time.Second
	// sweepPage bounds what one sweep takes on.
	sweepPage = 100
	// longestWait bounds the pause before an event is looked at again.
	longestWait = 6 * time.Hour
)

// Inbox takes events in and hands them on. Make it with New.
type Inbox struct {
	Store    *store.Store
	Dispatch *dispatch.Client
	Stripe   *stripeapi.Client
	// Unbooked says why an event about a payment that no booking has is not ours; nil where nobody is asked.
	Unbooked Unbooked
	Log      *slog.Logger

	patience time.Duration
	slots    chan struct{}
	group    sync.WaitGroup
}

// Unbooked says whose a payment is that no booking has, named by its charge or its PaymentIntent: a note, or nothing.
type Unbooked interface {
	NoteOf(ctx context.Context, chargeID, paymentIntentID string) (string, error)
}

// New makes an inbox whose sweeper runs every interval.
func New(books *store.Store, w *dispatch.Client, stripe *stripeapi.Client, interval time.Duration, log *slog.Logger) *Inbox {
	return &Inbox{Store: books, Dispatch: w, Stripe: stripe, Log: log, patience: 2 * interval, slots: make(chan struct{}, atOnce)}
}

// Receive stores what is kept of an event. processed is true when nothing is to be done about it: it was dealt with before, or its type
// is one that is only kept, or it is about nothing of ours.
func (i *Inbox) Receive(ctx context.Context, e Event) (processed bool, err error) {
	if e.Created == 0 {
		e.Created = i.Store.Now().Unix()
	}
	return i.Store.ReceiveEvent(ctx, e.row(), e.Note(), i.patience)
}

// Later hands an event on in the background, so that Stripe is answered first. With all hands full the event is left to
// the sweeper.
func (i *Inbox) Later(ctx context.Context, e Event) {
	select {
	case i.slots <- struct{}{}:
	default:
		i.Log.WarnContext(logging.As(ctx, service), "many events at once: this one waits for the sweeper", "eventId", e.ID)
		return
	}
	ctx = logging.As(context.WithoutCancel(ctx), service)
	i.group.Go(func() {
		defer func() { <-i.slots }()
		ctx, cancel := context.WithTimeout(ctx, handingOn)
		defer cancel()
		if err := i.Process(ctx, e, 0); err != nil {
			i.Log.WarnContext(ctx, "event not handed on, the sweeper tries again", "eventId", e.ID, "type", e.Type, "error", err)
		}
	})
}

// Process hands an event to the workflow that owns it. Harmless when repeated: the workflow reads the object again at
// Stripe, and records nothing twice. attempts is how often it was tried before.
func (i *Inbox) Process(ctx context.Context, e Event, attempts int) error {
	if id := e.CorrelationID(); id != "" {
		ctx = correlation.With(ctx, id)
	}
	if err := i.Store.BeginEvent(ctx, e.ID, i.Store.Now().Add(i.pause(attempts))); err != nil {
		return err
	}
	failpoint.Hit("webhook-before-signal")
	note, err := i.tell(ctx, e)
	aside := err == nil && (e.NotOurs != "" || notOurs[note])
	if aside {
		err = i.setAside(ctx, e, note, attempts)
	}
	if err != nil {
		if failErr := i.Store.FailEvent(context.WithoutCancel(ctx), e.ID, err.Error()); failErr != nil {
			i.Log.WarnContext(ctx, "failed attempt at an event not noted", "eventId", e.ID, "error", failErr)
		}
		return err
	}
	switch {
	case aside:
		return nil
	case note != "":
		return i.Store.MarkEventProcessed(ctx, e.ID, note)
	}
	failpoint.Hit("webhook-after-signal")
	return nil
}

// whose explains an event about a payment that no booking has, where it can be explained.
func (i *Inbox) whose(ctx context.Context, e Event, note string) (string, error) {
	if i.Unbooked == nil {
		return note, nil
	}
	explained, err := i.Unbooked.NoteOf(ctx, e.chargeID(), e.paymentIntentID())
	return cmp.Or(explained, note), err
}

// pause doubles with each attempt.
func (i *Inbox) pause(attempts int) time.Duration {
	wait := i.patience
	for range attempts {
		if wait *= 2; wait >= longestWait {
			return longestWait
		}
	}
	return wait
}

// Sweep hands on what was stored and not processed and is due, and returns how many events that were. What has used up its attempts
// is given up, and waits for an operator.
func (i *Inbox) Sweep(ctx context.Context) (int, error) {
	if err := errors.Join(i.wake(ctx), i.giveUp(ctx)); err != nil {
		return 0, err
	}
	due, err := i.Store.DueEvents(ctx, i.Store.Now(), sweepPage)
	if err != nil {
		return 0, err
	}
	for _, stored := range due {
		if err := i.Again(ctx, stored); err != nil {
			i.Log.WarnContext(ctx, "event not handed on", "eventId", stored.ID, "type", stored.Type, "attempts", stored.Attempts+1, "error", err)
		}
	}
	return len(due), nil
}

// giveUp says of events that no workflow has recorded, however often it was told, that they have failed: an error in the log, and
// the reason in the inbox. Each is given up once: the row's own condition lets one sweeper do it.
func (i *Inbox) giveUp(ctx context.Context) error {
	spent, err := i.Store.SpentEvents(ctx, i.Store.Now(), sweepPage)
	if err != nil {
		return err
	}
	for _, stored := range spent {
		reason := fmt.Sprintf("tried %d times: %s", stored.Attempts, stored.LastError)
		if stored.LastError == "" {
			reason = fmt.Sprintf("handed on %d times, and its workflow never recorded it: see %s in the Temporal UI", stored.Attempts, i.toldWorkflow(ctx, stored))
		}
		given, err := i.Store.GiveUpEvent(ctx, stored.ID, reason)
		if err != nil {
			return err
		}
		if given {
			i.Log.ErrorContext(ctx, "an event of Stripe's could not be processed and waits for a person: `starter events retry` or `starter events ignore`",
				"eventId", stored.ID, "type", stored.Type, "objectId", stored.ObjectID, "attempts", stored.Attempts, "reason", reason)
		}
	}
	return nil
}

// Again hands a stored event on. One whose payload cannot be read, or that is of the other mode, was checked when it came.
func (i *Inbox) Again(ctx context.Context, stored store.Event) error {
	e, err := FromRow(stored)
	if err != nil {
		again := i.Store.Now().Add(i.pause(stored.Attempts))
		return errors.Join(i.Store.BeginEvent(ctx, stored.ID, again), i.Store.FailEvent(ctx, stored.ID, "the stored event "+err.Error()))
	}
	ctx, cancel := context.WithTimeout(ctx, handingOn)
	defer cancel()
	return i.Process(ctx, e, stored.Attempts)
}

// Run sweeps until ctx ends.
func (i *Inbox) Run(ctx context.Context) {
	wait.Every(logging.As(ctx, service), i.patience/2, func(ctx context.Context) {
		_, err := i.Sweep(ctx)
		if err != nil && ctx.Err() == nil {
			i.Log.WarnContext(ctx, "the inbox could not be swept", "error", err)
		}
	})
}

// Wait ends when every event that was taken on has been handed on, or given to the sweeper.
func (i *Inbox) Wait() { i.group.Wait() }

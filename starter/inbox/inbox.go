// Package inbox receives Stripe's events: it stores each one, and hands it to the workflow that handles it before Stripe is answered,
// unless Temporal is slow. An event goes one way: Parse reads it into an Event with its Subject, resolve finds the Subject's refund or
// booking, notify signals the workflow, conclude writes the row. The sweeper repeats this for every event that is stored and
// not processed.
//
// It imports store, internal/, starter/dispatch and no other package of starter, workflows for the names of signals, access and
// booking.
package inbox

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"farebook/internal/correlation"
	"farebook/internal/failpoint"
	"farebook/internal/stripeapi"
	"farebook/starter/dispatch"
	"farebook/store"
)

// service is the inbox's name in the log.
const service = "inbox"

const (
	// maxConcurrent bounds the events that are processed at once; the sweeper takes the others. Each takes a database connection and a
	// call to Temporal for some milliseconds.
	maxConcurrent = 32
	// answerPatience is how long Stripe's answer waits until the event's workflow is notified.
	answerPatience = time.Second
	// timeout bounds the processing of one event.
	timeout = 30 * time.Second
	// maxPause bounds the pause before the next attempt at an event.
	maxPause = 6 * time.Hour
)

// Inbox receives and processes events. Create it with New.
type Inbox struct {
	Store    *store.Store
	Dispatch *dispatch.Client
	Stripe   *stripeapi.Client
	// Unbooked explains events about payments without a booking; nil where nothing explains them.
	Unbooked Unbooked
	Log      *slog.Logger

	firstPause time.Duration // how long an event is left to the request that delivered it
	slots      chan struct{}
	group      sync.WaitGroup
	// answerPatience is the constant, which tests change.
	answerPatience time.Duration
	// slow: a request has waited for answerPatience, and no attempt has succeeded since.
	slow atomic.Bool
}

// Unbooked says which other integration made a payment without a booking, by its charge or its PaymentIntent; either id may be empty.
// It returns a note, or "" where it knows none.
type Unbooked interface {
	NoteOf(ctx context.Context, chargeID, paymentIntentID string) (string, error)
}

// New returns an inbox whose sweeper runs every interval.
func New(books *store.Store, dispatcher *dispatch.Client, stripe *stripeapi.Client, interval time.Duration, log *slog.Logger) *Inbox {
	return &Inbox{
		Store: books, Dispatch: dispatcher, Stripe: stripe, Log: log, firstPause: 2 * interval, slots: make(chan struct{}, maxConcurrent),
		answerPatience: answerPatience,
	}
}

// receive stores an event under its id, in a state unless it is about somebody else's object.
func (i *Inbox) receive(ctx context.Context, e Event, state store.EventState) (store.Receipt, error) {
	if e.Created == 0 {
		e.Created = i.Store.Now().Unix()
	}
	row := e.row()
	if !e.NotOurs {
		row.State = state
	}
	return i.Store.ReceiveEvent(ctx, row, e.Note, i.firstPause)
}

// Wait returns when every event that a Delivery has handed on has been processed or left to the sweeper.
func (i *Inbox) Wait() { i.group.Wait() }

// Process counts an attempt in an event's row and hands the event on; attempts is the number of earlier attempts. Where another process
// has counted this attempt, it does nothing.
func (i *Inbox) Process(ctx context.Context, e Event, attempts int) error {
	begun, err := i.begin(ctx, e.ID, attempts)
	if err != nil || !begun {
		return err
	}
	return i.handOn(ctx, e, attempts, i.route)
}

// begin counts an attempt, and reports whether it is this process's.
func (i *Inbox) begin(ctx context.Context, id string, attempts int) (bool, error) {
	return i.Store.BeginEvent(ctx, id, attempts, i.Store.Now().Add(i.pause(attempts)))
}

// handOn routes an event and writes the outcome to its row. A repetition is harmless, because the workflow reads the object at Stripe and
// records nothing twice. An error is recorded in the row, and the sweeper tries again.
func (i *Inbox) handOn(ctx context.Context, e Event, attempts int, route func(context.Context, Event) (outcome, error)) error {
	if e.Subject.CorrelationID != "" {
		ctx = correlation.With(ctx, e.Subject.CorrelationID)
	}
	failpoint.Hit("webhook-before-signal")
	result, err := route(ctx, e)
	if err == nil {
		err = i.conclude(ctx, e, result, attempts)
	}
	if err == nil {
		return nil
	}
	failErr := i.Store.LeaveEvent(context.WithoutCancel(ctx), e.ID, err.Error())
	if failErr != nil {
		i.Log.WarnContext(ctx, "the failed attempt at an event was not recorded", "eventId", e.ID, "error", failErr)
	}
	return err
}

// pause returns how long to wait before the next attempt. It doubles with each attempt.
func (i *Inbox) pause(attempts int) time.Duration {
	pause := i.firstPause
	for range attempts {
		pause *= 2
		if pause >= maxPause {
			return maxPause
		}
	}
	return pause
}

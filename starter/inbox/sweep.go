package inbox

import (
	"context"
	"errors"
	"fmt"

	"farebook/internal/logging"
	"farebook/internal/wait"
	"farebook/store"
)

// sweepPage bounds the events of one sweep.
const sweepPage = 100

// Run sweeps every interval until ctx ends.
func (i *Inbox) Run(ctx context.Context) {
	sweep := func(ctx context.Context) error {
		_, err := i.Sweep(ctx)
		return err
	}
	wait.Repeat(logging.As(ctx, service), i.firstPause/2, i.Log, "the sweep of unprocessed events failed; the next one continues", sweep)
}

// Sweep processes up to sweepPage events that are due, and returns their number. An event whose attempts are used up is left to an
// operator. An error of one event is recorded in its row and does not end the sweep.
func (i *Inbox) Sweep(ctx context.Context) (int, error) {
	err := errors.Join(i.wake(ctx), i.giveUp(ctx))
	if err != nil {
		return 0, err
	}
	due, err := i.Store.DueEvents(ctx, i.Store.Now(), sweepPage)
	if err != nil {
		return 0, err
	}
	for _, stored := range due {
		err := i.Again(ctx, stored)
		if err != nil {
			i.Log.WarnContext(ctx, "event not handed on", "eventId", stored.ID, "type", stored.Type, "attempts", stored.Attempts+1, "error", err)
		}
	}
	return len(due), nil
}

// Again processes a stored event. Parse accepted its payload when it came, so one that Parse refuses now counts as a failed attempt.
func (i *Inbox) Again(ctx context.Context, stored store.Event) error {
	e, err := FromRow(stored)
	if err != nil {
		begun, beginErr := i.begin(ctx, stored.ID, stored.Attempts)
		if beginErr != nil || !begun {
			return beginErr
		}
		return i.Store.FailEvent(ctx, stored.ID, "the stored event "+err.Error())
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	return i.Process(ctx, e, stored.Attempts)
}

// giveUp marks as failed the events whose attempts are used up, and reports each in the log. The row's condition lets one sweeper do so
// once.
func (i *Inbox) giveUp(ctx context.Context) error {
	spent, err := i.Store.SpentEvents(ctx, i.Store.Now(), sweepPage)
	if err != nil {
		return err
	}
	for _, stored := range spent {
		reason := fmt.Sprintf("tried %d times: %s", stored.Attempts, stored.LastError)
		if stored.LastError == "" {
			reason = fmt.Sprintf("handed on %d times, and its workflow never recorded it: see %s in the Temporal UI", stored.Attempts,
				i.workflowOf(ctx, stored))
		}
		given, err := i.Store.GiveUpEvent(ctx, stored.ID, reason)
		if err != nil {
			return err
		}
		if given {
			i.Log.ErrorContext(ctx, "an event could not be processed and needs an operator: `starter events retry` or `starter events ignore`",
				"eventId", stored.ID, "type", stored.Type, "objectId", stored.ObjectID, "attempts", stored.Attempts, "reason", reason)
		}
	}
	return nil
}

package activities

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"go.temporal.io/sdk/temporal"

	"farebook/internal/failpoint"
	"farebook/internal/stripeapi"
	"farebook/store"
)

// Inbox are the activities that tell the inbox what became of the events that it handed on.
type Inbox struct {
	Store *store.Store
	Log   *slog.Logger
}

// EventsFailed names events that a run could not record, and why.
type EventsFailed struct {
	WorkflowID string   `json:"workflowId"`
	EventIDs   []string `json:"eventIds"`
	Reason     string   `json:"reason"`
}

// NoteEventsFailed marks events as failed that a run ends without having recorded, with the reason, and raises an alarm in the log. The
// sweeper hands them on again until their attempts are used up. Harmless when repeated: an event that is processed is left alone.
func (i *Inbox) NoteEventsFailed(ctx context.Context, in EventsFailed) error {
	failpoint.Hit("before-note-events-failed")
	if err := i.Store.FailEvents(ctx, in.EventIDs, in.WorkflowID+": "+in.Reason); err != nil {
		return storeError(err)
	}
	i.Log.ErrorContext(ctx, "events of Stripe's could not be recorded", "workflowId", in.WorkflowID, "eventIds", in.EventIDs, "reason", in.Reason)
	return nil
}

// notFoundPatience is how long after its event an object may be missing at Stripe: Stripe can be behind its own events.
const notFoundPatience = 5 * time.Minute

// absence is an object that Stripe does not find.
type absence struct {
	object   string // "payout po_1"
	known    bool   // to the books: then it is there, and Stripe is asked with another account's key
	eventIDs []string
}

// absent decides about an object that Stripe does not find. One that the books know is asked for until Stripe has it, like a call
// that Stripe refuses for its key: nothing else can be right. One that only events tell of is asked for until the last of them is
// notFoundPatience old; then they are set aside as not ours, and absent returns nil. The pauses are those of the step's policy.
// Harmless when repeated: the time of the events decides, and not how often it was asked.
func absent(ctx context.Context, books *store.Store, log *slog.Logger, a absence, failure error) error {
	if a.known {
		reason := "Stripe does not have " + a.object + ", which the books know: is STRIPE_SECRET_KEY of another account?"
		log.ErrorContext(ctx, "an object of ours is not at Stripe", "object", a.object, "error", failure)
		if err := books.FailEvents(ctx, a.eventIDs, reason); err != nil {
			return storeError(err)
		}
		return notAtStripe(reason)
	}
	received, err := books.EventsReceived(ctx, a.eventIDs)
	if err != nil {
		return storeError(err)
	}
	if books.Now().Sub(received) < notFoundPatience {
		return notAtStripe("Stripe does not have " + a.object + " yet")
	}
	log.WarnContext(ctx, "events set aside: Stripe does not have their object", "object", a.object, "eventIds", a.eventIDs)
	return storeError(books.SetAside(ctx, a.eventIDs, "Stripe does not have "+a.object))
}

func notAtStripe(reason string) error { return temporal.NewApplicationError(reason, NotAtStripe) }

// isAbsent tells whether Stripe does not find an object.
func isAbsent(err error) bool { return stripeapi.IsKind(err, stripeapi.NotFound) }

// second is the error of a look-up whose finding does not matter.
func second[T any](_ T, err error) error { return err }

// inBooks tells whether a look-up in the books found something.
func inBooks(err error) (bool, error) {
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// nameOf an object is what people read: "payout po_1".
func nameOf(kind, id string) string { return fmt.Sprintf("%s %s", kind, id) }

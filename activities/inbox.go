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

// Inbox are the activities that report to the inbox what became of the events that it dispatched.
type Inbox struct {
	Store *store.Store
	Log   *slog.Logger
}

// EventsFailed names events that a workflow run could not record, and why.
type EventsFailed struct {
	WorkflowID string   `json:"workflowId"`
	EventIDs   []string `json:"eventIds"`
	Reason     string   `json:"reason"`
}

// NoteEventsFailed marks events as failed that a workflow run has not recorded when it ends, and logs an error with the reason. The sweeper
// dispatches them again until their attempts are used up. Harmless when repeated: a processed event is left as it is.
func (i *Inbox) NoteEventsFailed(ctx context.Context, in EventsFailed) error {
	failpoint.Hit("before-note-events-failed")
	if err := i.Store.FailEvents(ctx, in.EventIDs, in.WorkflowID+": "+in.Reason); err != nil {
		return storeError(err)
	}
	i.Log.ErrorContext(ctx, "events from Stripe could not be recorded", "workflowId", in.WorkflowID, "eventIds", in.EventIDs,
		"reason", in.Reason)
	return nil
}

// notFoundPatience is how long after its event an object may be missing at Stripe: reads can be behind events.
const notFoundPatience = 5 * time.Minute

// absence is an object that Stripe does not have.
type absence struct {
	object   string // "payout po_1"
	known    bool   // to the books: the object exists, so the secret key is of another account
	eventIDs []string
}

// absent decides about an object that Stripe does not have. One that the books know is read again until Stripe has it, like a call that
// Stripe refuses for its secret key. One that only events name is read again until the last of them is notFoundPatience old; then the
// events are set aside as not ours, and absent returns nil. The step's retry policy sets the pauses. Harmless when repeated: the time of
// the events decides, and not the number of attempts.
func absent(ctx context.Context, books *store.Store, log *slog.Logger, a absence, failure error) error {
	if a.known {
		reason := "Stripe does not have " + a.object + ", which the books know. Check that STRIPE_SECRET_KEY is of the right account"
		log.ErrorContext(ctx, "object in the books is missing at Stripe", "object", a.object, "error", failure)
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

// isAbsent reports whether Stripe does not have the object.
func isAbsent(err error) bool { return stripeapi.IsKind(err, stripeapi.NotFound) }

// second is the error of a query whose value is not needed.
func second[T any](_ T, err error) error { return err }

// inBooks reports whether a query of the books found a row.
func inBooks(err error) (bool, error) {
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// nameOf is an object as people read it: "payout po_1".
func nameOf(kind, id string) string { return fmt.Sprintf("%s %s", kind, id) }

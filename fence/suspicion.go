package fence

import (
	"context"
	"fmt"
	"time"

	"farebook/internal/stripeapi"
	"farebook/store"
)

const (
	// deliveryTime is the age at which an event must have reached the inbox.
	deliveryTime = 10 * time.Minute
	// eventPages is the number of pages of events that a check reads. After a restore, the newest events are the ones missing
	// from the inbox.
	eventPages = 2
)

// Suspicion is an event that Stripe has delivered, newer than everything in the inbox, and missing from it. A database that was
// restored to an earlier time has lost its newest rows. It is not proof, because events created while no endpoint was enabled
// have the same effect: an operator decides whether to raise a fence.
type Suspicion struct {
	stripeapi.DeliveredEvent

	Newest time.Time // Stripe's creation time of the newest event in the inbox
	Count  int       // number of missing events among the newest
}

func (s *Suspicion) String() string {
	return fmt.Sprintf("was the database restored? Stripe has delivered event %s (%s) of %s, and the newest event of the inbox is of %s "+
		"(%d such among the "+
		"newest). If it was restored, or nobody knows, run `starter fence raise --reason TEXT` and follow docs/disaster.md; if webhooks were "+
		"lost, run `starter reconcile`",
		s.EventID, s.Type, s.Created.UTC().Format(time.RFC3339), s.Newest.UTC().Format(time.RFC3339), s.Count)
}

// Suspect checks events of the given types for a suspicion. It returns nil if there is none, while a fence is up, and if the
// inbox is empty. Stripe's list is read before the inbox, which must then contain every event that was delivered in time.
func Suspect(ctx context.Context, books *store.Store, stripe *stripeapi.Client, types []string) (*Suspicion, error) {
	up, err := books.Fence(ctx)
	if up != nil || err != nil {
		return nil, err
	}
	heard, err := books.Heard(ctx)
	if heard.Newest.IsZero() || err != nil {
		return nil, err
	}
	since := heard.Newest
	if heard.Settled.After(since) {
		since = heard.Settled
	}
	suspicion := &Suspicion{Newest: heard.Newest}
	until := books.Now().Add(-deliveryTime)
	for after, page := "", 0; page < eventPages && since.Before(until); page++ {
		delivered, next, err := stripe.DeliveredEventsPage(ctx, since, until, types, after)
		if err != nil {
			return nil, err
		}
		if err := suspicion.add(ctx, books, delivered); err != nil {
			return nil, err
		}
		if after = next; after == "" {
			break
		}
	}
	if suspicion.Count == 0 {
		return nil, nil //nolint:nilnil // no suspicion is not an error
	}
	return suspicion, nil
}

// add counts the events that are missing from the inbox, and records the newest.
func (s *Suspicion) add(ctx context.Context, books *store.Store, delivered []stripeapi.DeliveredEvent) error {
	named := make([]store.NamedEvent, len(delivered))
	byID := make(map[string]stripeapi.DeliveredEvent, len(delivered))
	for i, event := range delivered {
		named[i] = store.NamedEvent{EventID: event.EventID, PaymentIntentID: event.PaymentIntentID}
		byID[event.EventID] = event
	}
	unheard, err := books.UnheardEvents(ctx, named)
	if err != nil || len(unheard) == 0 {
		return err
	}
	if s.Count == 0 {
		s.DeliveredEvent = byID[unheard[0].EventID]
	}
	s.Count += len(unheard)
	return nil
}

// suspect checks for a suspicion and logs it once: again only if it ended in between, or the newest event of the inbox changed.
func (w *Watch) suspect(ctx context.Context) {
	if len(w.EventTypes) == 0 {
		return
	}
	found, err := Suspect(ctx, w.Store, w.Stripe, w.EventTypes)
	if err != nil {
		if ctx.Err() == nil {
			w.Log.WarnContext(ctx, "Stripe's events could not be compared with the inbox; the next check follows", "error", err,
				"nextCheckIn", w.Every.String())
		}
		return
	}
	before := w.suspicion.Swap(found)
	if found != nil && (before == nil || !before.Newest.Equal(found.Newest)) {
		w.Log.ErrorContext(ctx, "the inbox misses events that Stripe has delivered: "+found.String(), "eventId", found.EventID,
			"type", found.Type,
			"created", found.Created, "newestInInbox", found.Newest, "count", found.Count)
	}
}

// Warning describes the suspicion found by the last check; empty if there is none.
func (w *Watch) Warning() string {
	if found := w.suspicion.Load(); found != nil {
		return found.String()
	}
	return ""
}

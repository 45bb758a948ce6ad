package fence

import (
	"context"
	"fmt"
	"time"

	"farebook/internal/stripeapi"
	"farebook/store"
)

const (
	// deliveryTime is how old an event is before the inbox has to have it.
	deliveryTime = 10 * time.Minute
	// eventPages bounds a look at events: after a restore, the newest are those that the inbox misses.
	eventPages = 2
)

// Suspicion is an event that Stripe has delivered and the inbox does not have, newer than all that it has. The database may have been
// restored to an earlier time, which loses the newest rows. It is no proof: an event that was made while no endpoint was enabled
// looks the same at Stripe, so that an operator decides whether a fence is raised.
type Suspicion struct {
	stripeapi.DeliveredEvent

	Newest time.Time // when Stripe made the newest event of the inbox
	Count  int       // of such events, among the newest
}

func (s *Suspicion) String() string {
	return fmt.Sprintf("was the database restored? Stripe has delivered event %s (%s) of %s, and the newest event of the inbox is of %s (%d such among the "+
		"newest). If it was restored, or nobody knows, run `starter fence raise --reason TEXT` and follow docs/disaster.md; if webhooks were lost, run `starter reconcile`",
		s.EventID, s.Type, s.Created.UTC().Format(time.RFC3339), s.Newest.UTC().Format(time.RFC3339), s.Count)
}

// Suspect looks for a suspicion among events of the given types. It is nil for none, while a fence is up, and for an empty inbox.
// Stripe's list is read before the inbox, which then has every event that was delivered in time.
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
		return nil, nil //nolint:nilnil // nothing is suspected, which is no failure
	}
	return suspicion, nil
}

// add counts the events that the inbox does not have, and names the newest.
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

// suspect looks for a suspicion and logs it once: again only after it was gone, or names another newest event of the inbox.
func (w *Watch) suspect(ctx context.Context) {
	if len(w.EventTypes) == 0 {
		return
	}
	found, err := Suspect(ctx, w.Store, w.Stripe, w.EventTypes)
	if err != nil {
		if ctx.Err() == nil {
			w.Log.WarnContext(ctx, "Stripe's events could not be compared with the inbox; the next look is made soon", "error", err, "nextLookIn", w.Every.String())
		}
		return
	}
	before := w.suspicion.Swap(found)
	if found != nil && (before == nil || !before.Newest.Equal(found.Newest)) {
		w.Log.ErrorContext(ctx, "the inbox misses events that Stripe has delivered: "+found.String(), "eventId", found.EventID, "type", found.Type,
			"created", found.Created, "newestInInbox", found.Newest, "count", found.Count)
	}
}

// Warning is the suspicion of the last look, in words; empty for none.
func (w *Watch) Warning() string {
	if found := w.suspicion.Load(); found != nil {
		return found.String()
	}
	return ""
}

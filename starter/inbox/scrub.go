package inbox

import (
	"context"
	"time"

	"farebook/internal/failpoint"
	"farebook/internal/wait"
	"farebook/store"
)

// Scrub reduces the payloads that an older release stored whole, in ranges of row ids. Each row records whether it is reduced, so a scrub
// may be interrupted and repeated at any time.
type Scrub struct {
	Store *store.Store
	// Batch is the number of row ids of one transaction, and Pause the time between two transactions that is left to other work.
	Batch uint64
	Pause time.Duration
	// Progress is called after each batch.
	Progress func(ScrubProgress)
}

// ScrubProgress counts the events that a scrub has reduced.
type ScrubProgress struct {
	Scrubbed, Of int64
	Number       uint64 // the last row id that was visited
}

// Run scrubs until every event is reduced or ctx ends. Errors are those of the store and of ctx.
func (s Scrub) Run(ctx context.Context) (ScrubProgress, error) {
	count, first, last, err := s.Store.UnscrubbedEvents(ctx)
	at := ScrubProgress{Of: count}
	if err != nil || count == 0 {
		return at, err
	}
	for from := first; from <= last; from += s.Batch {
		at.Number = min(from+s.Batch-1, last)
		scrubbed, err := s.Store.ScrubEvents(ctx, from, at.Number, reduced)
		if err != nil {
			return at, err
		}
		failpoint.Hit("after-scrub-batch")
		at.Scrubbed += int64(scrubbed)
		s.Progress(at)
		if err := wait.For(ctx, s.Pause); err != nil {
			return at, err
		}
	}
	return at, nil
}

// reduced returns the payload to keep of a stored event; nil for one that cannot be read, because no release can process it.
func reduced(row store.Event) (payload []byte, account string) {
	event, err := Parse(row.Payload, row.Livemode)
	if err != nil {
		return nil, ""
	}
	return event.payload(), event.Account
}

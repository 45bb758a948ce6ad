package inbox

import (
	"context"
	"time"

	"farebook/internal/failpoint"
	"farebook/internal/wait"
	"farebook/store"
)

// Scrub reduces the payloads of events that a release stored before this one, in ranges of their numbers. Where it stopped
// stands in the rows, so that it may be ended at any time and started again.
type Scrub struct {
	Store *store.Store
	// Batch is how many numbers one transaction goes through, and Pause what is left to others between two.
	Batch uint64
	Pause time.Duration
	// Progress is called after each batch.
	Progress func(ScrubProgress)
}

// ScrubProgress is how far a scrub is.
type ScrubProgress struct {
	Scrubbed, Of int64
	Number       uint64 // the last that was looked at
}

// Run scrubs until no event is left as it was delivered, or ctx ends.
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

// reduced keeps nothing of a payload that cannot be read: no release can process such an event.
func reduced(row store.Event) (payload []byte, account string) {
	event, err := Parse(row.Payload, row.Livemode)
	if err != nil {
		return nil, ""
	}
	return event.stored(), event.Account
}

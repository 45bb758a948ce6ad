package inbox

import (
	"context"
	"time"

	"farebook/store"
)

// Receive stores an event as Deliver does while all slots are taken: it leaves the event to the sweeper. processed is true when no
// workflow has to be notified: the event was processed before, or e.Note says why.
func (i *Inbox) Receive(ctx context.Context, e Event) (processed bool, err error) {
	receipt, err := i.receive(ctx, e, store.EventReceived)
	return receipt.Processed, err
}

// SetAnswerPatience changes how long HandOn waits.
func (i *Inbox) SetAnswerPatience(d time.Duration) { i.answerPatience = d }

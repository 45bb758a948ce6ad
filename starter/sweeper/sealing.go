package sweeper

import (
	"context"
	"errors"
	"log/slog"

	"farebook/internal/logging"
	"farebook/internal/wait"
	"farebook/starter/dispatch"
	"farebook/store"
)

// SealingCheck shows operators that the ledger is not sealed any more. A paused or deleted schedule and a missing worker cause no error
// anywhere else.
type SealingCheck struct {
	Store    *store.Store
	Dispatch *dispatch.Client
	Log      *slog.Logger
}

// Run checks every maxInterval until ctx ends.
func (c SealingCheck) Run(ctx context.Context) {
	wait.Repeat(logging.As(ctx, "sweeper"), maxInterval, c.Log, "the check whether the ledger is sealed failed; the next one repeats it",
		c.check)
}

// check opens one matter and queues one email for each last seal, and closes the matter once sealing has resumed.
func (c SealingCheck) check(ctx context.Context) error {
	found, err := c.Store.Sealing(ctx)
	if err != nil {
		return err
	}
	emails, err := c.Store.ShowSealing(ctx, found)
	for _, id := range emails {
		c.Log.ErrorContext(ctx, "sealing of the ledger has stopped", "lastSeal", found.LastSeal, "oldestUnsealed", found.Oldest,
			"postedAt", found.PostedAt)
		err = errors.Join(err, c.Dispatch.SendEmail(ctx, id))
	}
	return err
}

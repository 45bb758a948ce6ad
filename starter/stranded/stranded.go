// Package stranded looks for what was reserved in the books and that no workflow carries on: the process that was to
// start it died and its caller never asked again, or somebody terminated it.
package stranded

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"farebook/internal/correlation"
	"farebook/internal/logging"
	"farebook/internal/wait"
	"farebook/starter/subjects"
	"farebook/store"
	"farebook/workflows"
)

// Sweeper starts the workflows that are lacking, and closes the rows of runs that will not go on.
type Sweeper struct {
	Store     *store.Store
	Workflows *workflows.Client
	// Every is how often it looks, and how long a row is left to those whose turn it is.
	Every time.Duration
	// ListLag is how long Stripe's lists may miss what was just made.
	ListLag time.Duration
	Log     *slog.Logger
}

// page bounds one statement; a sweep reads as many as there are.
const page = 100

// Run sweeps until ctx ends.
func (s Sweeper) Run(ctx context.Context) {
	wait.Every(logging.As(ctx, "sweeper"), s.Every, func(ctx context.Context) {
		if err := s.sweep(ctx); err != nil && ctx.Err() == nil {
			s.Log.WarnContext(ctx, "what no workflow carries on could not be looked for", "error", err)
		}
	})
}

func (s Sweeper) sweep(ctx context.Context) error {
	before := time.Now().Add(-s.Every)
	return errors.Join(s.holds(ctx, before), s.refunds(ctx, before), s.copies(ctx, before), s.runs(ctx, before), s.twins(ctx))
}

// twins has PaymentIntents cancelled that a creation of unknown outcome left behind, once Stripe's lists show them.
func (s Sweeper) twins(ctx context.Context) error {
	before := time.Now().Add(-max(s.Every, s.ListLag))
	for after := uint64(0); ; {
		possible, err := s.Store.PossibleTwins(ctx, before, after, page)
		if err != nil || len(possible) == 0 {
			return err
		}
		for _, b := range possible {
			after = b.ID
			started, err := s.Workflows.CancelTwins(correlation.With(ctx, b.CorrelationID), b.Reference)
			s.tell(ctx, started, err, "a booking may have left a second PaymentIntent at Stripe", "reference", b.Reference)
		}
	}
}

// runs says of reconciliations that somebody terminated that they have failed: they could not say so themselves.
func (s Sweeper) runs(ctx context.Context, before time.Time) error {
	running, err := s.Store.RunningRuns(ctx, before, page)
	if err != nil {
		return err
	}
	for _, run := range running {
		goesOn, err := s.Workflows.ReconciliationGoesOn(ctx, run.CorrelationID)
		if err != nil {
			return err
		}
		if goesOn {
			continue
		}
		ended, err := s.Store.AbandonRun(ctx, run.ID, "its workflow was ended before it could say how the run went")
		if err != nil {
			return err
		}
		if ended {
			s.Log.WarnContext(correlation.With(ctx, run.CorrelationID), "a reconciliation was ended from outside")
		}
	}
	return nil
}

// holds ends those that are over: the workflow closes the booking, or finds that it was paid.
func (s Sweeper) holds(ctx context.Context, before time.Time) error {
	for after := uint64(0); ; {
		ended, err := s.Store.EndedHolds(ctx, before, after, page)
		if err != nil || len(ended) == 0 {
			return err
		}
		for _, b := range ended {
			after = b.ID
			started, err := s.Workflows.ResumeBooking(correlation.With(ctx, b.CorrelationID), subjects.Booking(b))
			s.tell(ctx, started, err, "a booking whose hold is over had no workflow", "reference", b.Reference)
		}
	}
}

// refunds has those made that were reserved.
func (s Sweeper) refunds(ctx context.Context, before time.Time) error {
	for after := uint64(0); ; {
		unasked, next, err := s.Store.UnaskedRefunds(ctx, before, after, page)
		if err != nil {
			return err
		}
		for _, r := range unasked {
			started, err := s.Workflows.ResumeRefund(correlation.With(ctx, r.CorrelationID), subjects.Refund(r))
			s.tell(ctx, started, err, "a refund that was reserved had no workflow", "refundId", r.ID)
		}
		if after = next; after == 0 {
			return nil
		}
	}
}

// copies sends the mails that were asked for again.
func (s Sweeper) copies(ctx context.Context, before time.Time) error {
	for after := uint64(0); ; {
		unsent, err := s.Store.UnsentCopies(ctx, before, after, page)
		if err != nil || len(unsent) == 0 {
			return err
		}
		for _, id := range unsent {
			after = id
			mail, err := s.Store.Email(ctx, id)
			about, started := correlation.With(ctx, mail.CorrelationID()), false
			if err == nil {
				started, err = s.Workflows.ResumeMail(about, id)
			}
			s.tell(about, started, err, "a mail that was asked for again had no workflow", "emailId", id)
		}
	}
}

func (s Sweeper) tell(ctx context.Context, started bool, err error, what string, attrs ...any) {
	switch {
	case err != nil:
		s.Log.WarnContext(ctx, what+", and none could be started; the next sweep tries again", append(attrs, "error", err)...)
	case started:
		s.Log.WarnContext(ctx, what+": started", attrs...)
	}
}

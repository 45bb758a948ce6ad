package sweeper

import (
	"context"
	"fmt"

	"farebook/internal/failpoint"
	"farebook/store"
)

// recognisedAtOnce bounds how many bookings one sweep recognises; the next one continues.
const recognisedAtOnce = 1000

// recognise posts the income of bookings whose flight has departed, each in a transaction under its lock. A booking that was not reached
// stays due, so that a process that dies loses nothing; of two sweepers at one booking, the second finds nothing unearned. A booking that
// fails is logged, stays due and keeps no other one waiting: the next sweep begins behind the last booking that this one visited, and
// begins anew behind the last of all.
func (s *Sweeper) recognise(ctx context.Context) error {
	now, done := s.Store.Now(), recognition{}
	for visited := 0; visited < recognisedAtOnce; {
		due, err := s.Store.DueRecognitions(ctx, now, s.recognisedTo, pageSize)
		if err != nil {
			return s.recognised(ctx, done, err)
		}
		if len(due) == 0 {
			s.recognisedTo = store.DueRecognition{}
			break
		}
		for _, one := range due {
			s.recognisedTo = one
			failpoint.Hit("before-recognise-revenue")
			posted, err := s.Store.RecogniseRevenue(ctx, one.Reference, now)
			switch {
			case store.Unavailable(err): // for the other bookings as well
				return s.recognised(ctx, done, err)
			case err != nil:
				done.fail(one, err)
				s.Log.ErrorContext(ctx, "the revenue of a booking was not recognised", "reference", one.Reference, "error", err)
				continue
			}
			failpoint.Hit("after-recognise-revenue")
			if posted {
				done.bookings++
			}
		}
		visited += len(due)
	}
	return s.recognised(ctx, done, done.err())
}

// recognition is what a sweep has done for departed bookings.
type recognition struct {
	bookings, failed int
	first            error
}

func (r *recognition) fail(due store.DueRecognition, err error) {
	if r.failed == 0 {
		r.first = fmt.Errorf("%s: %w", due.Reference, err)
	}
	r.failed++
}

func (r *recognition) err() error {
	if r.failed == 0 {
		return nil
	}
	return fmt.Errorf("recognise the revenue of %d bookings, the first of which is %w", r.failed, r.first)
}

func (s *Sweeper) recognised(ctx context.Context, done recognition, err error) error {
	if done.bookings > 0 {
		s.Log.InfoContext(ctx, "revenue of departed bookings recognised", "bookings", done.bookings)
	}
	return err
}

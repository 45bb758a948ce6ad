package sweeper

import (
	"context"

	"farebook/internal/failpoint"
	"farebook/store"
)

// recognisedAtOnce bounds how many bookings one sweep recognises; the next one continues.
const recognisedAtOnce = 1000

// recognise posts the income of bookings whose flight has departed, each in a transaction under its lock. A booking that was not reached
// stays due, so that a process that dies loses nothing; of two sweepers at one booking, the second finds nothing unearned.
func (s *Sweeper) recognise(ctx context.Context) error {
	now, after, bookings := s.Store.Now(), store.DueRecognition{}, 0
	for visited := 0; visited < recognisedAtOnce; {
		due, err := s.Store.DueRecognitions(ctx, now, after, pageSize)
		if err != nil || len(due) == 0 {
			return s.recognised(ctx, bookings, err)
		}
		for _, after = range due {
			failpoint.Hit("before-recognise-revenue")
			recognised, err := s.Store.RecogniseRevenue(ctx, after.Reference, now)
			if err != nil {
				return s.recognised(ctx, bookings, err)
			}
			failpoint.Hit("after-recognise-revenue")
			if recognised {
				bookings++
			}
		}
		visited += len(due)
	}
	return s.recognised(ctx, bookings, nil)
}

func (s *Sweeper) recognised(ctx context.Context, bookings int, err error) error {
	if bookings > 0 {
		s.Log.InfoContext(ctx, "revenue of departed bookings recognised", "bookings", bookings)
	}
	return err
}

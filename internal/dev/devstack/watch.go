package devstack

import (
	"context"
	"time"

	"farebook/internal/wait"
)

const (
	firstPause   = 200 * time.Millisecond // before a part that died is started again
	longestPause = 30 * time.Second       // however often it died in a row
	// provenAfter is how long a part has to run until its next death counts as a first one again.
	provenAfter = time.Minute
)

// watch starts every part again that dies, until Stop.
func (s *Stack) watch() {
	ctx, cancel := context.WithCancel(context.Background()) // Stop ends it, not the context of the start
	s.cancel = cancel
	for _, part := range []*server{s.MariaDB.server, s.Temporal.server, s.Worker.server, s.API.server} {
		s.watching.Add(1)
		go func() {
			defer s.watching.Done()
			s.keepUp(ctx, part)
		}()
	}
}

func (s *Stack) keepUp(ctx context.Context, part *server) {
	pause := firstPause
	for started := time.Now(); ; {
		died := part.current()
		select {
		case <-ctx.Done():
			return
		case <-died.done:
		}
		if part.replaced(died) {
			continue // by whoever stopped it
		}
		if time.Since(started) > provenAfter {
			pause = firstPause
		}
		announce(s.options.Progress, "%s died (%v); starting it again. Its log: %s", part.Name(), orExit0(died.err), part.LogPath())
		if wait.For(ctx, pause) != nil {
			return
		}
		pause = min(2*pause, longestPause)
		started = time.Now()
		err := part.Restart(ctx)
		if err != nil && ctx.Err() == nil {
			announce(s.options.Progress, "%s did not come back: %v", part.Name(), err)
			continue
		}
		announce(s.options.Progress, "%s runs again", part.Name())
	}
}

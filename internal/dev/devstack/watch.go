package devstack

import (
	"context"
	"time"

	"farebook/internal/wait"
)

const (
	firstPause   = 200 * time.Millisecond // before the first restart of a part
	longestPause = 30 * time.Second       // before any restart
	// provenAfter is how long a part has to run until the pause is firstPause again.
	provenAfter = time.Minute
)

// watch restarts each part that ends, until Stop.
func (s *Stack) watch() {
	ctx, cancel := context.WithCancel(context.Background()) // ended by Stop; the context of Up is for the start only
	s.cancel = cancel
	parts := []*server{s.MariaDB.server, s.Temporal.server, s.Worker.server, s.API.server}
	if s.Prometheus != nil {
		parts = append(parts, s.Prometheus.server)
	}
	for _, part := range parts {
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
			continue // it was stopped or restarted on purpose
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

package storm

import (
	"context"
	"fmt"
	"sync"
	"time"

	"farebook/internal/clock"
	"farebook/internal/dev/wholefile"
)

// mostAhead is how far the clocks may be ahead of Temporal's, which has the machine's: a hold that a workflow waits for ends that much
// later.
const mostAhead = 2 * time.Minute

func clockKinds() []kind {
	return []kind{{name: "clocks jump", weight: 2, whats: []string{"2m", "1m", "30s", "-300ms", "-1s"}, play: jumpClocks}}
}

// clocks are those of the processes, of the operators' commands and of Stripe, which jump together.
type clocks struct {
	path string // the file that the processes follow
	now  *clock.Shifted

	mu    sync.Mutex
	ahead time.Duration
}

func newClocks(path string) clocks { return clocks{path: path, now: clock.NewShifted(path)} }

func (c *clocks) set(ahead time.Duration) error { return wholefile.Replace(c.path, ahead.String()) }

// jumpClocks moves the clocks forward, as after a pause of a machine, or a little back, as a correction does. They stay where they are.
func jumpClocks(_ context.Context, s *System, f Fault) error {
	by, err := time.ParseDuration(f.What)
	if err != nil {
		return err
	}
	s.clocks.mu.Lock()
	defer s.clocks.mu.Unlock()
	if s.clocks.ahead+by > mostAhead {
		return fmt.Errorf("the clocks are %s ahead already", s.clocks.ahead)
	}
	if err := s.clocks.set(s.clocks.ahead + by); err != nil {
		return err
	}
	s.clocks.ahead += by
	s.Stack.Stripe.Advance(by)
	return nil
}

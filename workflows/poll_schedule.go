package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"
)

// pollSchedule says when to read an awaited object at Stripe again, in case its event is lost. Only polls advance it, events do
// not: ten events within a second must not stretch the interval to a day.
type pollSchedule struct {
	intervals []time.Duration
	polls     int
	timing    bool // a timer of start is running
}

// interval is the time until the next poll. The last interval repeats.
func (s *pollSchedule) interval() time.Duration {
	return s.intervals[min(s.polls, len(s.intervals)-1)]
}

// exhausted reports whether every interval has passed once.
func (s *pollSchedule) exhausted() bool { return s.polls >= len(s.intervals) }

// polled counts a poll.
func (s *pollSchedule) polled() { s.polls++ }

// start calls poll after the next interval, for a workflow that waits for other things at the same time. It does nothing while
// an earlier timer of the schedule runs.
func (s *pollSchedule) start(ctx workflow.Context, summary string, poll func()) {
	if s.timing {
		return
	}
	s.timing = true
	timer := workflow.NewTimerWithOptions(ctx, s.interval(), workflow.TimerOptions{Summary: summary})
	workflow.Go(ctx, func(ctx workflow.Context) {
		if timer.Get(ctx, nil) == nil {
			s.timing = false
			s.polled()
			poll()
		}
	})
}

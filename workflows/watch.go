package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"
)

// watch waits for what happens to an object at Stripe: its events, and a look of our own from time to time, should an
// event be lost. It is what refunds, disputes and payouts have in common.
type watch struct {
	signals workflow.ReceiveChannel
	events  []StripeEvent // signalled and not yet recorded
	woken   bool          // a person asks for something: the wait ends
	mails   mailing
}

func (w *watch) listen(ctx workflow.Context, description string) {
	w.signals = workflow.GetSignalChannelWithOptions(ctx, SignalStripeEvent, workflow.SignalChannelOptions{Description: description})
}

// take collects the events that have come, each once, and returns their ids.
func (w *watch) take() []string {
	var event StripeEvent
	for w.signals.ReceiveAsync(&event) {
		w.events = append(w.events, event)
		event = StripeEvent{}
	}
	return idsOf(w.events)
}

// ended returns the error that a run ends with, once the inbox knows which events the run leaves unrecorded.
func (w *watch) ended(ctx workflow.Context, err error) error {
	if err != nil {
		w.take()
		reportFailure(ctx, w.events, err)
	}
	return err
}

// recorded forgets the events that were taken: the books have them.
func (w *watch) recorded() { w.events = nil }

func (w *watch) hasNews() bool { return w.woken || w.signals.Len() > 0 }

// wait ends when an event has come, a person asks for something, or the time is up; it tells whether it is the last.
func (w *watch) wait(ctx workflow.Context, most time.Duration, summary string) (timeUp bool, err error) {
	came, err := workflow.AwaitWithOptions(ctx, workflow.AwaitOptions{
		Timeout: most, TimerOptions: workflow.TimerOptions{Summary: summary},
	}, w.hasNews)
	return !came, err
}

// settle waits for the mails and for whoever asked, and tells whether the workflow may end: no event has come meanwhile. What came
// with the last workflow task would be lost with it.
func (w *watch) settle(ctx workflow.Context) (bool, error) {
	err := workflow.Await(ctx, func() bool { return w.mails.inFlight == 0 && workflow.AllHandlersFinished(ctx) || w.hasNews() })
	return err == nil && !w.hasNews() && w.mails.inFlight == 0, err
}

// looks is how often something that is awaited is looked at again. Events don't count: ten of them in a second are no
// reason to look again in a day only.
type looks struct {
	waits []time.Duration
	taken int
}

// next is how long to wait for the next look; the last one repeats.
func (l *looks) next() time.Duration { return l.waits[min(l.taken, len(l.waits)-1)] }

func (l *looks) count(timeUp bool) {
	if timeUp {
		l.taken++
	}
}

// over is true once all of them were taken.
func (l *looks) over() bool { return l.taken >= len(l.waits) }

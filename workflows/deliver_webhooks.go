package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"farebook/activities"
)

// webhooks names the activities that deliver events by method reference; the receiver lives in the worker.
var webhooks *activities.Webhooks

// DeliverWebhooksInput starts DeliverWebhooks.
type DeliverWebhooksInput struct {
	EndpointID string `json:"endpointId"`
}

// WebhooksSignal tells an endpoint's workflow that there may be something to deliver. Now ends the wait after a failure as well.
type WebhooksSignal struct {
	Now bool `json:"now,omitempty"`
}

// deliveryCalls is how many activities one run starts before it continues as new, unless the server suggests it earlier, because of the
// signals: some 2,000 events of history.
const deliveryCalls = 200

// DeliverWebhooks delivers the events of one endpoint in order, until none is left. Whoever writes an event signals it, and starts it if it
// does not run; an endpoint without events has no run. What is to be delivered, and when a failed event is tried again, is in MySQL, so
// that a run that is lost costs nothing but time.
func DeliverWebhooks(ctx workflow.Context, in DeliverWebhooksInput) error {
	signals := workflow.GetSignalChannel(ctx, SignalWebhooks)
	var sender emailSender
	for calls := 0; sender.inFlight > 0 || calls < deliveryCalls && !suggested(ctx); calls++ { // a new run would not wait for the emails
		drain(signals)
		var done activities.EventsDelivered
		options := workflow.WithActivityOptions(ctx, delivering())
		call := activities.DeliverEventsInput{EndpointID: in.EndpointID}
		if err := workflow.ExecuteActivity(options, webhooks.DeliverEvents, call).Get(ctx, &done); err != nil {
			return err
		}
		sender.send(ctx, done.EmailIDs)
		switch {
		case done.More:
		case done.RetryIn > 0:
			if err := awaitRetry(ctx, signals, done.RetryIn); err != nil {
				return err
			}
		default:
			// A mail server that is away does not keep the events of an endpoint waiting that is enabled again.
			if err := workflow.Await(ctx, func() bool { return sender.inFlight == 0 || signals.Len() > 0 }); err != nil {
				return err
			}
			if signals.Len() == 0 {
				return nil
			}
		}
	}
	return workflow.NewContinueAsNewError(ctx, TypeDeliverWebhooks, in)
}

// suggested reports whether the server finds the history long enough for a new run.
func suggested(ctx workflow.Context) bool { return workflow.GetInfo(ctx).GetContinueAsNewSuggested() }

// drain forgets signals: the activity that follows reads what they are about.
func drain(signals workflow.ReceiveChannel) {
	for signals.ReceiveAsync(nil) {
	}
}

// awaitRetry returns when the time is over, once a signal ends the wait, or once the signals have made the history long: the next call says
// how much of the wait is left.
func awaitRetry(ctx workflow.Context, signals workflow.ReceiveChannel, wait time.Duration) error {
	timing, stop := workflow.WithCancel(ctx)
	defer stop()
	over := false
	selector := workflow.NewSelector(ctx)
	selector.AddFuture(workflow.NewTimer(timing, wait), func(workflow.Future) { over = true })
	selector.AddReceive(signals, func(channel workflow.ReceiveChannel, _ bool) {
		var signal WebhooksSignal
		channel.Receive(ctx, &signal)
		over = over || signal.Now || suggested(ctx)
	})
	for !over {
		selector.Select(ctx)
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	return nil
}

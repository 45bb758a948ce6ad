package workflows

import (
	"slices"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"farebook/activities"
)

// StripeEvent is the payload of the signal stripe-event. It names the object that changed at Stripe and carries none of its
// state: the workflow reads the object, so a repeated, reordered or outdated event is harmless.
type StripeEvent struct {
	EventID         string `json:"eventId"`
	Type            string `json:"type"`
	PaymentIntentID string `json:"paymentIntentId"`
}

// inbox names the activities of the event inbox by method reference; the receiver lives in the worker.
var inbox *activities.Inbox

// eventWatcher holds the Stripe events about a workflow's object until they are recorded, and sends the emails that a
// recording queues. Call listen or collect before the workflow's first step: signals may arrive with the start.
type eventWatcher struct {
	signals    workflow.ReceiveChannel
	collecting bool          // a coroutine reads signals: see collect
	events     []StripeEvent // received, not yet recorded
	taken      int           // how many of events the current recording covers
	woken      bool          // an update or a timer asks for another read
	emails     emailSender
}

// listen opens the signal channel; take reads it.
func (w *eventWatcher) listen(ctx workflow.Context, description string) {
	w.signals = workflow.GetSignalChannelWithOptions(ctx, SignalStripeEvent, workflow.SignalChannelOptions{Description: description})
}

// collect opens the signal channel and reads it in a coroutine. BookingPayment needs that order: an update that shares a
// workflow task with an event is seen together with it, so a cancel goes before the event.
func (w *eventWatcher) collect(ctx workflow.Context, description string) {
	w.listen(ctx, description)
	w.collecting = true
	workflow.Go(ctx, func(ctx workflow.Context) {
		for {
			var event StripeEvent
			if !w.signals.Receive(ctx, &event) {
				return
			}
			w.add(event)
		}
	})
}

// add drops an event that is already waiting: Temporal does not deduplicate signals.
func (w *eventWatcher) add(event StripeEvent) {
	if !slices.ContainsFunc(w.events, func(known StripeEvent) bool { return known.EventID == event.EventID }) {
		w.events = append(w.events, event)
	}
}

// take returns all events that are not recorded yet, for the recording that follows.
func (w *eventWatcher) take() []StripeEvent {
	var event StripeEvent
	for !w.collecting && w.signals.ReceiveAsync(&event) {
		w.add(event)
		event = StripeEvent{}
	}
	w.taken = len(w.events)
	return w.events
}

// recorded forgets the events that were taken. Those that arrived during the recording stay.
func (w *eventWatcher) recorded() { w.events, w.taken = w.events[w.taken:], 0 }

// arrived reports whether an event waits to be taken, or another read was asked for. It is for workflows that listen.
func (w *eventWatcher) arrived() bool { return w.woken || w.signals.Len() > 0 }

// settle waits for the emails and the update handlers, and reports whether the workflow may end. It may not when an event
// arrived meanwhile: what came with the last workflow task would be lost.
func (w *eventWatcher) settle(ctx workflow.Context) (bool, error) {
	err := workflow.Await(ctx, func() bool {
		return w.emails.inFlight == 0 && workflow.AllHandlersFinished(ctx) || w.arrived()
	})
	return err == nil && !w.arrived() && w.emails.inFlight == 0, err
}

// finish returns the error that ends the run, after it reported the events that the run leaves unrecorded.
func (w *eventWatcher) finish(ctx workflow.Context, err error) error {
	if err != nil {
		w.take()
		w.reportUnrecorded(ctx, err)
	}
	return err
}

// reportUnrecorded writes to the inbox which events failed to be recorded, and why. Without it they would stay in
// "processing" with no reason. A cancelled run reports nothing, because the sweeper delivers its events again. Runs older than
// the version report nothing either.
func (w *eventWatcher) reportUnrecorded(ctx workflow.Context, cause error) {
	ids := idsOf(w.events)
	if len(ids) == 0 || temporal.IsCanceledError(cause) || workflow.GetVersion(ctx, "report-failed-events", workflow.DefaultVersion, 1) < 1 {
		return
	}
	failed := activities.EventsFailed{WorkflowID: workflow.GetInfo(ctx).WorkflowExecution.ID, EventIDs: ids, Reason: cause.Error()}
	report := step{"Note in the inbox that the events are not recorded", inbox.NoteEventsFailed, moneyRetries}
	if err := report.run(ctx, failed, nil); err != nil {
		workflow.GetLogger(ctx).Error("the inbox does not show that these events failed", "eventIds", ids, "error", err)
	}
}

// idsOf returns the ids of events, each once, in order of arrival.
func idsOf(events []StripeEvent) []string {
	var ids []string
	for _, event := range events {
		if event.EventID != "" && !slices.Contains(ids, event.EventID) {
			ids = append(ids, event.EventID)
		}
	}
	return ids
}

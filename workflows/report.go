package workflows

import (
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"farebook/activities"
)

var inbox *activities.Inbox

// reportFailure tells the inbox which events a run has not recorded, and why: without it they would stay "processing" there, with no
// reason. A run that is cancelled says nothing: the sweeper hands its events on again. Runs from before do not report.
func reportFailure(ctx workflow.Context, events []StripeEvent, cause error) {
	ids := idsOf(events)
	if len(ids) == 0 || temporal.IsCanceledError(cause) || workflow.GetVersion(ctx, "report-failed-events", workflow.DefaultVersion, 1) < 1 {
		return
	}
	failed := activities.EventsFailed{WorkflowID: workflow.GetInfo(ctx).WorkflowExecution.ID, EventIDs: ids, Reason: cause.Error()}
	report := step{"Note in the inbox that the events are not recorded", inbox.NoteEventsFailed, moneyPatience}
	if err := report.run(ctx, failed, nil); err != nil {
		workflow.GetLogger(ctx).Error("the inbox was not told of events that are not recorded", "eventIds", ids, "error", err)
	}
}

// idsOf are the ids of events, each once.
func idsOf(events []StripeEvent) []string {
	var ids []string
	seen := map[string]bool{}
	for _, event := range events {
		if event.EventID != "" && !seen[event.EventID] {
			seen[event.EventID] = true
			ids = append(ids, event.EventID)
		}
	}
	return ids
}

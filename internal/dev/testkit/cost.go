package testkit

import (
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"google.golang.org/protobuf/proto"
)

// Cost is what one workflow run costs at Temporal, counted from its history.
type Cost struct {
	Actions int // billable ones, as Temporal Cloud's pricing page counts them
	Events  int
	Bytes   int
}

// CostOf counts the billable actions of a history. One action each are a start, a signal, an update, a timer, an upsert of search
// attributes, an activity and each of its retries. All local activities of one workflow task together are one action.
func CostOf(history *historypb.History) Cost {
	cost := Cost{Events: len(history.GetEvents()), Bytes: proto.Size(history)}
	localTasks := map[int64]bool{}
	for _, event := range history.GetEvents() {
		switch event.GetEventType() {
		case enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED,
			enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED,
			enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED,
			enumspb.EVENT_TYPE_TIMER_STARTED,
			enumspb.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES:
			cost.Actions++
		case enumspb.EVENT_TYPE_ACTIVITY_TASK_STARTED:
			cost.Actions += int(event.GetActivityTaskStartedEventAttributes().GetAttempt())
		case enumspb.EVENT_TYPE_MARKER_RECORDED:
			marker := event.GetMarkerRecordedEventAttributes()
			if marker.GetMarkerName() == "LocalActivity" {
				localTasks[marker.GetWorkflowTaskCompletedEventId()] = true
			}
		}
	}
	cost.Actions += len(localTasks)
	return cost
}

package replay

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/proxy"
	"go.temporal.io/sdk/converter"
)

// describeEvent names what a workflow asked for with an event: "activity RecordPayout", "a timer of 30m0s".
func describeEvent(e *historypb.HistoryEvent) string {
	switch e.GetEventType() {
	case enumspb.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED:
		return "activity " + e.GetActivityTaskScheduledEventAttributes().GetActivityType().GetName()
	case enumspb.EVENT_TYPE_TIMER_STARTED:
		return fmt.Sprintf("a timer of %s", e.GetTimerStartedEventAttributes().GetStartToFireTimeout().AsDuration())
	case enumspb.EVENT_TYPE_MARKER_RECORDED:
		if name := localActivity(e); name != "" {
			return "local activity " + name
		}
		return "a marker of the kind " + e.GetMarkerRecordedEventAttributes().GetMarkerName()
	case enumspb.EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED:
		return "child workflow " + e.GetStartChildWorkflowExecutionInitiatedEventAttributes().GetWorkflowType().GetName()
	case enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED:
		return "the acceptance of update " + e.GetWorkflowExecutionUpdateAcceptedEventAttributes().GetAcceptedRequest().GetInput().GetName()
	}
	return cmp.Or(known[e.GetEventType().String()], words(e.GetEventType().String()))
}

// known are events and commands that Temporal names less plainly.
var known = map[string]string{
	"WorkflowExecutionCompleted": "the workflow's completion", "CompleteWorkflowExecution": "the workflow's completion",
	"WorkflowExecutionFailed": "the workflow's failure", "FailWorkflowExecution": "the workflow's failure",
	"WorkflowExecutionCanceled": "the workflow's cancellation", "CancelWorkflowExecution": "the workflow's cancellation",
	"WorkflowExecutionContinuedAsNew": "a new run", "ContinueAsNewWorkflowExecution": "a new run",
	"StartChildWorkflowExecution": "a child workflow",
}

var (
	typeName   = regexp.MustCompile(`ActivityType:\(Name:([^,)]*)`)
	markerName = regexp.MustCompile(`MarkerName:([^,)]*)`)
)

// describeCommand names a command by what the SDK's text says of it.
func describeCommand(kind, attributes string) string {
	switch kind {
	case "ScheduleActivityTask":
		if m := typeName.FindStringSubmatch(attributes); m != nil {
			return "activity " + m[1]
		}
	case "StartTimer":
		return "a timer"
	case "RecordMarker":
		if m := markerName.FindStringSubmatch(attributes); m != nil {
			return "a marker of the kind " + m[1]
		}
	}
	return cmp.Or(known[kind], words(kind))
}

var inner = regexp.MustCompile(`([a-z])([A-Z])`)

// words splits a name of Temporal's into words: "upsert workflow search attributes".
func words(name string) string { return strings.ToLower(inner.ReplaceAllString(name, "$1 $2")) }

// localActivity returns the type of the local activity whose result a marker holds, and "" for other events.
func localActivity(e *historypb.HistoryEvent) string {
	marker := e.GetMarkerRecordedEventAttributes()
	if marker.GetMarkerName() != "LocalActivity" {
		return ""
	}
	var held struct{ ActivityType string }
	for _, payload := range marker.GetDetails()["data"].GetPayloads() {
		if err := json.Unmarshal(payload.GetData(), &held); err != nil {
			return "of an unknown type"
		}
	}
	return held.ActivityType
}

// readable are the encodings of the SDK's own converters. What this build can decrypt has been decrypted before.
var readable = []string{
	converter.MetadataEncodingBinary, converter.MetadataEncodingJSON, converter.MetadataEncodingNil, converter.MetadataEncodingProto,
	converter.MetadataEncodingProtoJSON,
}

// unreadable returns the first encoding in a history that the build has no converter for, such as that of encrypted data; "" for none.
func unreadable(ctx context.Context, events []*historypb.HistoryEvent) (encoding string) {
	look := proxy.VisitPayloadsOptions{
		Visitor: func(_ *proxy.VisitPayloadsContext, payloads []*commonpb.Payload) ([]*commonpb.Payload, error) {
			for _, payload := range payloads {
				found := string(payload.GetMetadata()[converter.MetadataEncoding])
				if encoding == "" && !slices.Contains(readable, found) {
					encoding = cmp.Or(found, "unknown")
				}
			}
			return payloads, nil
		},
		SkipSearchAttributes: true,
	}
	if err := proxy.VisitPayloads(ctx, &historypb.History{Events: events}, look); err != nil {
		return "" // only the visitor returns errors
	}
	return encoding
}

package replay

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"

	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/workflow"
)

// Difference says where a history and this build part, in words.
type Difference struct {
	Event int64 // number of the event in the history
	Text  string
}

// compare replays a history. fit is true when the build does what the history says.
func (r *Replayer) compare(ctx context.Context, run workflow.Execution, events []*historypb.HistoryEvent) (d Difference, fit bool) {
	err := r.replayEvents(ctx, run, events)
	if err == nil {
		return Difference{}, true
	}
	if encoding := unreadable(ctx, events); encoding != "" {
		return Difference{1, fmt.Sprintf("the history has data in the encoding %q, which this build cannot read", encoding)}, false
	}
	task := r.firstToFail(ctx, run, events)
	return explain(err.Error(), task), false
}

// firstToFail returns the events of the first task whose commands do not fit: its completion, and what followed until the next task.
// Replays of the history's beginnings find it in a few steps.
func (r *Replayer) firstToFail(ctx context.Context, run workflow.Execution, events []*historypb.HistoryEvent) []*historypb.HistoryEvent {
	tasks := tasksOf(events)
	first := sort.Search(len(tasks)-1, func(i int) bool { // the whole history fails, so the last one need not be tried
		return r.replayEvents(ctx, run, events[:tasks[i].end]) != nil
	})
	return events[tasks[first].start:tasks[first].end]
}

// span is the part of a history from a completed task to before the next task.
type span struct{ start, end int }

func tasksOf(events []*historypb.HistoryEvent) (tasks []span) {
	for i, event := range events {
		switch event.GetEventType() {
		case enumspb.EVENT_TYPE_WORKFLOW_TASK_COMPLETED:
			tasks = append(tasks, span{i, len(events)})
		case enumspb.EVENT_TYPE_WORKFLOW_TASK_SCHEDULED:
			if last := len(tasks) - 1; last >= 0 && tasks[last].end == len(events) {
				tasks[last].end = i
			}
		}
	}
	return tasks
}

// The forms in which the SDK says that a history does not fit. Its error has no type that can be asked.
var (
	missingAt = regexp.MustCompile(`(?:command was expected in history event position|to activityID: scheduleEventID:) (\d+)`)
	otherLA   = regexp.MustCompile(`code executed local activity (\S+), but history event found (\S+),`)
	mismatch  = regexp.MustCompile(`(?s)history event is (\w+): (.*), replay command is (\w+): (.*)$`)
	missing   = regexp.MustCompile(`(?s)missing replay command for (\w+): (.*)$`)
	extra     = regexp.MustCompile(`(?s)extra replay command for (\w+): (.*)$`)
)

// The same, for texts without details.
const (
	newEffect = "No cached result found for side effect"
	otherEnd  = "doesn't return the same result as the last event"
)

// explain says what a replay's error means. task are the events of the task that does not fit.
func explain(failure string, task []*historypb.HistoryEvent) Difference {
	first, last := task[0], task[len(task)-1]
	if m := missingAt.FindStringSubmatch(failure); m != nil {
		number, _ := strconv.ParseInt(m[1], 10, 64) // digits only
		event := find(task, func(e *historypb.HistoryEvent) bool { return e.GetEventId() == number })
		return Difference{number, fmt.Sprintf("the history has %s; this build does not", describeEvent(event))}
	}
	if m := otherLA.FindStringSubmatch(failure); m != nil {
		event := find(task, func(e *historypb.HistoryEvent) bool { return localActivity(e) == m[2] })
		return Difference{event.GetEventId(), fmt.Sprintf("the history has local activity %s; this build runs local activity %s", m[2], m[1])}
	}
	if m := mismatch.FindStringSubmatch(failure); m != nil {
		event := find(task, named(m[1], m[2]))
		text := fmt.Sprintf("the history has %s; this build has %s", describeEvent(event), describeCommand(m[3], m[4]))
		return Difference{event.GetEventId(), text}
	}
	if m := missing.FindStringSubmatch(failure); m != nil {
		event := find(task, named(m[1], m[2]))
		return Difference{event.GetEventId(), fmt.Sprintf("the history has %s; this build does not", describeEvent(event))}
	}
	if m := extra.FindStringSubmatch(failure); m != nil {
		text := fmt.Sprintf("after this event, this build has %s; the history does not", describeCommand(m[1], m[2]))
		return Difference{last.GetEventId(), text}
	}
	switch {
	case strings.Contains(failure, newEffect):
		return Difference{first.GetEventId(), "in the task of this event, this build records a side effect; the history does not"}
	case strings.Contains(failure, otherEnd):
		return Difference{last.GetEventId(), fmt.Sprintf("the history ends with %s; this build does something else", describeEvent(last))}
	}
	return Difference{first.GetEventId(), "in the task of this event, the code fails: " + shorten(failure)}
}

// find returns the first event for which is holds, and otherwise the first of all.
func find(events []*historypb.HistoryEvent, is func(*historypb.HistoryEvent) bool) *historypb.HistoryEvent {
	return events[max(slices.IndexFunc(events, is), 0)]
}

// named recognises the event that the SDK's text describes: by its type, and by its activity's or timer's id where it has one.
func named(kind, attributes string) func(*historypb.HistoryEvent) bool {
	return func(e *historypb.HistoryEvent) bool {
		if e.GetEventType().String() != kind {
			return false
		}
		id := e.GetActivityTaskScheduledEventAttributes().GetActivityId() + e.GetTimerStartedEventAttributes().GetTimerId()
		return id == "" || strings.Contains(attributes, "ActivityId:"+id+",") || strings.Contains(attributes, "TimerId:"+id+",")
	}
}

// longest is the longest text of an unknown failure, which may quote the history.
const longest = 200

func shorten(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	if runes := []rune(line); len(runes) > longest {
		return string(runes[:longest]) + " ..."
	}
	return line
}

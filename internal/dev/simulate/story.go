package simulate

import (
	"errors"
	"fmt"
	"strings"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	failurepb "go.temporal.io/api/failure/v1"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

// story is what came to one run of the model and what the run did, in their order.
type story struct {
	id, kind string
	run      int
	input    []*commonpb.Payload
	began    time.Time
	entries  []entry
	asked    int // steps, timers, starts and signals that the run has asked for
	timers   []runningTimer
	ended    bool
	end      ending
}

// entry is one thing that came to a run, or one that it did.
type entry struct {
	came arrival
	at   time.Time
	// line is what the run did, for people and for comparison.
	line string
	// number is that of the step, timer, start or signal that was asked for, or has its outcome; from 1.
	number  int
	name    string // of a signal or an update; the id of a workflow that was started or signalled
	values  []*commonpb.Payload
	failure *failurepb.Failure
}

// arrival is what comes to a run from outside.
type arrival int

const (
	nothing arrival = iota // the entry is something that the run did
	aSignal
	anUpdate
	anOutcome // of a step, a start or a signal
	aTimer    // has fired
)

// ending is how a run ended.
type ending int

const (
	completed ending = iota
	failedRun
	continued
)

type runningTimer struct {
	number int
	due    time.Time
	future workflow.Future
}

// did adds what the run does, and returns its number if it is asked of the server.
func (s *story) did(at time.Time, line string, asks bool) int {
	if s == nil {
		return 0
	}
	s.fired()
	e := entry{at: at, line: line}
	if asks {
		s.asked++
		e.number = s.asked
	}
	s.entries = append(s.entries, e)
	return e.number
}

// got adds what comes to the run.
func (s *story) got(e entry) {
	if s == nil {
		return
	}
	s.fired()
	s.entries = append(s.entries, e)
}

// fired adds the timers that have fired since the last entry: the SDK's future says so.
func (s *story) fired() {
	left := s.timers[:0]
	for _, timer := range s.timers {
		if timer.future.IsReady() {
			s.entries = append(s.entries, entry{came: aTimer, at: timer.due, number: timer.number})
			continue
		}
		left = append(left, timer)
	}
	s.timers = left
}

// times adds a timer that the run starts.
func (s *story) times(at time.Time, d time.Duration, future workflow.Future) {
	if s == nil || d <= 0 { // the SDK starts none without a duration
		return
	}
	number := s.did(at, timerLine(d), true)
	s.timers = append(s.timers, runningTimer{number, at.Add(d), future})
}

// unread takes back the last signals, which the run has not received before it ended.
func (s *story) unread(signals int) {
	if s == nil {
		return
	}
	for i := len(s.entries) - 1; signals > 0 && i >= 0; i-- {
		if s.entries[i].came == aSignal {
			s.entries = append(s.entries[:i], s.entries[i+1:]...)
			signals--
		}
	}
}

// closed adds the end of the run.
func (s *story) closed(at time.Time, result any, err error) {
	if s == nil {
		return
	}
	line, end := endLine(result, err)
	s.did(at, line, false)
	s.ended, s.end, s.timers = true, end, nil
}

// arrivals are the entries that came from outside.
func (s *story) arrivals() []entry {
	var came []entry
	for _, e := range s.entries {
		if e.came != nothing {
			came = append(came, e)
		}
	}
	return came
}

// with is how many things came with the run's first task.
func (s *story) with() int {
	for i, e := range s.arrivals() {
		if e.at.After(s.began) || e.came != aSignal && e.came != anUpdate {
			return i
		}
	}
	return len(s.arrivals())
}

func payloads(values ...any) []*commonpb.Payload {
	out, err := converter.GetDefaultDataConverter().ToPayloads(values...)
	if err != nil {
		panic(err) // the workflow's own values
	}
	return out.GetPayloads()
}

func text(values ...any) string {
	return textOf(payloads(values...))
}

func textOf(values []*commonpb.Payload) string {
	var out []string
	for _, value := range values {
		out = append(out, string(value.GetData()))
	}
	return strings.Join(out, " ")
}

func stepLine(local bool, name string, args []any) string {
	if local {
		return "fast " + name + " " + text(args...)
	}
	return "slow " + name + " " + text(args...)
}

func timerLine(d time.Duration) string { return "timer " + d.String() }

func startLine(id, kind string, args []any) string {
	return "start " + kind + " " + id + " " + text(args...)
}

func signalLine(id, name string, arg any) string {
	return "signal " + name + " " + id + " " + text(arg)
}

func answerLine(name string, result any, err error) string {
	if err != nil {
		return "answer " + name + " error " + errorText(err)
	}
	return "answer " + name + " " + text(result)
}

func endLine(result any, err error) (string, ending) {
	var anew *workflow.ContinueAsNewError
	switch {
	case errors.As(err, &anew):
		return "continue as new " + textOf(anew.Input.GetPayloads()), continued
	case err != nil:
		return "fail " + errorText(err), failedRun
	case result == nil:
		return "complete", completed
	default:
		return "complete " + text(result), completed
	}
}

// errorText is the part of an error that a caller or an operator acts on. What the SDK wraps around it names events and identities.
func errorText(err error) string {
	var application *temporal.ApplicationError
	if errors.As(err, &application) {
		return fmt.Sprintf("%s %s final=%t", application.Type(), application.Message(), application.NonRetryable())
	}
	return err.Error()
}

// failureOf is what the activity itself returned, without what the SDK wraps around it.
func failureOf(err error) *failurepb.Failure {
	var attempt *temporal.ActivityError
	if errors.As(err, &attempt) && attempt.Unwrap() != nil {
		err = attempt.Unwrap()
	}
	return temporal.GetDefaultFailureConverter().ErrorToFailure(err)
}

package simulate

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"farebook/workflows"
)

// run is one run of a workflow under its id.
type run struct {
	id, kind string
	number   int
	input    any
	ctx      workflow.Context
	cancel   workflow.CancelFunc
	signals  map[string]workflow.Channel
	waiting  map[string][]any         // signals that came before the run began
	updates  map[string]updateHandler // by name
	handling []workflow.CancelFunc    // of the updates that it handles
	queries  map[string]any
	asked    map[string]*update // by the id of the update
	result   any
	err      error
	ended    bool
	story    *story // nil unless the run is in the sample
}

type runKey struct{}

// runOf is the run whose code calls; nil for the world's own.
func runOf(ctx workflow.Context) *run {
	r, _ := ctx.Value(runKey{}).(*run)
	return r
}

// running is the run under an id that has not ended; nil without one.
func (w *world) running(id string) *run {
	r := w.runs[id]
	if r == nil || r.ended {
		return nil
	}
	return r
}

// start begins a run under an id that has none, or returns the one that has not ended.
func (w *world) start(id, kind string, input any) *run {
	if r := w.running(id); r != nil {
		return r
	}
	w.sequence++
	r := &run{
		id: id, kind: kind, number: w.sequence, input: input, signals: map[string]workflow.Channel{}, waiting: map[string][]any{},
		updates: map[string]updateHandler{}, queries: map[string]any{}, asked: map[string]*update{},
	}
	r.story = w.sample.begin(id, kind, r.number, input)
	w.runs[id] = r
	w.open++
	w.counts["workflows"]++
	w.after(w.upTo(taskTime), func(workflow.Context) { w.begin(r) })
	return r
}

// begin runs the workflow's code in a coroutine.
func (w *world) begin(r *run) {
	r.ctx, r.cancel = workflow.WithCancel(workflow.WithValue(w.root, runKey{}, r))
	if r.story != nil {
		r.story.began = w.now()
	}
	workflow.Go(r.ctx, func(ctx workflow.Context) {
		result, err := invoke(ctx, workflows.ByType()[r.kind], r.input)
		w.end(r, result, err)
	})
}

// end closes a run. Temporal does not let a run complete that has not seen a signal: the signal begins another run here.
func (w *world) end(r *run, result any, err error) {
	r.result, r.err, r.ended = result, err, true
	r.story.closed(w.now(), result, err)
	w.open--
	r.cancel()
	for _, cancel := range r.handling {
		cancel()
	}
	left := map[string][]any{}
	for name, channel := range r.signals {
		var signal any
		for channel.ReceiveAsync(&signal) {
			left[name] = append(left[name], signal)
		}
		r.story.unread(len(left[name]))
		channel.Close()
	}
	var anew *workflow.ContinueAsNewError
	switch {
	case errors.As(err, &anew):
		w.passOn(w.start(r.id, r.kind, nextInput(r, anew)), left)
	case err != nil:
		w.failures = append(w.failures, fmt.Sprintf("workflow %s failed: %v", r.id, err))
	case len(left) > 0:
		w.passOn(w.start(r.id, r.kind, r.input), left)
	}
}

// passOn hands the signals that a run has not received to the next one.
func (w *world) passOn(next *run, left map[string][]any) {
	for _, name := range slices.Sorted(maps.Keys(left)) {
		for _, signal := range left[name] {
			w.signal(next, name, signal)
		}
	}
}

// nextInput is the input of a run that continues as new.
func nextInput(r *run, anew *workflow.ContinueAsNewError) any {
	of := reflect.TypeOf(workflows.ByType()[r.kind])
	if of.NumIn() < 2 {
		return nil
	}
	in := reflect.New(of.In(1))
	if err := converter.GetDefaultDataConverter().FromPayloads(anew.Input, in.Interface()); err != nil {
		panic(err) // the workflow's own input
	}
	return in.Elem().Interface()
}

// signal hands a signal to a run that has not ended.
func (w *world) signal(r *run, name string, in any) {
	r.story.got(entry{came: aSignal, at: w.now(), name: name, values: payloads(in)})
	if channel := r.signals[name]; channel != nil {
		channel.SendAsync(in)
		return
	}
	r.waiting[name] = append(r.waiting[name], in)
}

// channel is the channel of a signal, for the code of the run.
func (r *run) channel(ctx workflow.Context, name string) workflow.ReceiveChannel {
	if r.signals[name] == nil {
		r.signals[name] = workflow.NewNamedBufferedChannel(ctx, name, signalsAtOnce)
		for _, early := range r.waiting[name] {
			r.signals[name].SendAsync(early)
		}
		delete(r.waiting, name)
	}
	return r.signals[name]
}

// signalsAtOnce bounds the signals that wait in one run.
const signalsAtOnce = 10_000

// status is how a run stands, as Temporal names it.
func (r *run) status() enumspb.WorkflowExecutionStatus {
	switch {
	case !r.ended:
		return enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING
	case r.err != nil && workflow.IsContinueAsNewError(r.err):
		return enumspb.WORKFLOW_EXECUTION_STATUS_CONTINUED_AS_NEW
	case r.err != nil && temporal.IsCanceledError(r.err):
		return enumspb.WORKFLOW_EXECUTION_STATUS_CANCELED
	case r.err != nil:
		return enumspb.WORKFLOW_EXECUTION_STATUS_FAILED
	default:
		return enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED
	}
}

// invoke calls a workflow, or the handler of an update, with its arguments.
func invoke(ctx workflow.Context, function any, args ...any) (any, error) {
	of := reflect.ValueOf(function)
	in := []reflect.Value{reflect.ValueOf(ctx)}
	for _, arg := range args {
		if len(in) < of.Type().NumIn() {
			in = append(in, reflect.ValueOf(arg))
		}
	}
	out := of.Call(in)
	err, _ := out[len(out)-1].Interface().(error)
	if len(out) == 1 {
		return nil, err
	}
	return out[0].Interface(), err
}

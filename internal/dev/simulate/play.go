package simulate

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
	"google.golang.org/protobuf/types/known/durationpb"

	"farebook/activities"
	"farebook/internal/wait"
	"farebook/worker/service"
	"farebook/workflows"
)

const (
	// idleQueue has no worker: what a played run starts must not run.
	idleQueue = "simulate-idle"
	// playedTask is the shortest that a server takes. What comes while a fast step runs is delivered after heldTask.
	playedTask = time.Second
	heldTask   = playedTask * 4 / 5
	// neverFires is longer than any play.
	neverFires = time.Hour
)

// play is one story on a real server.
type play struct {
	*stage

	client   client.Client
	run      client.WorkflowRun
	patience time.Duration   // for each entry
	slow     time.Duration   // multiplies the time between the things that come, and that of a task
	planned  []time.Duration // for each thing that comes: when, at the usual speed
	began    time.Time
	running  map[string]bool
	given    int // things that the player has delivered, or that it expects from the server
}

// playOn plays a story, and returns how the server's run differs from it. slow multiplies the time between the things that come.
func playOn(ctx context.Context, c client.Client, s *story, patience time.Duration, slow int) (err error) {
	p := &play{stage: newStage(s), client: c, patience: patience * time.Duration(slow), slow: time.Duration(slow), running: map[string]bool{}}
	p.shorten()
	p.finishForGood()
	defer func() { p.terminate(context.WithoutCancel(ctx)) }()
	if err := p.prepare(ctx, 0); err != nil {
		return err
	}
	queue := "simulate-" + uuid.NewString()
	if err := p.start(ctx, queue); err != nil {
		return err
	}
	w := worker.New(c, queue, worker.Options{
		Interceptors: []interceptor.WorkerInterceptor{p.stage}, DeadlockDetectionTimeout: time.Minute, DisableRegistrationAliasing: true,
	})
	service.Register(w, noActivities())
	if err := w.Start(); err != nil {
		return err
	}
	defer w.Stop()
	p.began = time.Now()
	if p.with > 0 { // which came at once
		p.began = p.began.Add(-p.slow * p.planned[p.with-1])
	}
	if err := p.through(ctx); err != nil {
		return err
	}
	return p.replay(ctx)
}

// noActivities have the names of all. None is called: see replying.
func noActivities() service.Activities {
	return service.Activities{
		Payments: &activities.Payments{}, Refunds: &activities.Refunds{}, Disputes: &activities.Disputes{}, Payouts: &activities.Payouts{},
		Emails: &activities.Emails{}, Inbox: &activities.Inbox{}, AccountFees: &activities.AccountFees{}, Unbooked: &activities.Unbooked{},
		Seals: &activities.Seals{}, Retention: &activities.Retention{}, Webhooks: &activities.Webhooks{},
		Reconciliations: &activities.Reconciliations{},
	}
}

// start starts the run with what came with its first task.
func (p *play) start(ctx context.Context, queue string) (err error) {
	options := client.StartWorkflowOptions{
		ID: p.story.id, TaskQueue: queue, WorkflowTaskTimeout: p.slow * playedTask,
		WorkflowIDConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_FAIL,
		WorkflowIDReusePolicy:    enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
	}
	if err := p.end(ctx, options.ID); err != nil { // of another play
		return err
	}
	came := slices.Clone(p.came[:p.with])
	if at := slices.IndexFunc(came, func(e entry) bool { return e.came == anUpdate }); at >= 0 {
		err = p.startWith(ctx, options, came[at])
		came = slices.Delete(came, at, at+1)
	} else {
		p.run, err = p.client.ExecuteWorkflow(ctx, options, p.story.kind, raw(p.story.input)...)
	}
	if err != nil {
		return err
	}
	for _, e := range came {
		if err := p.deliver(ctx, e); err != nil {
			return err
		}
	}
	return nil
}

// startWith starts the run with an update in one request, as production does: an update that is sent after the start may miss the first
// task, and is handled at another place of the run's order then.
func (p *play) startWith(ctx context.Context, options client.StartWorkflowOptions, e entry) error {
	p.given++
	update := client.UpdateWithStartWorkflowOptions{
		StartWorkflowOperation: p.client.NewWithStartWorkflowOperation(options, p.story.kind, raw(p.story.input)...),
		UpdateOptions: client.UpdateWorkflowOptions{
			UpdateName: e.name, Args: raw(e.values), WaitForStage: client.WorkflowUpdateStageCompleted,
		},
	}
	refused := make(chan error, 1)
	go func() { // the run's own answer is compared
		_, err := p.client.UpdateWithStartWorkflow(ctx, update)
		refused <- err
	}()
	for {
		described, err := p.client.DescribeWorkflowExecution(ctx, options.ID, "")
		info := described.GetWorkflowExecutionInfo()
		if err == nil && info.GetStatus() == enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING {
			p.run = p.client.GetWorkflow(ctx, options.ID, info.GetExecution().GetRunId())
			return nil
		}
		if err := ignoreMissing(err); err != nil {
			return err
		}
		select {
		case err := <-refused:
			return fmt.Errorf("the server did not start the run with its update: %w", err)
		case <-time.After(startPace):
		}
	}
}

// startPace is the time between two reads of a run that the server is about to start.
const startPace = 10 * time.Millisecond

// raw are payloads as arguments, which nothing encodes again.
func raw(values []*commonpb.Payload) (args []any) {
	for _, value := range values {
		args = append(args, converter.NewRawValue(value))
	}
	return args
}

// through plays the entries in their order.
func (p *play) through(ctx context.Context) error {
	lines, came := 0, 0
	for _, e := range p.story.entries {
		if e.came == nothing {
			lines++
			if err := p.await(ctx, lines, came); err != nil {
				return err
			}
			continue
		}
		came++
		if came > p.given {
			if err := p.prepare(ctx, came); err != nil {
				return err
			}
			if err := p.pace(ctx, came); err != nil {
				return err
			}
			if err := p.deliverAll(ctx, p.came[came-1:]); err != nil {
				return err
			}
		}
		if err := p.await(ctx, lines, came); err != nil {
			return err
		}
	}
	return nil
}

// pace waits until the time of a thing that comes. On a machine that is faster than planned, a timer that was started later would otherwise
// fire before an earlier one that is due before it.
func (p *play) pace(ctx context.Context, came int) error {
	return wait.For(ctx, time.Until(p.began.Add(p.slow*p.planned[came-1])))
}

// deliverAll delivers the first of what comes, and signals that come at the same moment as one.
func (p *play) deliverAll(ctx context.Context, left []entry) error {
	for i, e := range left {
		if i > 0 && (e.came != aSignal || left[0].came != aSignal || !e.at.Equal(left[0].at)) {
			return nil
		}
		if err := p.deliver(ctx, e); err != nil {
			return err
		}
	}
	return nil
}

// deliver brings one thing to the run. Timers and the outcomes of starts and signals come from the server.
func (p *play) deliver(ctx context.Context, e entry) error {
	p.given++
	switch {
	case e.came == aSignal:
		return p.client.SignalWorkflow(ctx, p.run.GetID(), p.run.GetRunID(), e.name, converter.NewRawValue(e.values[0]))
	case e.came == anUpdate:
		update := client.UpdateWorkflowOptions{
			WorkflowID: p.run.GetID(), RunID: p.run.GetRunID(), UpdateName: e.name, Args: raw(e.values),
			WaitForStage: client.WorkflowUpdateStageCompleted,
		}
		go func() { _, _ = p.client.UpdateWorkflow(ctx, update) }() // the run's own answer is compared
	case e.came == anOutcome && e.name == "":
		close(p.due[e.number])
	}
	return nil
}

// await waits until the run has done and got so much, and compares what it did.
func (p *play) await(ctx context.Context, lines, came int) error {
	limit := time.NewTimer(p.patience + longest(p.timers))
	defer limit.Stop()
	for {
		did, seen := p.state()
		if err := p.compare(did); err != nil {
			return err
		}
		if seen > p.given && !p.ended(len(did)) {
			return fmt.Errorf("the server's run has got %d things where the model's has got %d: too early, or too many", seen, p.given)
		}
		if len(did) >= lines && (seen >= came || p.ended(len(did))) {
			return nil
		}
		select {
		case <-p.changed:
		case <-ctx.Done():
			return ctx.Err()
		case <-limit.C:
			return p.missing(did, seen, lines, came)
		}
	}
}

func longest(timers map[int]time.Duration) (most time.Duration) {
	for _, d := range timers {
		most = max(most, d)
	}
	return most
}

func (p *play) missing(did []string, seen, lines, came int) error {
	if len(did) < lines {
		return fmt.Errorf("after %s, the model's run does %q, the server's run nothing", p.place(len(did)), p.lineAt(len(did)))
	}
	return fmt.Errorf("after %s, the server's run has got %d of %d things: %+v has not come", p.place(len(did)), seen, came, p.came[came-1])
}

// ended reports whether the run has done all of the story, and the story has an end.
func (p *play) ended(lines int) bool { return p.story.ended && p.lineAt(lines) == "" }

// compare compares what the server's run has done with the story.
func (p *play) compare(did []string) error {
	for i, line := range did {
		if want := p.lineAt(i); line != want {
			if want == "" {
				want = "nothing more"
			}
			return fmt.Errorf("after %s, the model's run does %q, the server's run %q", p.place(i), want, line)
		}
	}
	return nil
}

// lineAt is what the story's run does at a place; empty beyond its end.
func (p *play) lineAt(place int) string {
	for _, e := range p.story.entries {
		if e.came != nothing {
			continue
		}
		if place == 0 {
			return e.line
		}
		place--
	}
	return ""
}

// place describes a place for people by what the run did before it.
func (p *play) place(lines int) string {
	if lines == 0 {
		return "its start"
	}
	name, _, _ := strings.Cut(p.lineAt(lines-1), "{")
	return fmt.Sprintf("%d lines, the last of them %q", lines, strings.TrimSpace(name))
}

// shorten plans when each thing comes, and gives each timer that fires in the story the time until it is its turn. The server learns of a
// timer at the end of the task that starts it.
func (p *play) shorten() {
	var now, began time.Duration // of the play, and when its task began
	var unsent []int             // what the task asks for
	sent, local := map[int]time.Duration{}, map[int]bool{}
	send := func(at time.Duration) {
		for _, number := range unsent {
			sent[number] = at
		}
		unsent = nil
	}
	for _, e := range p.story.entries {
		switch {
		case e.came == nothing && e.number > 0:
			local[e.number] = strings.HasPrefix(e.line, "fast ")
			unsent = append(unsent, e.number)
		case e.came == nothing:
		default:
			goesOn := anyTrue(local) // the task waits for its fast steps
			fast := local[e.number] && e.came == anOutcome
			delete(local, e.number)
			if !goesOn {
				send(now)
				began = now + perThing
			}
			now += perThing
			p.planned = append(p.planned, now)
			if goesOn && !fast {
				send(began + heldTask)
				now += playedTask
			}
			if e.came == aTimer {
				now = max(now+perTimer, sent[e.number]+leastTimer)
				p.timers[e.number] = p.slow * (now - sent[e.number])
			}
		}
	}
}

const (
	// perThing is the time that one thing takes to play, at the usual speed.
	perThing = 100 * time.Millisecond
	// perTimer is the time more that keeps a timer apart from the thing before, such as another timer.
	perTimer = 200 * time.Millisecond
	// leastTimer is the shortest timer whose time the server keeps. It reads timers a second ahead (history.timerProcessorMaxTimeShift), and
	// one that is due within that time waits for the end of it, together with others.
	leastTimer = 1200 * time.Millisecond
)

func anyTrue(of map[int]bool) bool {
	for _, is := range of {
		if is {
			return true
		}
	}
	return false
}

// finishForGood has the server not repeat an activity whose failure was the last in the story: the next attempt would come too late. The
// SDK repeats a fast step by its policy.
func (p *play) finishForGood() {
	for number, end := range p.ends {
		application := end.failure.GetApplicationFailureInfo()
		switch {
		case application == nil || application.GetNonRetryable():
		case p.slowStep(number):
			application.NextRetryDelay = durationpb.New(365 * 24 * time.Hour)
		default:
			application.NextRetryDelay = nil // the model has waited
		}
	}
}

func (p *play) slowStep(number int) bool {
	for _, e := range p.story.entries {
		if e.came == nothing && e.number == number {
			return strings.HasPrefix(e.line, "slow ")
		}
	}
	return false
}

// prepare has the workflows run, or not run, that the run starts or signals after so many things have come.
func (p *play) prepare(ctx context.Context, after int) error {
	came := 0
	for _, e := range p.story.entries {
		if e.came != nothing {
			came++
		}
		if e.came != nothing || e.number == 0 || came != after {
			continue
		}
		end := p.ends[e.number]
		if end.name == "" {
			continue
		}
		starts := strings.HasPrefix(e.line, "start ")
		if err := p.have(ctx, end.name, starts == (end.failure != nil)); err != nil {
			return err
		}
		p.running[end.name] = p.running[end.name] || starts
	}
	return nil
}

// have has a workflow run under an id, or none.
func (p *play) have(ctx context.Context, id string, running bool) error {
	known, touched := p.running[id]
	switch {
	case touched && known == running:
		return nil
	case running:
		p.running[id] = true
		_, err := p.client.ExecuteWorkflow(ctx, client.StartWorkflowOptions{ID: id, TaskQueue: idleQueue}, "Other")
		return err
	default:
		p.running[id] = false
		return p.end(ctx, id)
	}
}

func (p *play) end(ctx context.Context, id string) error {
	return ignoreMissing(p.client.TerminateWorkflow(ctx, id, "", "the play needs it ended"))
}

func (p *play) terminate(ctx context.Context) {
	for id, running := range p.running {
		if running {
			_ = p.end(ctx, id) // the server ends with the sample
		}
	}
	_ = p.end(ctx, p.story.id) // the same
}

// replay reads the history that the server has written, compares how it ended, and has the SDK replay it with the workflow's code.
func (p *play) replay(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, p.patience)
	defer cancel()
	history := &historypb.History{}
	events := p.client.GetWorkflowHistory(ctx, p.run.GetID(), p.run.GetRunID(), p.story.ended, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for events.HasNext() {
		event, err := events.Next()
		if err != nil {
			return fmt.Errorf("the history has no end: %w", err)
		}
		history.Events = append(history.Events, event)
	}
	if err := p.endsAs(history.GetEvents()[len(history.GetEvents())-1].GetEventType()); err != nil {
		return err
	}
	again := newStage(p.story)
	replayer, err := worker.NewWorkflowReplayerWithOptions(worker.WorkflowReplayerOptions{
		Interceptors: []interceptor.WorkerInterceptor{again}, DisableRegistrationAliasing: true, DisableDeadlockDetection: true,
	})
	if err != nil {
		return err
	}
	replayer.RegisterWorkflowWithOptions(workflows.ByType()[p.story.kind], workflow.RegisterOptions{Name: p.story.kind})
	if err := replayer.ReplayWorkflowHistoryWithOptions(silent(), history, worker.ReplayWorkflowHistoryOptions{
		OriginalExecution: workflow.Execution{ID: p.run.GetID(), RunID: p.run.GetRunID()},
	}); err != nil {
		return fmt.Errorf("the server's history does not replay: %w", err)
	}
	did, _ := again.state()
	played, _ := p.state()
	if p.story.ended && len(did) < len(played) {
		return fmt.Errorf("the replay of the server's history ends after %s", p.place(len(did)))
	}
	return p.compare(did)
}

var closings = map[ending]enumspb.EventType{
	completed: enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED,
	failedRun: enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_FAILED,
	continued: enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW,
}

func (p *play) endsAs(last enumspb.EventType) error {
	want := closings[p.story.end]
	if p.story.ended && last != want {
		return fmt.Errorf("the model's run ends as %s, the server's as %s", want, last)
	}
	return nil
}

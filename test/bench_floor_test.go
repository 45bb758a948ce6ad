package test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"farebook/internal/dev/testkit"
)

// floorBench runs what bookings are compared with.
type floorBench struct {
	b     *testing.B
	s     *testkit.Stack
	queue string
}

func newFloor(b *testing.B, s *testkit.Stack) floorBench {
	queue := s.DB.Name + "-floor"
	pollers := worker.NewPollerBehaviorAutoscaling(worker.PollerBehaviorAutoscalingOptions{
		// One for each client from the start: the comparator is at its best.
		InitialNumberOfPollers: benchClients, MinimumNumberOfPollers: benchClients, MaximumNumberOfPollers: mostClients,
	})
	w := worker.New(s.Temporal, queue, worker.Options{WorkflowTaskPollerBehavior: pollers, ActivityTaskPollerBehavior: pollers})
	w.RegisterWorkflowWithOptions(emptyWorkflow, workflow.RegisterOptions{Name: "Empty"})
	w.RegisterWorkflowWithOptions(shapeWorkflow, workflow.RegisterOptions{Name: "Shape"})
	w.RegisterWorkflowWithOptions(tutorialWorkflow, workflow.RegisterOptions{Name: "Tutorial"})
	w.RegisterActivity(doNothing)
	w.RegisterActivity(tutorialStep)
	require.NoError(b, w.Start())
	b.Cleanup(w.Stop)
	return floorBench{b, s, queue}
}

func emptyWorkflow(workflow.Context) error { return nil }

// empty runs one to its end, which is its first answer.
func (f floorBench) empty(int) time.Duration {
	began := time.Now()
	run, err := f.s.Temporal.ExecuteWorkflow(f.b.Context(), client.StartWorkflowOptions{TaskQueue: f.queue}, "Empty")
	if err == nil {
		err = run.Get(f.b.Context(), nil)
	}
	if err != nil {
		f.b.Error(err)
	}
	return time.Since(began)
}

// answerOnce has the update of the caller wait until created is true.
func answerOnce(ctx workflow.Context, created *bool) error {
	return workflow.SetUpdateHandler(ctx, createdUpdate, func(ctx workflow.Context) error {
		return workflow.Await(ctx, func() bool { return *created })
	})
}

// shapeWorkflow is what Temporal sees of a paid booking: an update that waits for a step, a timer, a signal, two steps.
func shapeWorkflow(ctx workflow.Context) error {
	created := false
	if err := answerOnce(ctx, &created); err != nil {
		return err
	}
	local := workflow.WithLocalActivityOptions(ctx, workflow.LocalActivityOptions{StartToCloseTimeout: time.Minute})
	step := func() error { return workflow.ExecuteLocalActivity(local, doNothing).Get(ctx, nil) }
	if err := step(); err != nil {
		return err
	}
	created = true
	workflow.NewTimer(ctx, time.Hour)
	workflow.GetSignalChannel(ctx, paidSignal).Receive(ctx, nil)
	if err := step(); err != nil {
		return err
	}
	return step()
}

func doNothing(context.Context) error { return nil }

// What both comparators with a payment are asked.
const (
	createdUpdate = "created"
	paidSignal    = "paid"
)

func (f floorBench) shape(int) time.Duration    { return f.paid("Shape") }
func (f floorBench) tutorial(int) time.Duration { return f.paid("Tutorial") }

// paid runs a workflow to its end; it returns how long the update took, which is the first answer.
func (f floorBench) paid(name string) time.Duration {
	began := time.Now()
	run, err := f.create(f.b.Context(), name)
	first := time.Since(began)
	if err == nil {
		err = f.s.Temporal.SignalWorkflow(f.b.Context(), run.GetID(), run.GetRunID(), paidSignal, nil)
	}
	if err == nil {
		err = run.Get(f.b.Context(), nil)
	}
	if err != nil {
		f.b.Error(err)
	}
	return first
}

func (f floorBench) create(ctx context.Context, name string) (client.WorkflowRun, error) {
	start := f.s.Temporal.NewWithStartWorkflowOperation(client.StartWorkflowOptions{
		ID: uuid.NewString(), TaskQueue: f.queue, WorkflowIDConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_FAIL,
	}, name)
	update, err := f.s.Temporal.UpdateWithStartWorkflow(ctx, client.UpdateWithStartWorkflowOptions{
		StartWorkflowOperation: start,
		UpdateOptions:          client.UpdateWorkflowOptions{UpdateName: createdUpdate, WaitForStage: client.WorkflowUpdateStageCompleted},
	})
	if err != nil {
		return nil, fmt.Errorf("update with start: %w", err)
	}
	run, err := start.Get(ctx)
	if err != nil {
		return nil, err
	}
	return run, update.Get(ctx, nil)
}

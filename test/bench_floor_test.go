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
	w := worker.New(s.Temporal, queue, worker.Options{
		WorkflowTaskPollerBehavior: worker.NewPollerBehaviorAutoscaling(worker.PollerBehaviorAutoscalingOptions{
			// One for each client from the start: the comparator is at its best.
			InitialNumberOfPollers: benchClients, MinimumNumberOfPollers: benchClients, MaximumNumberOfPollers: benchClients,
		}),
	})
	w.RegisterWorkflowWithOptions(emptyWorkflow, workflow.RegisterOptions{Name: "Empty"})
	w.RegisterWorkflowWithOptions(shapeWorkflow, workflow.RegisterOptions{Name: "Shape"})
	w.RegisterActivity(doNothing)
	require.NoError(b, w.Start())
	b.Cleanup(w.Stop)
	return floorBench{b, s, queue}
}

func emptyWorkflow(workflow.Context) error { return nil }

func (f floorBench) empty(int) time.Duration { return f.time(f.runEmpty) }

func (f floorBench) runEmpty(ctx context.Context) error {
	run, err := f.s.Temporal.ExecuteWorkflow(ctx, client.StartWorkflowOptions{TaskQueue: f.queue}, "Empty")
	if err != nil {
		return err
	}
	return run.Get(ctx, nil)
}

func (f floorBench) time(run func(context.Context) error) time.Duration {
	began := time.Now()
	if err := run(f.b.Context()); err != nil {
		f.b.Error(err)
	}
	return time.Since(began)
}

// shapeWorkflow is what Temporal sees of a paid booking: an update that waits for a step, a timer, a signal, two steps.
func shapeWorkflow(ctx workflow.Context) error {
	created := false
	err := workflow.SetUpdateHandler(ctx, "created", func(ctx workflow.Context) error {
		return workflow.Await(ctx, func() bool { return created })
	})
	if err != nil {
		return err
	}
	local := workflow.WithLocalActivityOptions(ctx, workflow.LocalActivityOptions{StartToCloseTimeout: time.Minute})
	step := func() error { return workflow.ExecuteLocalActivity(local, doNothing).Get(ctx, nil) }
	if err := step(); err != nil {
		return err
	}
	created = true
	workflow.NewTimer(ctx, time.Hour)
	workflow.GetSignalChannel(ctx, "paid").Receive(ctx, nil)
	if err := step(); err != nil {
		return err
	}
	return step()
}

func doNothing(context.Context) error { return nil }

func (f floorBench) shape(int) time.Duration { return f.time(f.runShape) }

func (f floorBench) runShape(ctx context.Context) error {
	start := f.s.Temporal.NewWithStartWorkflowOperation(client.StartWorkflowOptions{
		ID: uuid.NewString(), TaskQueue: f.queue, WorkflowIDConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_FAIL,
	}, "Shape")
	update, err := f.s.Temporal.UpdateWithStartWorkflow(ctx, client.UpdateWithStartWorkflowOptions{
		StartWorkflowOperation: start,
		UpdateOptions:          client.UpdateWorkflowOptions{UpdateName: "created", WaitForStage: client.WorkflowUpdateStageCompleted},
	})
	if err != nil {
		return fmt.Errorf("update with start: %w", err)
	}
	run, err := start.Get(ctx)
	if err != nil {
		return err
	}
	if err := update.Get(ctx, nil); err != nil {
		return err
	}
	if err := f.s.Temporal.SignalWorkflow(ctx, run.GetID(), run.GetRunID(), "paid", nil); err != nil {
		return err
	}
	return run.Get(ctx, nil)
}

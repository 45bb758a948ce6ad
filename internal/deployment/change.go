package deployment

import (
	"context"
	"errors"
	"fmt"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/worker"

	"farebook/internal/wait"
)

// NotPolledError refuses to send new workflows to a build that no worker would take them from: each would wait for its time-out.
type NotPolledError struct{ Build Build }

func (e *NotPolledError) Error() string {
	if !e.Build.Versioned() {
		return "no worker without versioning polls: start one first"
	}
	return fmt.Sprintf("no worker of build %s polls: start one first", e.Build)
}

// errNoPrevious says that nobody knows which build was current before.
var errNoPrevious = errors.New("it is not recorded which build was current before: promote one by its id")

// previousKey is the metadata of a build in which Promote records which build was current before it.
const previousKey = "farebook-previous"

// Promote makes a build current: it gets all new workflows, and the open ones that are not pinned continue on it. A ramp ends. The zero
// Build stands for workers without versioning. It returns once the queues route to the build. A repetition changes nothing.
func (d Deployment) Promote(ctx context.Context, to Build) error {
	status, err := d.Read(ctx)
	if err != nil {
		return err
	}
	if err := d.requireWorkers(ctx, status, to); err != nil {
		return err
	}
	if to.Versioned() && to != status.Routing.Current {
		if err := d.recordPrevious(ctx, to, status.Routing.Current); err != nil {
			return err
		}
	}
	return d.makeCurrent(ctx, status, to)
}

// Rollback makes the build current that was current before the present one, and returns it. A repetition goes back one build more.
func (d Deployment) Rollback(ctx context.Context) (Build, error) {
	status, err := d.Read(ctx)
	if err != nil {
		return Build{}, err
	}
	to, err := d.previous(ctx, status.Routing.Current)
	if err != nil {
		return Build{}, err
	}
	if err := d.requireWorkers(ctx, status, to); err != nil {
		return Build{}, err
	}
	return to, d.makeCurrent(ctx, status, to)
}

// requireWorkers returns NotPolledError unless a worker of a build polls every queue, and then waits until Temporal has noted all queues of
// the build, shortly after their first polls. Temporal refuses to send workflows to a build before.
func (d Deployment) requireWorkers(ctx context.Context, status Status, to Build) error {
	found, _ := status.Find(to)
	if found.Workers == 0 {
		return &NotPolledError{to}
	}
	if !to.Versioned() {
		return nil
	}
	return await(ctx, "Temporal has not noted all task queues of build "+to.ID, func(ctx context.Context) (bool, error) {
		described, err := d.handle().DescribeVersion(ctx, client.WorkerDeploymentDescribeVersionOptions{BuildID: to.ID})
		if err != nil {
			return false, err
		}
		noted := map[string]int{} // types of tasks by queue
		for _, queue := range described.Info.TaskQueuesInfos {
			noted[queue.Name]++
		}
		for _, queue := range d.Queues {
			if noted[queue.Name] < 2 { // workflows and activities
				return false, nil
			}
		}
		return true, nil
	})
}

func (d Deployment) makeCurrent(ctx context.Context, status Status, to Build) error {
	token := status.token
	if status.Routing.Percentage > 0 && status.Routing.Ramping != to {
		ended, err := patiently(ctx, d.handle().SetRampingVersion, client.WorkerDeploymentSetRampingVersionOptions{ConflictToken: token})
		if err != nil {
			return d.unlessChanged(ctx, Routing{Current: to}, refusedBy(status, "end the ramp", err))
		}
		token = ended.ConflictToken
	}
	_, err := patiently(ctx, d.handle().SetCurrentVersion,
		client.WorkerDeploymentSetCurrentVersionOptions{BuildID: to.ID, ConflictToken: token})
	if err != nil {
		return d.unlessChanged(ctx, Routing{Current: to}, refusedBy(status, "make build "+to.String()+" current", err))
	}
	return d.awaitRouting(ctx, Routing{Current: to})
}

// Ramp sends a percentage of the new workflows, and of the open ones that are not pinned, to a build. 0 ends a ramp.
func (d Deployment) Ramp(ctx context.Context, to Build, percentage float32) error {
	status, err := d.Read(ctx)
	if err != nil {
		return err
	}
	if percentage > 0 {
		if err := d.requireWorkers(ctx, status, to); err != nil {
			return err
		}
	}
	return d.ramp(ctx, status, to, percentage)
}

func (d Deployment) ramp(ctx context.Context, status Status, to Build, percentage float32) error {
	options := client.WorkerDeploymentSetRampingVersionOptions{ConflictToken: status.token}
	want := Routing{Current: status.Routing.Current}
	if percentage > 0 {
		options.BuildID, options.Percentage = to.ID, percentage
		want.Ramping, want.Percentage = to, percentage
	}
	if _, err := patiently(ctx, d.handle().SetRampingVersion, options); err != nil {
		return d.unlessChanged(ctx, want, refusedBy(status, "ramp build "+to.String(), err))
	}
	return d.awaitRouting(ctx, want)
}

func refusedBy(status Status, what string, err error) error {
	if status.Manager != "" {
		return fmt.Errorf("%s: %w (the deployment is managed by %s: change it there)", what, err, status.Manager)
	}
	return fmt.Errorf("%s: %w", what, err)
}

func (d Deployment) handle() client.WorkerDeploymentHandle {
	return d.Queues[0].Temporal.WorkerDeploymentClient().GetHandle(d.Name)
}

func (d Deployment) recordPrevious(ctx context.Context, of, previous Build) error {
	_, err := patiently(ctx, d.handle().UpdateVersionMetadata, client.WorkerDeploymentUpdateVersionMetadataOptions{
		Version:        worker.WorkerDeploymentVersion{DeploymentName: of.Deployment, BuildID: of.ID},
		MetadataUpdate: client.WorkerDeploymentMetadataUpdate{UpsertEntries: map[string]any{previousKey: previous.String()}},
	})
	if err != nil {
		return fmt.Errorf("record which build is current before %s: %w", of, err)
	}
	return nil
}

// previous returns what Promote has recorded for a build.
func (d Deployment) previous(ctx context.Context, current Build) (Build, error) {
	if !current.Versioned() {
		return Build{}, errNoPrevious
	}
	described, err := patiently(ctx, d.handle().DescribeVersion, client.WorkerDeploymentDescribeVersionOptions{BuildID: current.ID})
	if err != nil {
		return Build{}, fmt.Errorf("ask Temporal for build %s: %w", current, err)
	}
	recorded, ok := described.Info.Metadata[previousKey]
	if !ok {
		return Build{}, errNoPrevious
	}
	var id string
	data := d.Data
	if data == nil {
		data = converter.GetDefaultDataConverter()
	}
	if err := data.FromPayload(recorded, &id); err != nil {
		return Build{}, fmt.Errorf("read which build was current before %s: %w", current, err)
	}
	return Named(d.Name, id), nil
}

// Named returns the build of a deployment that String prints as text.
func Named(deployment, text string) Build {
	if text == Unversioned {
		return Build{}
	}
	return Build{Deployment: deployment, ID: text}
}

// awaitRouting returns once every queue routes as wanted.
func (d Deployment) awaitRouting(ctx context.Context, want Routing) error {
	return await(ctx, "Temporal accepted the change, and not all task queues follow it yet: see deploy status",
		func(ctx context.Context) (bool, error) {
			for _, queue := range d.Queues {
				state, err := queue.Read(ctx, enumspb.TASK_QUEUE_TYPE_WORKFLOW)
				if err != nil || state.Routing != want {
					return false, err
				}
			}
			return true, nil
		})
}

const (
	// awaitLimit bounds the wait for Temporal to carry a change to its task queues, which takes about a second.
	awaitLimit = 30 * time.Second
	awaitPace  = 200 * time.Millisecond
)

// await asks until the answer is yes. otherwise is the error after awaitLimit, together with that of the last question.
func await(ctx context.Context, otherwise string, holds func(context.Context) (bool, error)) error {
	limited, cancel := context.WithTimeout(ctx, awaitLimit)
	defer cancel()
	for {
		held, err := holds(limited)
		if err == nil && held {
			return nil
		}
		if wait.For(limited, awaitPace) != nil {
			return errors.Join(errors.New(otherwise), err)
		}
	}
}

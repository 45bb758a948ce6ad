package deployment

import (
	"context"
	"fmt"
	"slices"
	"time"

	deploymentpb "go.temporal.io/api/deployment/v1"
	enumspb "go.temporal.io/api/enums/v1"
	taskqueuepb "go.temporal.io/api/taskqueue/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
)

// Queue is a task queue of a namespace.
type Queue struct {
	Temporal  client.Client
	Namespace string
	Name      string
}

// Routing is where Temporal sends the workflows that start on a queue. It takes effect on the queue up to a few seconds after the change.
type Routing struct {
	Current Build
	// Ramping gets Percentage of the new workflows; meaningless at 0.
	Ramping    Build
	Percentage float32
}

// routed is what Temporal says of the routing of a queue, and of that of a deployment.
type routed interface {
	GetCurrentDeploymentVersion() *deploymentpb.WorkerDeploymentVersion
	GetRampingDeploymentVersion() *deploymentpb.WorkerDeploymentVersion
	GetRampingVersionPercentage() float32
}

func routingOf(r routed) Routing {
	return Routing{
		Current: of(r.GetCurrentDeploymentVersion()), Ramping: of(r.GetRampingDeploymentVersion()), Percentage: r.GetRampingVersionPercentage(),
	}
}

// Sole returns the build that gets every new workflow; false while the traffic is divided.
func (r Routing) Sole() (Build, bool) {
	switch r.Percentage {
	case 0:
		return r.Current, true
	case 100:
		return r.Ramping, true
	}
	return Build{}, false
}

// Builds returns the builds that get new workflows, all or a part of them.
func (r Routing) Builds() []Build {
	sole, undivided := r.Sole()
	if undivided {
		return []Build{sole}
	}
	return []Build{r.Current, r.Ramping}
}

// Poller is a process that polls a queue.
type Poller struct {
	Build      Build
	LastAccess time.Time
}

// State is a queue as Temporal sees it.
type State struct {
	Routing Routing
	// Pollers are those of the last five minutes.
	Pollers []Poller
}

// pollMemory is longer than the minute that one poll lasts.
const pollMemory = 90 * time.Second

// Workers counts, by build, the processes that polled within pollMemory.
func (s State) Workers() map[Build]int {
	since, counts := time.Now().Add(-pollMemory), map[Build]int{}
	for _, poller := range s.Pollers {
		if poller.LastAccess.After(since) {
			counts[poller.Build]++
		}
	}
	return counts
}

// Read asks Temporal for the queue's workflow or activity tasks. The server answers from memory.
func (q Queue) Read(ctx context.Context, kind enumspb.TaskQueueType) (State, error) {
	answer, err := q.Temporal.WorkflowService().DescribeTaskQueue(ctx, &workflowservice.DescribeTaskQueueRequest{
		Namespace: q.Namespace, TaskQueue: &taskqueuepb.TaskQueue{Name: q.Name}, TaskQueueType: kind,
	})
	if err != nil {
		return State{}, fmt.Errorf("ask Temporal who polls %s: %w", q.Name, err)
	}
	state := State{Routing: routingOf(answer.GetVersioningInfo())}
	for _, poller := range answer.GetPollers() {
		state.Pollers = append(state.Pollers, Poller{
			Build: polledBy(poller.GetDeploymentOptions()), LastAccess: poller.GetLastAccessTime().AsTime(),
		})
	}
	return state, nil
}

// Unattended returns the builds that get new workflows of the queue and that no worker polls as, for workflows or for activities: what
// starts waits for one, although workers of other builds may poll.
func (q Queue) Unattended(ctx context.Context) (builds []Build, err error) {
	for _, kind := range []enumspb.TaskQueueType{enumspb.TASK_QUEUE_TYPE_WORKFLOW, enumspb.TASK_QUEUE_TYPE_ACTIVITY} {
		state, err := q.Read(ctx, kind)
		if err != nil {
			return nil, err
		}
		workers := state.Workers()
		for _, build := range state.Routing.Builds() {
			if workers[build] == 0 && !slices.Contains(builds, build) {
				builds = append(builds, build)
			}
		}
	}
	return builds, nil
}

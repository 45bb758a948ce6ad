package deployment

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	deploymentpb "go.temporal.io/api/deployment/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/converter"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// Deployment is a Worker Deployment whose workers poll Queues. The first queue decides what status reports as routing.
type Deployment struct {
	Name   string
	Queues []Queue
	// Data reads what the client of the queues has written; nil for the SDK's own converter.
	Data converter.DataConverter
}

// ErrUnknown says that no worker of a deployment has polled yet.
var ErrUnknown = errors.New("no worker of this deployment has polled yet")

// The states of a build.
const (
	StateCurrent  = "current"  // gets new workflows
	StateRamping  = "ramping"  // gets a part of the new workflows
	StateInactive = "inactive" // has not got any new workflow yet
	StateDraining = "draining" // gets no new workflows and has open pinned ones, as far as Temporal knows
	StateDrained  = "drained"  // gets no new workflows and has no open pinned ones
)

// BuildStatus is a build of a deployment, or the workers without versioning.
type BuildStatus struct {
	Build      Build
	State      string
	Percentage float32 // of the new workflows
	Since      time.Time
	Workers    int   // processes that poll every queue
	OpenPinned int64 // workflows that can run on this build only
	// MayStop reports whether the build's workers may be stopped: it gets no new workflows and none is pinned to it.
	MayStop bool
}

// Status is a deployment with its builds, the newest first.
type Status struct {
	Name    string
	Manager string // the only identity that may change the deployment; empty for anyone
	Routing Routing
	Builds  []BuildStatus
	token   []byte // serialises changes
}

// Unattended returns the builds that get new workflows and have no worker: every booking waits for one.
func (s Status) Unattended() (builds []BuildStatus) {
	for _, build := range s.Builds {
		if build.Percentage > 0 && build.Workers == 0 {
			builds = append(builds, build)
		}
	}
	return builds
}

// Find returns the status of a build.
func (s Status) Find(b Build) (BuildStatus, bool) {
	i := slices.IndexFunc(s.Builds, func(one BuildStatus) bool { return one.Build == b })
	if i < 0 {
		return BuildStatus{}, false
	}
	return s.Builds[i], true
}

// Read returns the deployment's builds, and ErrUnknown while no worker of it has polled.
func (d Deployment) Read(ctx context.Context) (Status, error) {
	queue := d.Queues[0]
	describe := func(ctx context.Context, r *workflowservice.DescribeWorkerDeploymentRequest) (
		*workflowservice.DescribeWorkerDeploymentResponse, error,
	) {
		return queue.Temporal.WorkflowService().DescribeWorkerDeployment(ctx, r)
	}
	request := &workflowservice.DescribeWorkerDeploymentRequest{Namespace: queue.Namespace, DeploymentName: d.Name}
	answer, err := patiently(ctx, describe, request)
	var none *serviceerror.NotFound
	if errors.As(err, &none) {
		return Status{}, fmt.Errorf("deployment %s: %w", d.Name, ErrUnknown)
	}
	if err != nil {
		return Status{}, fmt.Errorf("ask Temporal for deployment %s: %w", d.Name, err)
	}
	info := answer.GetWorkerDeploymentInfo()
	status := Status{
		Name: d.Name, Manager: info.GetManagerIdentity(), Routing: routingOf(info.GetRoutingConfig()), token: answer.GetConflictToken(),
	}
	polling, err := d.pollers(ctx)
	if err != nil {
		return Status{}, err
	}
	for _, summary := range info.GetVersionSummaries() {
		build := status.of(summary, polling)
		if build.OpenPinned, err = d.openPinned(ctx, build.Build); err != nil {
			return Status{}, err
		}
		// The server counts as well, and waits until its search shows the newest workflows.
		build.MayStop = build.Percentage == 0 && build.OpenPinned == 0 && build.State != StateDraining
		status.Builds = append(status.Builds, build)
	}
	slices.SortStableFunc(status.Builds, func(a, b BuildStatus) int { return b.Since.Compare(a.Since) })
	status.addUnversioned(polling)
	return status, nil
}

func (s Status) of(summary *deploymentpb.WorkerDeploymentInfo_WorkerDeploymentVersionSummary, polling map[Build]int) BuildStatus {
	build := BuildStatus{Build: of(summary.GetDeploymentVersion()), State: StateInactive, Since: summary.GetCreateTime().AsTime()}
	build.Workers, build.Percentage = polling[build.Build], s.percentage(build.Build)
	at := func(state string, since *timestamppb.Timestamp) {
		build.State = state
		if since != nil {
			build.Since = since.AsTime()
		}
	}
	switch {
	case build.Build == s.Routing.Current:
		at(StateCurrent, summary.GetCurrentSinceTime())
	case build.Build == s.Routing.Ramping:
		at(StateRamping, summary.GetRampingSinceTime())
	case summary.GetDrainageInfo().GetStatus() == enumspb.VERSION_DRAINAGE_STATUS_DRAINED:
		at(StateDrained, summary.GetDrainageInfo().GetLastChangedTime())
	case summary.GetLastDeactivationTime() != nil:
		at(StateDraining, summary.GetLastDeactivationTime())
	}
	return build
}

// percentage is the part of the new workflows that a build gets.
func (s Status) percentage(b Build) float32 {
	switch b {
	case s.Routing.Current:
		return 100 - s.Routing.Percentage
	case s.Routing.Ramping:
		return s.Routing.Percentage
	}
	return 0
}

// addUnversioned adds the workers without versioning, if there are any or new workflows are sent to them. Nothing is pinned to them: an
// open workflow that they began continues on the current build.
func (s *Status) addUnversioned(polling map[Build]int) {
	none := BuildStatus{Workers: polling[Build{}], Percentage: s.percentage(Build{}), State: StateInactive}
	if none.Workers == 0 && none.Percentage == 0 {
		return
	}
	switch {
	case s.Routing.Current == none.Build:
		none.State = StateCurrent
	case none.Percentage > 0:
		none.State = StateRamping
	}
	none.MayStop = none.Percentage == 0
	s.Builds = append(s.Builds, none)
}

// pollers counts, by build, the processes that poll each queue: the smallest count of all queues.
func (d Deployment) pollers(ctx context.Context) (map[Build]int, error) {
	var counts map[Build]int
	for _, queue := range d.Queues {
		for _, kind := range []enumspb.TaskQueueType{enumspb.TASK_QUEUE_TYPE_WORKFLOW, enumspb.TASK_QUEUE_TYPE_ACTIVITY} {
			state, err := queue.Read(ctx, kind)
			if err != nil {
				return nil, err
			}
			counts = least(counts, state.Workers())
		}
	}
	return counts, nil
}

// least returns the smaller count of each build; so far is nil before the first counts.
func least(soFar, counts map[Build]int) map[Build]int {
	if soFar == nil {
		return counts
	}
	for build := range soFar {
		soFar[build] = min(soFar[build], counts[build])
	}
	return soFar
}

func (d Deployment) openPinned(ctx context.Context, b Build) (int64, error) {
	queue := d.Queues[0]
	query := fmt.Sprintf("TemporalWorkerDeploymentVersion = %q AND TemporalWorkflowVersioningBehavior = 'Pinned' AND "+
		"ExecutionStatus = 'Running'", b.Deployment+":"+b.ID)
	count, err := queue.Temporal.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{Namespace: queue.Namespace, Query: query})
	if err != nil {
		return 0, fmt.Errorf("count the workflows that are pinned to build %s: %w", b.ID, err)
	}
	return count.GetCount(), nil
}

// Package deployment reads and changes which build of the worker gets new workflows, by Temporal's Worker Versioning. A Worker Deployment
// of Temporal holds all builds; one of them is current, and another may be ramping. It imports Temporal's client and internal/wait only.
package deployment

import (
	deploymentpb "go.temporal.io/api/deployment/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/worker"
)

// Build is one build of the worker: a Worker Deployment Version of Temporal. The zero value stands for all workers without versioning.
type Build struct {
	Deployment string // name of the Worker Deployment
	ID         string // build id
}

// Versioned reports whether this is a build with versioning.
func (b Build) Versioned() bool { return b != Build{} }

// String returns the build id, or "unversioned".
func (b Build) String() string {
	if !b.Versioned() {
		return Unversioned
	}
	return b.ID
}

// Unversioned stands for workers without versioning wherever a build id is printed or typed.
const Unversioned = "unversioned"

// WorkerOptions make a worker poll as this build. A worker without versioning gets the zero value.
func (b Build) WorkerOptions() worker.DeploymentOptions {
	if !b.Versioned() {
		return worker.DeploymentOptions{}
	}
	return worker.DeploymentOptions{
		UseVersioning: true, Version: worker.WorkerDeploymentVersion{DeploymentName: b.Deployment, BuildID: b.ID},
	}
}

// of converts Temporal's version; nil stands for workers without versioning.
func of(version *deploymentpb.WorkerDeploymentVersion) Build {
	return Build{Deployment: version.GetDeploymentName(), ID: version.GetBuildId()}
}

// polledBy returns the build of a poller.
func polledBy(options *deploymentpb.WorkerDeploymentOptions) Build {
	if options.GetWorkerVersioningMode() != enumspb.WORKER_VERSIONING_MODE_VERSIONED {
		return Build{}
	}
	return Build{Deployment: options.GetDeploymentName(), ID: options.GetBuildId()}
}

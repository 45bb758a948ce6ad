package config

import (
	"cmp"
	"regexp"

	"farebook/internal/deployment"
	"farebook/internal/version"
)

// Names that Temporal accepts. A build id is also a label of Kubernetes where the Temporal Worker Controller sets it.
var (
	deploymentNames = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9/_-]{0,199}$`)
	buildIDs        = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$`)
)

// readDeployment switches versioning on when a deployment is named. The build id follows from the commit, so that an operator only names
// the deployment.
func (r *reader) readDeployment() {
	name, id := r.vars.DeploymentName, r.vars.WorkerBuildID
	if name == "" {
		if id != "" {
			r.problem("TEMPORAL_WORKER_BUILD_ID is set without TEMPORAL_DEPLOYMENT_NAME: set both, or unset it for workers without versioning")
		}
		return
	}
	id = cmp.Or(id, version.BuildID())
	switch {
	case !deploymentNames.MatchString(name):
		r.problem("TEMPORAL_DEPLOYMENT_NAME is %q: use letters, digits, /, _ and -, and begin with a letter or digit", name)
	case id == "":
		r.problem("TEMPORAL_WORKER_BUILD_ID is not set, and this program does not know the commit it was built from: set it to a name of " +
			"this build that no other build has")
	case !buildIDs.MatchString(id) || id == deployment.Unversioned:
		r.problem("TEMPORAL_WORKER_BUILD_ID is %q: use letters, digits, ., _ and -, begin with a letter or digit, and do not use %q", id,
			deployment.Unversioned)
	}
	r.config.Build = deployment.Build{Deployment: name, ID: id}
}

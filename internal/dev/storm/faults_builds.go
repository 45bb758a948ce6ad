package storm

import (
	"context"
	"sync"
)

const (
	deployment  = "storm"       // the name of the Worker Deployment
	secondBuild = "second"      // the build that worker-2 is from the first deployment of another one on
	firstBuild  = "unversioned" // what `starter deploy` calls workers without a build
)

// builds are which build is current.
type builds struct {
	mu      sync.Mutex // held while one is made current
	current string     // empty for the first one
}

// promoteOther deploys another build of the worker and makes it current: it gets all new workflows, and those that are pinned to the first
// build end there, on the other worker and in the API. The next time, the first build is current again, as after a rollback. The program of
// both is the same.
func promoteOther(ctx context.Context, s *System, _ Fault) error {
	s.builds.mu.Lock()
	defer s.builds.mu.Unlock()
	if s.builds.current == "" {
		second := s.process("worker-2")
		second.Configure("TEMPORAL_DEPLOYMENT_NAME="+deployment, "TEMPORAL_WORKER_BUILD_ID="+secondBuild)
		second.restart("")
	}
	next := secondBuild
	if s.builds.current == secondBuild {
		next = firstBuild
	}
	_, err := s.starter(ctx, "deploy", "promote", next, "--deployment", deployment, "--wait", "1m")
	s.builds.current = next // also when the answer is lost: promoting the current build changes nothing
	return err
}

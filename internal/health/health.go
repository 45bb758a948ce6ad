// Package health checks what a process needs to do its work, for the probes of API and worker. It imports Temporal's client only.
package health

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"go.temporal.io/sdk/client"
)

// timeout bounds all checks of one request. It is below the usual timeouts of probes and load balancers.
const timeout = 3 * time.Second

// Check is a dependency that a process needs, and how it is asked.
type Check struct {
	Name    string
	Message string // what is wrong when it does not work, for an operator
	Ask     func(ctx context.Context) error
}

// MySQL checks that the database answers a ping.
func MySQL(ping func(ctx context.Context) error) Check {
	return Check{Name: "mysql", Message: "does not answer", Ask: ping}
}

// Temporal checks that the server of c answers.
func Temporal(c client.Client) Check {
	return Check{Name: "temporal", Message: "does not answer", Ask: func(ctx context.Context) error {
		_, err := c.CheckHealth(ctx, &client.CheckHealthRequest{})
		return err
	}}
}

// Failed runs all checks concurrently, and returns those that failed in the given order. Errors of dependencies are logged and not
// returned: they may name hosts and users.
func Failed(ctx context.Context, log *slog.Logger, checks ...Check) []Check {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	errs := make([]error, len(checks))
	var all sync.WaitGroup
	for i, check := range checks {
		all.Go(func() { errs[i] = check.Ask(ctx) })
	}
	all.Wait()
	var failed []Check
	for i, check := range checks {
		if errs[i] != nil {
			log.WarnContext(ctx, "not ready", "part", check.Name, "error", errs[i])
			failed = append(failed, check)
		}
	}
	return failed
}

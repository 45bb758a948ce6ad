package api

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"go.temporal.io/sdk/client"
)

// healthTimeout is below the usual timeouts of load balancers.
const healthTimeout = 3 * time.Second

type healthOutput struct {
	Body struct {
		Status string `json:"status" example:"ok"`
		// Only /readyz sets it.
		Warning string `json:"warning,omitempty" doc:"What an operator should examine while bookings are accepted, such as a database that may have been restored."`
	}
}

func (a *api) addHealth(spec huma.API) {
	register(a, spec, huma.Operation{
		OperationID: "healthz", Method: http.MethodGet, Path: "/healthz", Tags: []string{"Health"},
		Summary: "Report whether the process is alive",
		Errors:  []int{500},
	}, func(context.Context, *struct{}) (*healthOutput, error) { return healthy(), nil })
	register(a, spec, huma.Operation{
		OperationID: "readyz", Method: http.MethodGet, Path: "/readyz", Tags: []string{"Health"}, Summary: "Report whether bookings are accepted",
		Description: "Checks MySQL, Temporal with its namespace and search attributes, that a worker is running, and that no fence stops " +
			"money from moving.", Errors: []int{503},
	}, a.readyz)
	register(a, spec, huma.Operation{
		OperationID: "readyz-webhooks", Method: http.MethodGet, Path: "/readyz/webhooks", Tags: []string{"Health"},
		Summary: "Report whether webhooks are accepted",
		Description: "Checks MySQL only: events are stored first and processed later. A load balancer that routes webhooks by /readyz would " +
			"lose them whenever bookings are not accepted.", Errors: []int{503},
	}, a.readyzWebhooks)
}

func healthy() *healthOutput {
	out := &healthOutput{}
	out.Body.Status = "ok"
	return out
}

// part is a dependency, and the message for when it does not work.
type part struct {
	name, message string
	check         func(ctx context.Context) error
}

func (a *api) readyz(ctx context.Context, _ *struct{}) (*healthOutput, error) {
	out, err := a.ready(ctx, a.database(), part{"temporal", "does not answer", func(ctx context.Context) error {
		_, err := a.Temporal.CheckHealth(ctx, &client.CheckHealthRequest{})
		return err
	}}, part{"namespace", "cannot be used, or search attributes are missing: run `starter setup`", a.Dispatch.CheckNamespace},
		part{"worker", "is not running: no worker polls the task queue of bookings", a.Dispatch.CheckPolled},
		part{"fence", "is up and stops all money: see `starter fence status`", a.noFence})
	if err == nil && a.Warning != nil {
		out.Body.Warning = a.Warning()
	}
	return out, err
}

func (a *api) readyzWebhooks(ctx context.Context, _ *struct{}) (*healthOutput, error) {
	return a.ready(ctx, a.database())
}

func (a *api) database() part { return part{"mysql", "does not answer", a.Store.Ping} }

// ready checks all parts concurrently and reports those that do not work, in the given order.
func (a *api) ready(ctx context.Context, parts ...part) (*healthOutput, error) {
	ctx, cancel := context.WithTimeout(ctx, healthTimeout)
	defer cancel()
	errs := make([]error, len(parts))
	var all sync.WaitGroup
	for i, part := range parts {
		all.Go(func() { errs[i] = part.check(ctx) })
	}
	all.Wait()
	var failed []*huma.ErrorDetail
	for i, part := range parts {
		if errs[i] != nil {
			a.Log.WarnContext(ctx, "not ready", "part", part.name, "error", errs[i])
			failed = append(failed, &huma.ErrorDetail{Location: part.name, Message: part.message})
		}
	}
	if len(failed) > 0 {
		return nil, retryLater(ctx, http.StatusServiceUnavailable, "not-ready", "Not ready: see errors.", retryAfter, failed...)
	}
	return healthy(), nil
}

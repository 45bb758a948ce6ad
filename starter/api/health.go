package api

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"go.temporal.io/sdk/client"
)

// healthTimeout is below what load balancers wait for.
const healthTimeout = 3 * time.Second

type healthOutput struct {
	Body struct {
		Status string `json:"status" example:"ok"`
		// Of /readyz alone.
		Warning string `json:"warning,omitempty" doc:"What an operator is to look at although bookings are taken, as when the database may have been restored."`
	}
}

func (a *api) addHealth(spec huma.API) {
	register(a, spec, huma.Operation{
		OperationID: "healthz", Method: http.MethodGet, Path: "/healthz", Tags: []string{"Health"}, Summary: "Is the process alive?",
		Errors: []int{500},
	}, func(context.Context, *struct{}) (*healthOutput, error) { return healthy(), nil })
	register(a, spec, huma.Operation{
		OperationID: "readyz", Method: http.MethodGet, Path: "/readyz", Tags: []string{"Health"}, Summary: "Can it take bookings?",
		Description: "Asks MySQL, Temporal for its namespace, its search attributes and a worker, and whether a fence keeps money from moving.", Errors: []int{503},
	}, a.readyz)
	register(a, spec, huma.Operation{
		OperationID: "readyz-webhooks", Method: http.MethodGet, Path: "/readyz/webhooks", Tags: []string{"Health"}, Summary: "Can it receive webhooks?",
		Description: "Asks MySQL alone: events are stored and acted on later. A load balancer that sends webhooks here by /readyz would lose " +
			"them whenever bookings cannot be taken.", Errors: []int{503},
	}, a.readyzWebhooks)
}

func healthy() *healthOutput {
	out := &healthOutput{}
	out.Body.Status = "ok"
	return out
}

// part is something that has to work, with what is said when it does not.
type part struct {
	name, message string
	check         func(ctx context.Context) error
}

func (a *api) readyz(ctx context.Context, _ *struct{}) (*healthOutput, error) {
	out, err := a.ready(ctx, a.database(), part{"temporal", "does not answer", func(ctx context.Context) error {
		_, err := a.Temporal.CheckHealth(ctx, &client.CheckHealthRequest{})
		return err
	}}, part{"namespace", "cannot be used, or search attributes are missing: run `starter setup`", a.Dispatch.CheckNamespace},
		part{"worker", "none polls the task queue of bookings: start one", a.Dispatch.CheckPolled},
		part{"fence", "is up, so that no money moves: see `starter fence status`", a.noFence})
	if err == nil && a.Warning != nil {
		out.Body.Warning = a.Warning()
	}
	return out, err
}

func (a *api) readyzWebhooks(ctx context.Context, _ *struct{}) (*healthOutput, error) {
	return a.ready(ctx, a.database())
}

func (a *api) database() part { return part{"mysql", "does not answer", a.Store.Ping} }

// ready checks all parts at once and names each that does not work, in the order given.
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

package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"farebook/internal/health"
)

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

func (a *api) readyz(ctx context.Context, _ *struct{}) (*healthOutput, error) {
	out, err := a.ready(ctx, health.MySQL(a.Store.Ping), health.Temporal(a.Temporal),
		health.Check{
			Name: "namespace", Message: "cannot be used, or search attributes are missing: run `starter setup`",
			Ask: a.Dispatch.CheckNamespace,
		},
		health.Check{
			Name: "worker", Ask: a.Dispatch.CheckPolled,
			Message: "is not running: no worker of the build that gets new bookings polls their task queue; see `starter deploy status`",
		},
		health.Check{Name: "fence", Message: "is up and stops all money: see `starter fence status`", Ask: a.noFence})
	if err == nil && a.Warning != nil {
		out.Body.Warning = a.Warning()
	}
	return out, err
}

func (a *api) readyzWebhooks(ctx context.Context, _ *struct{}) (*healthOutput, error) {
	return a.ready(ctx, health.MySQL(a.Store.Ping))
}

// ready reports the checks that fail.
func (a *api) ready(ctx context.Context, checks ...health.Check) (*healthOutput, error) {
	var failed []*huma.ErrorDetail
	for _, check := range health.Failed(ctx, a.Log, checks...) {
		failed = append(failed, &huma.ErrorDetail{Location: check.Name, Message: check.Message})
	}
	if len(failed) > 0 {
		return nil, retryLater(ctx, http.StatusServiceUnavailable, "not-ready", "Not ready: see errors.", retryAfter, failed...)
	}
	return healthy(), nil
}

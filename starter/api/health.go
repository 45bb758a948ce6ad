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
	}
}

func (a *api) addHealth(spec huma.API) {
	huma.Register(spec, huma.Operation{
		OperationID: "healthz", Method: http.MethodGet, Path: "/healthz", Tags: []string{"Health"}, Summary: "Is the process alive?",
		Errors: []int{500},
	}, func(context.Context, *struct{}) (*healthOutput, error) { return healthy(), nil })
	huma.Register(spec, huma.Operation{
		OperationID: "readyz", Method: http.MethodGet, Path: "/readyz", Tags: []string{"Health"}, Summary: "Can it take bookings?",
		Description: "Asks MySQL and Temporal.", Errors: []int{503},
	}, a.readyz)
}

func healthy() *healthOutput {
	out := &healthOutput{}
	out.Body.Status = "ok"
	return out
}

// readyz asks both at once and names each that does not answer.
func (a *api) readyz(ctx context.Context, _ *struct{}) (*healthOutput, error) {
	ctx, cancel := context.WithTimeout(ctx, healthTimeout)
	defer cancel()
	var database, temporal error
	var both sync.WaitGroup
	both.Go(func() { database = a.Store.Ping(ctx) })
	both.Go(func() { _, temporal = a.Temporal.CheckHealth(ctx, &client.CheckHealthRequest{}) })
	both.Wait()
	var failed []*huma.ErrorDetail
	for name, err := range map[string]error{"mysql": database, "temporal": temporal} {
		if err != nil {
			a.Log.WarnContext(ctx, "not ready", "part", name, "error", err)
			failed = append(failed, &huma.ErrorDetail{Location: name, Message: "does not answer"})
		}
	}
	if len(failed) > 0 {
		model := problem(ctx, http.StatusServiceUnavailable, "not-ready", "Not ready: see errors.", failed...)
		return nil, huma.ErrorWithHeaders(model, http.Header{"Retry-After": {retryAfter}})
	}
	return healthy(), nil
}

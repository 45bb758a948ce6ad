package api

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"farebook/store"
)

// fenceRetry is how long, in seconds, a caller waits before asking again while a fence is up: people lower it, within minutes to hours.
const fenceRetry = "60"

// movesMoney makes an operation one that a fence refuses. The check comes behind those of the caller and the body, and before the
// operation's handler, which claims the Idempotency-Key.
func (a *api) movesMoney(spec huma.API, operation huma.Operation) huma.Operation {
	operation.Middlewares = append(operation.Middlewares, a.unfenced(spec))
	return operation
}

// unfenced lets a request pass while no fence is up.
func (a *api) unfenced(spec huma.API) func(huma.Context, func(huma.Context)) {
	return func(hctx huma.Context, next func(huma.Context)) {
		ctx := hctx.Context()
		fence, err := a.Store.Fence(ctx)
		switch {
		case err != nil:
			refuse(spec, hctx, a.storeFailed(ctx, err))
		case fence != nil:
			a.Log.InfoContext(ctx, "refused: a fence is up", "fence", fence.ID, "raisedAt", fence.RaisedAt)
			refuse(spec, hctx, fenced(ctx, *fence))
		default:
			next(hctx)
		}
	}
}

func fenced(ctx context.Context, fence store.Fence) error {
	model := problem(ctx, http.StatusServiceUnavailable, "fenced", fmt.Sprintf("No money moves since %s: %s. Nothing was done: ask again later "+
		"with the same Idempotency-Key if there was one. Reads work meanwhile.", fence.RaisedAt.UTC().Format(time.RFC3339), fence.Reason))
	return huma.ErrorWithHeaders(model, http.Header{"Retry-After": {fenceRetry}})
}

// moneyMoves is the part of readiness that a fence takes away.
func (a *api) moneyMoves(ctx context.Context) error {
	fence, err := a.Store.Fence(ctx)
	if err == nil && fence != nil {
		err = &store.FenceIsUp{Fence: *fence}
	}
	return err
}

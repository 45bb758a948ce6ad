package api

import (
	"context"

	"github.com/danielgtaylor/huma/v2"

	"farebook/store"
)

// movesMoney has a fence refuse an operation. The check runs after those of caller and body, and before the handler, which claims the
// Idempotency-Key.
func (a *api) movesMoney(spec huma.API, operation huma.Operation) huma.Operation {
	operation.Middlewares = append(operation.Middlewares, func(hctx huma.Context, next func(huma.Context)) {
		if err := a.noFence(hctx.Context()); err != nil {
			refuse(spec, hctx, a.problemOf(hctx.Context(), err))
			return
		}
		next(hctx)
	})
	return operation
}

// noFence returns *store.FenceUpError while a fence is up. The statement that read the caller's key has the answer, unless reading the body
// took long.
func (a *api) noFence(ctx context.Context) error {
	if store.NoFenceStill(callerOf(ctx).NoFenceAt, a.Store.Now()) {
		return nil
	}
	fence, err := a.Store.Fence(ctx)
	if err == nil && fence != nil {
		err = &store.FenceUpError{Fence: *fence}
	}
	return err
}

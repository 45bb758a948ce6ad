package api

import (
	"context"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"farebook/store"
)

// fenceAge is how old an answer may be that no fence is up: the key's statement has it, and reading the body may take long.
const fenceAge = time.Second

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

// noFence returns *store.FenceUpError while a fence is up.
func (a *api) noFence(ctx context.Context) error {
	caller := callerOf(ctx)
	if !caller.Fenced && a.Store.Now().Sub(caller.Asked) < fenceAge {
		return nil
	}
	fence, err := a.Store.Fence(ctx)
	if err == nil && fence != nil {
		err = &store.FenceUpError{Fence: *fence}
	}
	return err
}

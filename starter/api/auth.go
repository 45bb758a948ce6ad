package api

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"farebook/store"
)

// securityScheme is the name of the API key in the OpenAPI document.
const securityScheme = "apiKey"

type callerKey struct{}

// callerOf is who asks; authenticate has put it there.
func callerOf(ctx context.Context) store.APIKey {
	caller, _ := ctx.Value(callerKey{}).(store.APIKey)
	return caller
}

// authenticate lets callers with a valid API key pass. A token that is missing and one that is wrong get the same 401,
// as does one that was revoked. A key that may only read gets 403 for anything else.
func (a *api) authenticate(spec huma.API) func(huma.Context, func(huma.Context)) {
	return func(hctx huma.Context, next func(huma.Context)) {
		ctx := hctx.Context()
		caller, err := a.caller(hctx)
		switch {
		case errors.Is(err, store.ErrNotFound):
			hctx.SetHeader("WWW-Authenticate", `Bearer realm="farebook"`)
			refuse(spec, hctx, problem(ctx, http.StatusUnauthorized, "unauthorized",
				"Send a valid API key: Authorization: Bearer fbk_...", headerField("Authorization", "is missing or holds no valid API key")))
		case err != nil:
			refuse(spec, hctx, a.storeFailed(ctx, err))
		case caller.ReadOnly && hctx.Method() != http.MethodGet:
			refuse(spec, hctx, problem(ctx, http.StatusForbidden, "read-only-key",
				"This API key may read and nothing else: use a key made without --read-only."))
		default:
			next(huma.WithValue(hctx, callerKey{}, caller))
		}
	}
}

// operatorsOnly refuses callers who see their own bookings alone. It stands behind authenticate.
func operatorsOnly(spec huma.API) func(huma.Context, func(huma.Context)) {
	return func(hctx huma.Context, next func(huma.Context)) {
		if !callerOf(hctx.Context()).Operator {
			refuse(spec, hctx, problem(hctx.Context(), http.StatusForbidden, "operators-only",
				"Reconciliation is about every caller's bookings: use a key made with --operator."))
			return
		}
		next(hctx)
	}
}

// caller reads the bearer token (RFC 6750, 2.1).
func (a *api) caller(hctx huma.Context) (store.APIKey, error) {
	request, _ := humago.Unwrap(hctx)
	values := request.Header.Values("Authorization")
	if len(values) != 1 {
		return store.APIKey{}, store.ErrNotFound
	}
	scheme, token, found := strings.Cut(values[0], " ")
	if !found || !strings.EqualFold(scheme, "Bearer") || token == "" {
		return store.APIKey{}, store.ErrNotFound
	}
	return a.Store.Authenticate(hctx.Context(), strings.TrimSpace(token))
}

// refuse writes a problem from within a huma middleware.
func refuse(spec huma.API, hctx huma.Context, err error) {
	var withHeaders huma.HeadersError
	if errors.As(err, &withHeaders) {
		for name, values := range withHeaders.GetHeaders() {
			for _, value := range values {
				hctx.SetHeader(name, value)
			}
		}
	}
	var model *huma.ErrorModel
	if !errors.As(err, &model) {
		model = problem(hctx.Context(), http.StatusInternalServerError, "internal", "Something is broken on our side. Tell us the id in instance.")
	}
	hctx.SetHeader("Content-Type", problemContentType)
	hctx.SetStatus(model.Status)
	_ = spec.Marshal(hctx.BodyWriter(), "application/json", model) // the reader may be gone
}

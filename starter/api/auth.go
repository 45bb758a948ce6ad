package api

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"farebook/access"
	"farebook/internal/correlation"
	"farebook/store"
)

// securityScheme is the name of the API key in the OpenAPI document.
const securityScheme = "apiKey"

type (
	callerKey struct{}
	actorKey  struct{}
)

// callerOf is the caller that authenticate has found.
func callerOf(ctx context.Context) store.Caller {
	caller, _ := ctx.Value(callerKey{}).(store.Caller)
	return caller
}

// actorOf is the caller for the audit log, with the correlation id of the request. The rest of the request may use the booking's id:
// see withBooking.
func actorOf(ctx context.Context) access.Actor {
	actor, _ := ctx.Value(actorKey{}).(access.Actor)
	return actor
}

// guard requires an API key with at least one of the scopes, and documents it. It runs before all other middlewares of the
// operation, and before any byte of the body is read.
func (a *api) guard(spec huma.API, operation huma.Operation, anyOf ...access.Scope) huma.Operation {
	operation.Middlewares = append(huma.Middlewares{a.takeBody(spec, maxBookingBody)}, operation.Middlewares...)
	return a.guardOpen(spec, operation, anyOf...)
}

// guardOpen is guard for an operation that reads its body.
func (a *api) guardOpen(spec huma.API, operation huma.Operation, anyOf ...access.Scope) huma.Operation {
	names := access.Scopes(anyOf).Names()
	operation.Security = []map[string][]string{{securityScheme: names}}
	operation.Description = strings.TrimSpace(operation.Description + "\n\nNeeds the scope `" + strings.Join(names, "` or `") + "`.")
	operation.Middlewares = append(huma.Middlewares{a.authenticate(spec), allow(spec, anyOf)}, operation.Middlewares...)
	operation.Errors = append([]int{401, 403, 500, 503}, operation.Errors...)
	return operation
}

// authenticate accepts callers with a valid API key, and people of the console, who have none. A missing, wrong, revoked or expired token
// and one of a disabled client get the same 401.
func (a *api) authenticate(spec huma.API) func(huma.Context, func(huma.Context)) {
	identify := a.identify(spec)
	withKey := a.guardKeys(spec, identify)
	return func(hctx huma.Context, next func(huma.Context)) {
		if _, signedIn := personOf(hctx.Context()); signedIn {
			identify(hctx, next) // an address has no part in it: nobody guesses a key
			return
		}
		withKey(hctx, next)
	}
}

// identify finds the caller and counts the request.
func (a *api) identify(spec huma.API) func(huma.Context, func(huma.Context)) {
	return func(hctx huma.Context, next func(huma.Context)) {
		ctx := hctx.Context()
		caller, err := a.caller(hctx)
		if err == nil && !a.pace(spec, hctx, caller.ClientID) {
			return
		}
		switch {
		case errors.Is(err, store.ErrNotFound):
			hctx.SetHeader("WWW-Authenticate", `Bearer realm="farebook"`)
			refuse(spec, hctx, problem(ctx, http.StatusUnauthorized, "unauthorized",
				"Send a valid API key: Authorization: Bearer fbk_...", headerField("Authorization", "is missing or has no valid API key")))
		case err != nil:
			refuse(spec, hctx, a.problemOf(ctx, err))
		default:
			hctx = huma.WithValue(hctx, actorKey{}, caller.Actor(correlation.From(ctx)))
			next(huma.WithValue(hctx, callerKey{}, caller))
		}
	}
}

// allow refuses a caller whose key has none of the scopes. It runs after authenticate.
func allow(spec huma.API, anyOf []access.Scope) func(huma.Context, func(huma.Context)) {
	return func(hctx huma.Context, next func(huma.Context)) {
		caller := callerOf(hctx.Context())
		for _, scope := range anyOf {
			if caller.Scopes.Has(scope) {
				next(hctx)
				return
			}
		}
		refuse(spec, hctx, missingScope(hctx.Context(), anyOf...))
	}
}

// missingScope is a 403 that names the scope that the key would need.
func missingScope(ctx context.Context, anyOf ...access.Scope) error {
	needed := strings.Join(access.Scopes(anyOf).Names(), " or ")
	if person, signedIn := personOf(ctx); signedIn {
		return problem(ctx, http.StatusForbidden, "missing-scope",
			"The role "+string(person.Role)+" is not allowed to do this: it needs the scope "+needed+". Nothing was done.")
	}
	return problem(ctx, http.StatusForbidden, "missing-scope",
		"This API key is not allowed to do this: it needs the scope "+needed+". Nothing was done.",
		headerField("Authorization", "has a key without the scope "+needed))
}

// caller is the person of the console, or whom the bearer token names (RFC 6750, 2.1).
func (a *api) caller(hctx huma.Context) (store.Caller, error) {
	if person, signedIn := personOf(hctx.Context()); signedIn {
		return a.Store.CallerOf(hctx.Context(), person)
	}
	request, _ := humago.Unwrap(hctx)
	values := request.Header.Values("Authorization")
	if len(values) != 1 {
		return store.Caller{}, store.ErrNotFound
	}
	scheme, token, found := strings.Cut(values[0], " ")
	if !found || !strings.EqualFold(scheme, "Bearer") || token == "" {
		return store.Caller{}, store.ErrNotFound
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
		model = problem(hctx.Context(), http.StatusInternalServerError, "internal", internalError)
	}
	hctx.SetHeader("Content-Type", problemContentType)
	hctx.SetStatus(model.Status)
	_ = spec.Marshal(hctx.BodyWriter(), "application/json", model) // the caller may have gone
}

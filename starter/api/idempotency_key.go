package api

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"github.com/google/uuid"

	"farebook/store"
)

const (
	idempotencyHeader = "Idempotency-Key"
	// maxIdempotencyKey, in bytes, is also Stripe's limit.
	maxIdempotencyKey = 255
)

// idempotencyKey is the context key of the request's Idempotency-Key.
type idempotencyKey struct{}

// requireKey refuses a request without exactly one usable Idempotency-Key.
func requireKey(spec huma.API) func(huma.Context, func(huma.Context)) { return readKey(spec, true) }

// allowKey accepts a request without an Idempotency-Key, and refuses an unusable one.
func allowKey(spec huma.API) func(huma.Context, func(huma.Context)) { return readKey(spec, false) }

func readKey(spec huma.API, required bool) func(huma.Context, func(huma.Context)) {
	return func(hctx huma.Context, next func(huma.Context)) {
		request, _ := humago.Unwrap(hctx)
		values := request.Header.Values(idempotencyHeader)
		if len(values) == 0 && !required {
			next(hctx)
			return
		}
		wrong := unusableKey(values)
		if wrong == "" {
			next(huma.WithValue(hctx, idempotencyKey{}, values[0]))
			return
		}
		refuse(spec, hctx, problem(hctx.Context(), http.StatusBadRequest, "idempotency-key",
			"Send one Idempotency-Key of 1 to 255 bytes, a new one for each new request. Nothing was done.", headerField(idempotencyHeader, wrong)))
	}
}

// unusableKey says what is wrong with the values of the header. It is empty for a usable key.
func unusableKey(values []string) string {
	switch {
	case len(values) == 0 || values[0] == "":
		return "is missing or empty"
	case len(values) > 1:
		return "is sent more than once"
	case len(values[0]) > maxIdempotencyKey:
		return fmt.Sprintf("is longer than %d bytes", maxIdempotencyKey)
	case !utf8.ValidString(values[0]):
		return "is not UTF-8"
	}
	return ""
}

// keyParameter documents the header.
func keyParameter(required bool) []*huma.Param {
	return []*huma.Param{{
		Name: idempotencyHeader, In: "header", Required: required,
		Description: "A string that you choose, new for each new request, at most 255 bytes. Repeat a request with the same key and body as " +
			"often as you need.",
		Schema: &huma.Schema{Type: "string", MinLength: new(1), MaxLength: new(maxIdempotencyKey)}, Example: "checkout-5f1c2a",
	}}
}

// keyOf is the request's Idempotency-Key with the operation, the subject and the body that it stands for; its Key is empty when the
// request has no header. The hash is of the decoded body: white space, the order of fields and an explicit default do not change it.
func (a *api) keyOf(ctx context.Context, operation, subject string, body any) (store.IdempotencyKey, error) {
	text, given := ctx.Value(idempotencyKey{}).(string)
	if !given {
		return store.IdempotencyKey{}, nil
	}
	canonical, err := json.Marshal(body)
	if err != nil {
		return store.IdempotencyKey{}, fmt.Errorf("hash the request: %w", err)
	}
	if subject != "" {
		canonical = append([]byte(subject+"\n"), canonical...)
	}
	return store.IdempotencyKey{
		Caller: callerOf(ctx), Key: text, Operation: operation, Hash: sha256.Sum256(canonical), Lease: uuid.NewString(),
	}, nil
}

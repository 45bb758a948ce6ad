package api

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"github.com/google/uuid"

	"farebook/internal/failpoint"
	"farebook/internal/wait"
	"farebook/store"
)

const (
	idempotencyHeader = "Idempotency-Key"
	// maxIdempotencyKey, in bytes, is Stripe's own bound.
	maxIdempotencyKey = 255
	// turnPace is how often a request looks whether the one before it under the same key has answered.
	turnPace = 50 * time.Millisecond
	// inProgressRetry, in seconds, is what a caller has to wait whose first request is still at work.
	inProgressRetry = 2
)

type idempotencyKey struct{}

// requireKey refuses a request without exactly one usable Idempotency-Key, takeKey one that has an unusable one.
func requireKey(spec huma.API) func(huma.Context, func(huma.Context)) { return readKey(spec, true) }

func takeKey(spec huma.API) func(huma.Context, func(huma.Context)) { return readKey(spec, false) }

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

// unusableKey says what is wrong with the values of the header, or is empty.
func unusableKey(values []string) string {
	switch {
	case len(values) == 0 || values[0] == "":
		return "is missing or empty"
	case len(values) > 1:
		return "is there more than once"
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
		Description: "Chosen by you, a new one for each new request, at most 255 bytes. Send the same key and body again as often as you need.",
		Schema:      &huma.Schema{Type: "string", MinLength: new(1), MaxLength: new(maxIdempotencyKey)}, Example: "checkout-5f1c2a",
	}}
}

// keyOf is the request's key with what it stands for. The hash is of the request as it was understood, so that white
// space, the order of fields and a default that is spelled out make no other body. ok is false when there is no key.
func (a *api) keyOf(ctx context.Context, operation, about string, request any) (key store.IdempotencyKey, ok bool, err error) {
	text, ok := ctx.Value(idempotencyKey{}).(string)
	if !ok {
		return store.IdempotencyKey{}, false, nil
	}
	canonical, err := json.Marshal(request)
	if err != nil {
		return store.IdempotencyKey{}, false, a.bug(ctx, "the request cannot be hashed", err)
	}
	if about != "" {
		canonical = append([]byte(about+"\n"), canonical...)
	}
	return store.IdempotencyKey{
		Caller: callerOf(ctx), Key: text, Operation: operation, Hash: sha256.Sum256(canonical), Lease: uuid.NewString(),
	}, true, nil
}

// awaitTurn claims until no other request is at work under the key: then its answer is there to be replayed, or it has
// died and this one continues. A wait that takes too long ends with the answer to ask again.
func (a *api) awaitTurn(ctx context.Context, claim func() (inProgress bool, err error)) error {
	waiting, cancel := context.WithTimeout(ctx, a.AnswerTimeout*2/3)
	defer cancel()
	for {
		inProgress, err := claim()
		if err != nil || !inProgress {
			return err
		}
		if err := wait.For(waiting, turnPace); err != nil {
			return inProgressProblem(ctx)
		}
	}
}

func inProgressProblem(ctx context.Context) error {
	model := problem(ctx, http.StatusConflict, "idempotency-in-progress",
		"A request with this Idempotency-Key is still at work. Nothing was done a second time: ask again with the same key and body.",
		headerField(idempotencyHeader, "is in use by a request that has not been answered yet"))
	return huma.ErrorWithHeaders(model, http.Header{"Retry-After": {strconv.Itoa(inProgressRetry)}})
}

// atWork keeps the lease of a key alive until the returned function is called, which lets the next request go on. One
// that is answered quickly never writes anything for it.
func (a *api) atWork(ctx context.Context, key store.IdempotencyKey) (end func(answered bool)) {
	working, stop := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		ticker := time.NewTicker(store.LeaseTime / 3)
		defer ticker.Stop()
		for {
			select {
			case <-working.Done():
				return
			case <-ticker.C:
			}
			err := a.Store.RenewLease(working, key, a.Store.Now())
			if err != nil && working.Err() == nil {
				a.Log.WarnContext(ctx, "a lease was not renewed", "error", err)
			}
		}
	}()
	return func(answered bool) {
		stop()
		<-ended
		if answered {
			return
		}
		// The caller may be gone; the next one waits for the lease to run out at worst.
		release, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		if err := a.Store.ReleaseLease(release, key); err != nil {
			a.Log.WarnContext(ctx, "a lease was not released", "error", err)
		}
	}
}

// replay answers what is kept under a key: into out, or as the problem that it is.
func (a *api) replay(ctx context.Context, claim store.Claim, out any) error {
	if claim.AnswerStatus >= http.StatusBadRequest {
		model := &huma.ErrorModel{}
		if err := json.Unmarshal(claim.Answer, model); err != nil {
			return a.bug(ctx, "the stored answer cannot be read", err)
		}
		if !claim.Replayed {
			return model
		}
		return huma.ErrorWithHeaders(model, http.Header{"Idempotent-Replayed": {"true"}})
	}
	if err := json.Unmarshal(claim.Answer, out); err != nil {
		return a.bug(ctx, "the stored answer cannot be read", err)
	}
	return nil
}

// keep stores the answer to a key; the first one wins, and comes back.
func (a *api) keep(ctx context.Context, key store.IdempotencyKey, status int, body any) (store.Claim, error) {
	text, err := json.Marshal(body)
	if err != nil {
		return store.Claim{}, a.bug(ctx, "the answer cannot be written", err)
	}
	status, text, err = a.Store.StoreAnswer(ctx, key, status, text)
	if err != nil {
		return store.Claim{}, a.storeFailed(ctx, err)
	}
	return store.Claim{AnswerStatus: status, Answer: text}, nil
}

// task is what a request asks for.
type task struct {
	operation string // "cancel-booking"
	about     string // the booking, where there is one: the same key for another is another request
	resource  string // what is worked on, or the id of what is made: the one that was first claimed under the key counts
	request   any    // as it was understood
	// asked is what the audit log keeps of it, written before the work begins; empty where the work writes it.
	asked store.AuditEntry
}

// once runs work on the task's resource under the request's key, if it has one, and answers every repetition with what came of
// it. What is refused is not kept: asked again, it may be different. replayed tells whether out is an answer of before.
func (a *api) once(ctx context.Context, t task, out any, work func(resource string) error) (replayed bool, err error) {
	key, given, err := a.keyOf(ctx, t.operation, t.about, t.request)
	if err != nil {
		return false, err
	}
	if !given {
		if t.asked.Action != "" {
			if err := a.Store.Audit(ctx, t.asked); err != nil {
				return false, a.storeFailed(ctx, err)
			}
		}
		return false, work(t.resource)
	}
	var claim store.Claim
	err = a.awaitTurn(ctx, func() (bool, error) {
		var err error
		claim, err = a.Store.ClaimOperation(ctx, key, t.resource, t.asked, a.Store.Now())
		if err != nil {
			return false, a.storeFailed(ctx, err)
		}
		return claim.InProgress, nil
	})
	if err != nil {
		return false, err
	}
	if claim.Answer != nil {
		return true, a.replay(ctx, claim, out)
	}
	failpoint.Hit("api-after-action-claim")
	end := a.atWork(ctx, key)
	if err := work(claim.Resource); err != nil {
		end(false)
		return false, err
	}
	failpoint.Hit("api-after-action")
	_, err = a.keep(ctx, key, http.StatusOK, out)
	failpoint.Hit("api-after-action-answer")
	end(err == nil)
	return claim.Replayed, err
}

// replayedHeader is the value of Idempotent-Replayed.
func replayedHeader(replayed bool) string {
	if replayed {
		return "true"
	}
	return ""
}

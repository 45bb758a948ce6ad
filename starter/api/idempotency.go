package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"farebook/internal/failpoint"
	"farebook/internal/wait"
	"farebook/store"
)

// turnPace is how often a request checks whether the one before it under the same key has answered.
const turnPace = 50 * time.Millisecond

// stallTimeout is how long a renewal of a lease waits for the database before its request is answered with 503. Renewals are a second
// apart, so that the answer takes less than 3 s from the start of a stall.
const stallTimeout = 1750 * time.Millisecond

// releaseTimeout bounds the release of a key after a request that failed, perhaps because the database stalls.
const releaseTimeout = 500 * time.Millisecond

// idempotentRequest is a POST: what identifies it, how its key is claimed, and what is done for it.
type idempotentRequest[Body any] struct {
	operation string // "cancel-booking"
	// subject is the id of the object that the request changes: the same key for another object is a conflict. It is empty for an
	// operation that creates an object.
	subject string
	body    any // the decoded request body
	status  int // of a success
	// claim writes the key, or finds what it stands for. The key is empty for a request without one.
	claim func(ctx context.Context, key store.IdempotencyKey) (store.Claim, error)
	// work does what was asked. resource is that of the first claim under the key, so that a repetition after a crash continues
	// with the same object. A *finalRefusalError is stored like a success; any other error leaves the key without an answer.
	work func(ctx context.Context, resource string) (Body, error)
	// kept reports whether work has stored the answer; nil for work that does not.
	kept   func() bool
	points failpoints
}

// replayable is the answer to a POST.
type replayable[Body any] struct {
	Replayed string `header:"Idempotent-Replayed" doc:"true when the key was used before: the answer is that of the first request."`
	Body     Body
}

// created is the answer to a POST whose result is read elsewhere.
type created[Body any] struct {
	Location string `header:"Location" doc:"Where to read the result."`
	Replayed string `header:"Idempotent-Replayed" doc:"true when the key was used before: the answer is that of the first request."`
	Body     Body
}

// at adds the Location of the result.
func (r *replayable[Body]) at(location string) *created[Body] {
	return &created[Body]{Location: location, Replayed: r.Replayed, Body: r.Body}
}

// failpoints are where a test kills the process within an idempotent request.
type failpoints struct{ claimed, worked, stored func() }

var (
	bookingPoints = failpoints{
		claimed: func() { failpoint.Hit("api-after-reserve") },
		worked:  func() { failpoint.Hit("api-before-answer-stored") },
		stored:  func() { failpoint.Hit("api-after-answer-stored") },
	}
	refundPoints = failpoints{
		claimed: func() { failpoint.Hit("api-after-refund-reserve") },
		worked:  func() { failpoint.Hit("api-after-refund-start") },
		stored:  func() { failpoint.Hit("api-after-refund-answer") },
	}
	actionPoints = failpoints{
		claimed: func() { failpoint.Hit("api-after-action-claim") },
		worked:  func() { failpoint.Hit("api-after-action") },
		stored:  func() { failpoint.Hit("api-after-action-answer") },
	}
)

// finalRefusalError is a refusal that a repetition does not change. It is stored as the answer to the key.
type finalRefusalError struct{ *huma.ErrorModel }

func (e *finalRefusalError) Unwrap() error { return e.ErrorModel }

// idempotent claims the request's key, does the work under a lease, stores the answer and replays it to every repetition. Without a
// key it only does the work. The process may die between any two steps: the UNIQUE row of the key decides which answer counts, and
// the work finds what an earlier attempt did.
func idempotent[Body any](ctx context.Context, a *api, r idempotentRequest[Body]) (*replayable[Body], error) {
	key, err := a.keyOf(ctx, r.operation, r.subject, r.body)
	if err != nil {
		return nil, err
	}
	claim, err := a.awaitTurn(ctx, key, r.claim)
	a.countKey(key, claim, err)
	if err != nil {
		return nil, err
	}
	if claim.Emptied() {
		return nil, answerNotKept(ctx, claim)
	}
	answer := storedAnswer{claim.AnswerStatus, claim.Answer}
	if answer.body == nil {
		r.points.claimed()
		answer, err = firstAnswer(ctx, a, key, claim.Resource, r)
		if err != nil {
			return nil, err
		}
	}
	return replay[Body](answer, claim.Replayed)
}

// answerNotKept refuses a repetition whose first answer was emptied by retention or erasure: the key still stands for what it made, and
// nothing is made again.
func answerNotKept(ctx context.Context, claim store.Claim) error {
	detail := fmt.Sprintf("This Idempotency-Key was used at %s and answered with %d; the answer is not kept any more. Nothing was done now. "+
		"What the request made is %s.", claim.UsedAt.UTC().Format(time.RFC3339), claim.AnswerStatus, claim.Resource)
	model := problem(ctx, http.StatusGone, "answer-not-kept", detail, headerField(idempotencyHeader, "was used before"))
	return huma.ErrorWithHeaders(model, http.Header{"Idempotent-Replayed": {"true"}})
}

// storedAnswer is what is kept under a key.
type storedAnswer struct {
	status int
	body   []byte
}

// awaitTurn claims the key until no other request is in progress under it: then the answer of that request is replayed, or that
// request has died and this one continues.
func (a *api) awaitTurn(ctx context.Context, key store.IdempotencyKey,
	claim func(context.Context, store.IdempotencyKey) (store.Claim, error),
) (store.Claim, error) {
	waiting, cancel := context.WithTimeout(ctx, a.AnswerTimeout*2/3)
	defer cancel()
	for {
		claimed, err := claim(ctx, key)
		if err != nil || !claimed.InProgress {
			return claimed, err
		}
		if wait.ForOthers(waiting, turnPace) != nil {
			return store.Claim{}, errInProgress
		}
		key.Known = true
	}
}

// firstAnswer does the work and stores what came of it. Another request that answered first under the key wins.
func firstAnswer[Body any](ctx context.Context, a *api, key store.IdempotencyKey, resource string,
	r idempotentRequest[Body],
) (storedAnswer, error) {
	working, release := a.holdLease(ctx, key)
	answer, err := workedAnswer(working, resource, r)
	if err == nil {
		r.points.worked()
		if r.kept == nil || !r.kept() {
			answer, err = a.storeAnswer(ctx, key, answer)
		}
		r.points.stored()
	}
	release(err == nil)
	return answer, a.problemOf(working, err)
}

func workedAnswer[Body any](ctx context.Context, resource string, r idempotentRequest[Body]) (storedAnswer, error) {
	var final *finalRefusalError
	status, answer := r.status, any(nil)
	body, err := r.work(ctx, resource)
	switch {
	case errors.As(err, &final):
		status, answer = final.Status, final.ErrorModel
	case err != nil:
		return storedAnswer{}, err
	default:
		answer = body
	}
	text, err := json.Marshal(answer)
	if err != nil {
		return storedAnswer{}, fmt.Errorf("encode the answer: %w", err)
	}
	return storedAnswer{status, text}, nil
}

// storeAnswer stores the answer to a key and returns the one that is kept.
func (a *api) storeAnswer(ctx context.Context, key store.IdempotencyKey, answer storedAnswer) (storedAnswer, error) {
	if key.Key == "" {
		return answer, nil
	}
	status, body, err := a.Store.StoreAnswer(ctx, key, answer.status, answer.body)
	if errors.Is(err, store.ErrNotFound) {
		return answer, nil // the request merged its caller into another client, which has the key now; a merge can be repeated
	}
	return storedAnswer{status, body}, err
}

// replay decodes a stored answer. A stored refusal is returned as an error.
func replay[Body any](answer storedAnswer, replayed bool) (*replayable[Body], error) {
	out := &replayable[Body]{}
	if replayed {
		out.Replayed = "true"
	}
	if answer.status < http.StatusBadRequest {
		if err := json.Unmarshal(answer.body, &out.Body); err != nil {
			return nil, fmt.Errorf("decode the stored answer: %w", err)
		}
		return out, nil
	}
	model := &huma.ErrorModel{}
	if err := json.Unmarshal(answer.body, model); err != nil {
		return nil, fmt.Errorf("decode the stored refusal: %w", err)
	}
	if !replayed {
		return nil, model
	}
	return nil, huma.ErrorWithHeaders(model, http.Header{"Idempotent-Replayed": {out.Replayed}})
}

// claimOperation claims a key for work on a resource that exists, or under the id of one that is to be created. It writes the audit
// entry with the claim; entry has no action where the work writes it, and no booking where the answer is about none.
func (a *api) claimOperation(resource string, entry store.AuditEntry) func(context.Context, store.IdempotencyKey) (store.Claim, error) {
	return func(ctx context.Context, key store.IdempotencyKey) (store.Claim, error) {
		switch {
		case key.Key != "":
			return a.Store.ClaimOperation(ctx, key, resource, entry, a.Store.Now())
		case entry.Action != "":
			return store.Claim{Resource: resource}, a.Store.Audit(ctx, entry)
		default:
			return store.Claim{Resource: resource}, nil
		}
	}
}

// holdLease renews the lease of a key until release is called. A request that is answered within a third of the lease writes
// nothing for it. Without an answer, release lets the next request continue at once.
//
// The renewals also show that the database answers. When it stalls, working ends with a *stallError, because neither the workflow nor
// the API can finish the request without it. The lease then expires within seconds, so that a repetition continues.
func (a *api) holdLease(ctx context.Context, key store.IdempotencyKey) (working context.Context, release func(answered bool)) {
	working, stop := context.WithCancelCause(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if err := a.renewLease(working, key); err != nil {
			stop(&stallError{err})
		}
	}()
	return working, func(answered bool) {
		stop(nil)
		<-ended
		if answered || key.Key == "" || stalled(working) != nil {
			return
		}
		// The caller may have gone; if this fails, the next request waits until the lease expires.
		releasing := store.WithPatience(context.WithoutCancel(ctx), releaseTimeout)
		if err := a.Store.ReleaseLease(releasing, key); err != nil {
			a.Log.WarnContext(ctx, "lease of an Idempotency-Key not released", "error", err)
		}
	}
}

// renewLease renews a lease until ctx ends. It returns the error of a database that stalls.
func (a *api) renewLease(ctx context.Context, key store.IdempotencyKey) error {
	ticker := time.NewTicker(store.LeaseTime / 3)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
		err := a.renewOnce(store.WithPatience(ctx, min(a.DatabaseTimeout, stallTimeout)), key)
		switch {
		case err == nil || ctx.Err() != nil:
		case errors.Is(err, context.DeadlineExceeded):
			return err
		default: // a renewal that fails does not end the request
			a.Log.WarnContext(ctx, "lease of an Idempotency-Key not renewed", "error", err)
		}
	}
}

// renewOnce renews a lease, or asks whether the database answers for a request without a key.
func (a *api) renewOnce(ctx context.Context, key store.IdempotencyKey) error {
	if key.Key == "" {
		return a.Store.Ping(ctx)
	}
	return a.Store.RenewLease(ctx, key, a.Store.Now())
}

// stallError ends the work of a request while the database stalls.
type stallError struct{ err error }

func (e *stallError) Error() string {
	return "the database stalled while the request waited for its workflow: " + e.err.Error()
}

func (e *stallError) Unwrap() error { return e.err }

// stalled returns the *stallError that ended ctx; nil if another cause ended it, or none.
func stalled(ctx context.Context) error {
	var stall *stallError
	if errors.As(context.Cause(ctx), &stall) {
		return stall
	}
	return nil
}

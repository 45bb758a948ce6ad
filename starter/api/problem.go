package api

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"go.temporal.io/sdk/temporal"

	"farebook/internal/correlation"
	"farebook/starter/dispatch"
	"farebook/store"
	"farebook/validation"
)

// problemType begins the type of each problem (RFC 9457, 3.1.1): a name that programs may compare.
const problemType = "urn:farebook:problem:"

// problem makes an RFC 9457 problem. detail says to whoever called what was wrong and what to do.
func problem(ctx context.Context, status int, kind, detail string, fields ...*huma.ErrorDetail) *huma.ErrorModel {
	model := &huma.ErrorModel{
		Type:   problemType + kind,
		Title:  http.StatusText(status),
		Status: status,
		Detail: detail,
		Errors: fields,
	}
	if id := correlation.From(ctx); id != "" {
		model.Instance = "urn:farebook:request:" + id
	}
	return model
}

// headerField names a header as the place of a mistake.
func headerField(name, message string) *huma.ErrorDetail {
	return &huma.ErrorDetail{Location: "header." + name, Message: message}
}

// invalidBody turns what decodeBooking found into a problem: 400 for JSON that cannot be read in one way only, 422 for
// fields that can be read and are wrong.
func invalidBody(ctx context.Context, err error) error {
	var syntax *validation.FieldError
	if errors.As(err, &syntax) {
		return problem(ctx, http.StatusBadRequest, "malformed-body", "The body "+syntaxText(syntax), bodyField(syntax))
	}
	var found validation.FieldErrors
	if !errors.As(err, &found) {
		return problem(ctx, http.StatusBadRequest, "malformed-body", "The body cannot be read.")
	}
	details := make([]*huma.ErrorDetail, 0, len(found))
	for _, one := range found {
		details = append(details, bodyField(one))
	}
	return problem(ctx, http.StatusUnprocessableEntity, "invalid-fields", "Some fields are wrong: see errors. Nothing was done.", details...)
}

func syntaxText(e *validation.FieldError) string {
	if e.Field == "" {
		return e.Problem + ": " + e.Fix + "."
	}
	return "has a field that cannot be taken: see errors. Nothing was done."
}

func bodyField(e *validation.FieldError) *huma.ErrorDetail {
	location := "body"
	if e.Field != "" {
		location += "." + e.Field
	}
	message := e.Problem
	if e.Fix != "" {
		message += ": " + e.Fix
	}
	return &huma.ErrorDetail{Location: location, Message: message}
}

func noSuchBooking(ctx context.Context) error {
	return problem(ctx, http.StatusNotFound, "no-such-booking", "There is no booking of yours with this reference.")
}

// away says that a part cannot be reached, and that asking again is safe.
func away(ctx context.Context, part string) error {
	model := problem(ctx, http.StatusServiceUnavailable, "unavailable",
		part+" cannot be reached now. Nothing is lost: ask again in a few seconds, with the same Idempotency-Key if there was one.")
	return huma.ErrorWithHeaders(model, http.Header{"Retry-After": {retryAfter}})
}

// storeFailed maps an error of the store, and logs those that are the server's.
func (a *api) storeFailed(ctx context.Context, err error) error {
	var conflict *store.IdempotencyConflict
	switch {
	case errors.Is(err, store.ErrNotFound):
		return noSuchBooking(ctx)
	case errors.As(err, &conflict):
		return problem(ctx, http.StatusUnprocessableEntity, "idempotency-key-reused",
			"This Idempotency-Key was used before with another body. Nothing was changed: send the same body again, or a new key for a new request.",
			headerField(idempotencyHeader, "belongs to another body"))
	case store.Unavailable(err):
		a.Log.ErrorContext(ctx, "the database is away", "error", err)
		return away(ctx, "The database")
	default:
		return a.bug(ctx, "the store failed", err)
	}
}

// stuckLook bounds the question whether a workflow can proceed, after the time for the answer itself is over.
const stuckLook = 3 * time.Second

// workflowFailed is temporalFailed for a request that waited for a workflow: one that cannot proceed is said so, and so is a task
// queue that no worker polls, as asking again in a few seconds does not help then.
func (a *api) workflowFailed(ctx context.Context, workflowID string, err error) error {
	var refused *temporal.ApplicationError
	if errors.As(err, &refused) {
		return a.temporalFailed(ctx, err)
	}
	look, cancel := context.WithTimeout(context.WithoutCancel(ctx), stuckLook)
	defer cancel()
	stuck, is, _ := a.Dispatch.StuckAt(look, workflowID) // a Temporal that cannot be asked is away, which is said below
	if is {
		a.Log.ErrorContext(ctx, "the workflow cannot proceed", "workflow", stuck.String(), "error", err)
		return unavailable(ctx, "workflow-stuck", "The workflow of this booking cannot proceed: its task has failed "+strconv.Itoa(int(stuck.Attempts)-1)+
			" times in a row, as after an incompatible deploy. Nothing is lost, and asking again helps once operators have mended it. Tell us the id in instance.")
	}
	if errors.Is(a.Dispatch.CheckPolled(look), dispatch.ErrNobodyPolls) {
		a.Log.ErrorContext(ctx, "nobody polls the task queue of bookings", "error", err)
		return unavailable(ctx, "no-worker", "No worker is running that could do this. Nothing is lost: ask again once /readyz says yes, with the same "+
			"Idempotency-Key if there was one.")
	}
	return a.temporalFailed(ctx, err)
}

// temporalFailed: without an answer the booking is in the books, and asking again continues where it stopped. A workflow
// that refuses for good has answered: an operator has to look.
func (a *api) temporalFailed(ctx context.Context, err error) error {
	var refused *temporal.ApplicationError
	if errors.As(err, &refused) && refused.NonRetryable() {
		a.Log.ErrorContext(ctx, "the workflow refuses for good", "type", refused.Type(), "error", err)
		return problem(ctx, http.StatusConflict, "needs-attention",
			"This cannot be done until somebody on our side has looked at the booking. Asking again does not help; tell us the id in instance.")
	}
	a.Log.ErrorContext(ctx, "Temporal did not answer", "error", err)
	return away(ctx, "The payment service")
}

func (a *api) stripeFailed(ctx context.Context, err error) error {
	a.Log.ErrorContext(ctx, "Stripe did not answer", "error", err)
	return away(ctx, "Stripe")
}

// internalError is all that a caller learns of a fault of ours: the log has the rest under the id.
const internalError = "Internal error. Quote the `instance` id when you contact support."

// bug is an error that asking again does not mend. Its text is for the log, not for the caller.
func (a *api) bug(ctx context.Context, message string, err error) error {
	a.Log.ErrorContext(ctx, message, "error", err)
	return problem(ctx, http.StatusInternalServerError, "internal", internalError)
}

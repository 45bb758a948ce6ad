package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"go.temporal.io/sdk/temporal"

	"farebook/access"
	"farebook/finance"
	"farebook/internal/stripeapi"
	"farebook/starter/dispatch"
	"farebook/starter/recon"
	"farebook/store"
	"farebook/store/drafts"
	"farebook/store/monthend"
	"farebook/store/proposals"
	runs "farebook/store/recon"
	"farebook/store/report"
	"farebook/validation"
	"farebook/workflows"
)

// This file is the one place that turns errors into problems: handlers return errors as they are.

// register adds an operation. A POST is bounded by AnswerTimeout.
func register[In, Out any](a *api, spec huma.API, operation huma.Operation, handle func(context.Context, *In) (*Out, error)) {
	registerWithin(a, spec, operation, a.AnswerTimeout, handle)
}

// registerWithin adds an operation whose POST has another bound.
func registerWithin[In, Out any](a *api, spec huma.API, operation huma.Operation, limit time.Duration,
	handle func(context.Context, *In) (*Out, error),
) {
	huma.Register(spec, operation, func(ctx context.Context, in *In) (*Out, error) {
		if operation.Method == http.MethodPost {
			bounded, cancel := context.WithTimeout(ctx, limit)
			defer cancel()
			ctx = bounded
		}
		out, err := handle(ctx, in)
		if err != nil {
			return nil, a.problemOf(ctx, err)
		}
		return out, nil
	})
}

// problemOf maps an error to the problem that the caller reads, and logs those that are the server's fault. A problem passes
// unchanged; nil stays nil.
func (a *api) problemOf(ctx context.Context, err error) error {
	var mapped huma.StatusError
	if err == nil || errors.As(err, &mapped) {
		return err
	}
	if invalid := invalidRequest(ctx, err); invalid != nil {
		return invalid
	}
	for _, r := range refusals {
		if detail, matches := r.detail(err); matches {
			return problem(ctx, r.status, r.kind, detail, r.fields(err)...)
		}
	}
	return a.failure(ctx, err)
}

// refusal is how one type of error is answered.
type refusal struct {
	status int
	kind   string
	detail func(error) (text string, matches bool)
	field  func(error) []*huma.ErrorDetail // nil when no field of the request is at fault
}

func (r refusal) fields(err error) []*huma.ErrorDetail {
	if r.field == nil {
		return nil
	}
	return r.field(err)
}

// on matches errors of a type; format has one %s, for the error's text.
func on[E error](format string) func(error) (string, bool) {
	return func(err error) (string, bool) {
		var match E
		if !errors.As(err, &match) {
			return "", false
		}
		return fmt.Sprintf(format, match.Error()), true
	}
}

// by matches the refusal of a workflow by its type.
func by(format string, types ...string) func(error) (string, bool) {
	return func(err error) (string, bool) {
		var refused *temporal.ApplicationError
		if !errors.As(err, &refused) {
			return "", false
		}
		for _, one := range types {
			if refused.Type() == one {
				return fmt.Sprintf(format, refused.Message()), true
			}
		}
		return "", false
	}
}

// is matches one error value.
func is(target error, text string) func(error) (string, bool) {
	return func(err error) (string, bool) { return text, errors.Is(err, target) }
}

func at(location, message string) func(error) []*huma.ErrorDetail {
	return func(error) []*huma.ErrorDetail { return []*huma.ErrorDetail{{Location: location, Message: message}} }
}

// refusals are what the books and the workflows refuse. The first match counts.
var refusals = []refusal{
	{
		http.StatusUnprocessableEntity, "idempotency-key-reused", on[*store.IdempotencyConflictError]("Nothing was changed: %s."),
		at("header."+idempotencyHeader, "was used before with another body"),
	},
	{
		http.StatusUnprocessableEntity, "refund-exceeds-captured", on[*store.RefundExceedsCapturedError]("Nothing was refunded: %s."),
		exceedsLeft,
	},
	{
		http.StatusUnprocessableEntity, "above-limit", on[*access.AboveLimitError]("Nothing was done: %s. Somebody else may send it: propose it with `POST " +
			proposalsPath + "`."),
		aboveLimit,
	},
	{http.StatusConflict, "proposal-decided", on[*proposals.DecidedError]("Nothing was changed: %s."), nil},
	{http.StatusForbidden, "same-operator", on[*proposals.SamePersonError]("Nothing was changed: %s."), nil},
	{http.StatusForbidden, "not-proposer", on[*proposals.NotProposerError]("Nothing was changed: %s."), nil},
	{
		http.StatusConflict, "evidence-changed", on[*drafts.ChangedError]("Nothing was changed: %s."),
		at("body.revision", "is not that of the draft"),
	},
	{http.StatusConflict, "evidence-submitted", on[*drafts.SubmittedError]("Nothing was changed: %s."), nil},
	{http.StatusConflict, "evidence-not-awaited", on[*drafts.NotAwaitedError]("Nothing was submitted: %s."), nil},
	{http.StatusConflict, "no-evidence", on[*drafts.EmptyError]("Nothing was submitted: %s."), nil},
	{http.StatusUnprocessableEntity, "evidence-too-large", on[*drafts.TooLargeError]("Nothing was changed: %s."), tooLarge},
	{http.StatusConflict, "not-refundable", on[*store.NotRefundableError]("Nothing was refunded: %s."), nil},
	{http.StatusConflict, "not-abandonable", on[*store.NotAbandonableError]("Nothing was changed: %s."), nil},
	{http.StatusConflict, "no-further-payment", on[*store.NoSupplementError]("No payment was made: %s."), nil},
	{
		http.StatusConflict, "quote-changed", on[*store.QuoteChangedError]("Nothing was cancelled: %s."),
		at("body.expectedRefund", "is not what the policy gives back now"),
	},
	{http.StatusConflict, "not-cancellable", on[*store.NotCancellableError]("There is no quote: %s."), nil},
	{
		http.StatusConflict, "not-cancellable", by("Nothing was cancelled: %s.", workflows.ErrorAlreadySettled, workflows.ErrorNotCancellable),
		nil,
	},
	{
		http.StatusConflict, "quote-changed", by("Nothing was cancelled: %s.", workflows.ErrorQuoteChanged),
		at("body.expectedRefund", "is not what the policy gives back now"),
	},
	{http.StatusConflict, "not-capturable", by("Nothing was captured: %s.", workflows.ErrorNotAuthorized), nil},
	{http.StatusConflict, "client-exists", on[*store.ClientExistsError]("Nothing was created: %s."), nil},
	{http.StatusConflict, "client-merged", on[*store.ClientMergedError]("Nothing was changed: %s."), nil},
	{http.StatusConflict, "client-disabled", on[*store.ClientDisabledError]("Nothing was created: %s."), nil},
	{http.StatusConflict, "key-ended", on[*store.KeyEndedError]("Nothing was created: %s."), nil},
	{http.StatusConflict, "not-mergeable", on[*store.NotMergeableError]("Nothing was moved: %s."), nil},
	{http.StatusConflict, "month-blocked", on[*monthend.BlockedError]("Nothing was changed: %s."), blockers},
	{http.StatusForbidden, "same-operator", on[*monthend.SamePersonError]("Nothing was changed: %s."), nil}, // it is refused by the books, too
	{http.StatusConflict, "refused-by-the-books", on[*monthend.RefusedError]("Nothing was changed: %s."), nil},
	{
		http.StatusUnprocessableEntity, "not-stripes-file", on[*finance.StripeFileError]("The file cannot be compared: %s."),
		at("body", "is not one of Stripe's itemised reports, or was changed"),
	},
	{http.StatusConflict, "undated-transactions", on[*report.UndatedError]("There is no report yet: %s."), nil},
	{http.StatusConflict, "no-plan", on[*recon.NoPlanError]("Nothing was started: %s."), nil},
	{http.StatusConflict, "not-correctable", on[*runs.NotCorrectableError]("Nothing was changed: %s."), nil},
	{http.StatusConflict, "event-processed", is(store.ErrEventProcessed, "Nothing was changed: the event is processed."), nil},
	{http.StatusConflict, "reconciliation-running", is(recon.ErrRunning, "Nothing was started: another reconciliation is running."), nil},
	{http.StatusConflict, "too-many-return-urls", on[*store.TooManyReturnURLsError]("Nothing was changed: %s."), nil},
	{http.StatusConflict, "too-many-views", on[*store.TooManyViewsError]("Nothing was saved: %s."), nil},
	{
		http.StatusConflict, "email-not-kept", is(store.ErrEmailEmptied, "Nothing was sent: the content of this email is not kept any more."),
		nil,
	},
	{http.StatusConflict, "too-many-webhook-endpoints", on[*store.TooManyEndpointsError]("Nothing was created: %s."), nil},
	{http.StatusConflict, "matter-closed", on[*store.AttentionClosedError]("Nothing was changed: %s."), nil},
	{
		http.StatusConflict, "matter-taken",
		on[*store.AttentionTakenError]("Nothing was changed: %s. Take it with `takeOver` to have it instead."), nil,
	},
	{http.StatusConflict, "too-many-steps", on[*store.AttentionStepsError]("Nothing was changed: %s."), nil},
}

func exceedsLeft(err error) []*huma.ErrorDetail {
	detail := &huma.ErrorDetail{Location: "body.amount.value", Message: "is more than what is left to refund"}
	var exceeds *store.RefundExceedsCapturedError
	if errors.As(err, &exceeds) {
		detail.Value = exceeds.Left
	}
	return []*huma.ErrorDetail{detail}
}

// missingError is an object that does not exist for the caller.
type missingError struct{ kind, detail string }

func (e *missingError) Error() string { return e.detail }

var (
	errNoSuchBooking        = &missingError{"no-such-booking", "No booking of yours has this reference."}
	errNoSuchRefund         = &missingError{"no-such-refund", "No refund of yours has this id."}
	errNoSuchClient         = &missingError{"no-such-client", "No client has this id or name: see GET " + clientsPath + "."}
	errNoSuchKey            = &missingError{"no-such-api-key", "No API key has this id: see GET " + apiKeysPath + "."}
	errNoSuchMatter         = &missingError{"no-such-matter", "No matter has this number: see GET " + attentionPath + "."}
	errNoSuchAccount        = &missingError{"no-such-account", "No account has this name: see GET " + ledgerPath + "/balances."}
	errNoSuchEvent          = &missingError{"no-such-event", "No event has this id: see GET " + eventsPath + "."}
	errNoSuchDispute        = &missingError{"no-such-dispute", "No dispute of yours has this id: see GET " + disputesPath + "."}
	errNoSuchDraft          = &missingError{"no-such-draft", "Nobody has begun the evidence for this dispute."}
	errNoSuchPayout         = &missingError{"no-such-payout", "No payout has this id."}
	errNoSuchEmail          = &missingError{"no-such-email", "No email has this number: see GET " + emailsPath + "."}
	errNoSuchItem           = &missingError{"no-such-item", "No item has this number: see GET " + reconciliationsPath + "/{id}."}
	errNoSuchTransaction    = &missingError{"no-such-transaction", "The ledger has no transaction with this number."}
	errNoSuchView           = &missingError{"no-such-view", "No view of yours has this number: see GET " + viewsPath + "."}
	errNoSuchReturnURL      = &missingError{"no-such-return-url", "The client has never had this return URL: see GET " + returnURLsPath + "."}
	errNoSuchEndpoint       = &missingError{"no-such-webhook-endpoint", "You have no such webhook endpoint: see GET " + endpointsPath + "."}
	errNoSuchDelivery       = &missingError{"no-such-webhook-delivery", "No event of this endpoint has this webhook-id."}
	errNoSuchProposal       = &missingError{"no-such-proposal", "No proposal has this code: see GET " + proposalsPath + "."}
	errNoSuchSchedule       = &missingError{"no-such-schedule", "There is no schedule yet: `starter schedule apply` creates it."}
	errNoSuchReconciliation = &missingError{"no-such-reconciliation", "No reconciliation has this id."}
)

// orMissing names the object that the store did not find. Other errors stay, and so does nil.
func orMissing(err error, object *missingError) error {
	if errors.Is(err, store.ErrNotFound) {
		return object
	}
	return err
}

// errInProgress ends a wait for another request under the same Idempotency-Key.
var errInProgress = errors.New("a request with this Idempotency-Key is in progress")

// temporalError is an error of a request that needs Temporal.
type temporalError struct {
	workflowID string // the workflow whose answer the request needs; empty for one that it only starts
	err        error
}

func (e *temporalError) Error() string { return e.err.Error() }
func (e *temporalError) Unwrap() error { return e.err }

// needsWorkflow marks an error of a request that waited for a workflow's answer; nil stays nil.
func needsWorkflow(workflowID string, err error) error {
	if err == nil {
		return nil
	}
	return &temporalError{workflowID, err}
}

// invalidRequest maps the errors of decoding: 400 for JSON that is malformed or ambiguous, 422 for wrong fields. It is nil for
// other errors.
func invalidRequest(ctx context.Context, err error) error {
	var syntax *validation.FieldError
	var fields validation.FieldErrors
	switch {
	case errors.As(err, &syntax):
		return problem(ctx, http.StatusBadRequest, "malformed-body", "The body "+syntaxText(syntax), bodyField(syntax))
	case errors.As(err, &fields):
		details := make([]*huma.ErrorDetail, 0, len(fields))
		for _, field := range fields {
			details = append(details, bodyField(field))
		}
		return problem(ctx, http.StatusUnprocessableEntity, "invalid-fields", "Some fields are wrong: see errors. Nothing was done.", details...)
	}
	return nil
}

func syntaxText(e *validation.FieldError) string {
	if e.Field == "" {
		return e.Problem + ": " + e.Fix + "."
	}
	return "has an unacceptable field: see errors. Nothing was done."
}

// failure maps what is not the caller's fault, apart from an object that does not exist.
func (a *api) failure(ctx context.Context, err error) error {
	var missing *missingError
	var fenced *store.FenceUpError
	var workflow *temporalError
	var stripe *stripeapi.CallError
	stall := stalled(ctx)
	switch {
	case stall != nil:
		a.Log.ErrorContext(ctx, "database unavailable", "error", stall)
		return unreachable(ctx, "The database")
	case errors.As(err, &missing):
		return problem(ctx, http.StatusNotFound, missing.kind, missing.detail)
	case errors.Is(err, store.ErrNotFound):
		return problem(ctx, http.StatusNotFound, errNoSuchBooking.kind, errNoSuchBooking.detail)
	case errors.Is(err, errInProgress):
		return retryLater(ctx, http.StatusConflict, "idempotency-in-progress",
			"A request with this Idempotency-Key is in progress. Nothing was done twice: repeat the request with the same key and body.",
			inProgressRetry,
			headerField(idempotencyHeader, "is in use by a request that has not been answered yet"))
	case errors.As(err, &fenced):
		a.Log.InfoContext(ctx, "request refused: a fence is up", "fence", fenced.Fence.ID, "raisedAt", fenced.Fence.RaisedAt)
		return retryLater(ctx, http.StatusServiceUnavailable, "fenced", fmt.Sprintf("No money moves since %s: %s. Nothing was done: repeat the "+
			"request later, with the same Idempotency-Key if it had one. Reads still work.",
			fenced.Fence.RaisedAt.UTC().Format(time.RFC3339), fenced.Fence.Reason), fenceRetry)
	case errors.As(err, &workflow):
		return a.temporalFailure(ctx, workflow)
	case errors.As(err, &stripe):
		a.Log.ErrorContext(ctx, "Stripe call failed", "error", err)
		return unreachable(ctx, "Stripe")
	case store.Unavailable(err):
		a.Log.ErrorContext(ctx, "database unavailable", "error", err)
		return unreachable(ctx, "The database")
	default:
		a.Log.ErrorContext(ctx, "internal error", "error", err)
		return problem(ctx, http.StatusInternalServerError, "internal", internalError)
	}
}

// stuckTimeout bounds the question whether a workflow can proceed. It starts after the caller's own wait has ended.
const stuckTimeout = 3 * time.Second

// temporalFailure maps an error of Temporal. A workflow that cannot proceed and a task queue without a worker have their own
// problems, because repeating the request in a few seconds does not help then.
func (a *api) temporalFailure(ctx context.Context, failed *temporalError) error {
	var refused *temporal.ApplicationError
	if errors.As(failed, &refused) && refused.NonRetryable() {
		a.Log.ErrorContext(ctx, "workflow refused for good", "type", refused.Type(), "error", failed)
		return problem(ctx, http.StatusConflict, "needs-attention",
			"This cannot be done until an operator has examined the booking. Repeating the request does not help: quote the `instance` id when you "+
				"contact support.")
	}
	if failed.workflowID != "" && refused == nil {
		if cause := a.whyWaiting(ctx, failed); cause != nil {
			return cause
		}
	}
	a.Log.ErrorContext(ctx, "Temporal call failed", "error", failed)
	return unreachable(ctx, "The payment service")
}

// whyWaiting says why a workflow did not answer, or is nil when Temporal does not know or cannot be reached.
func (a *api) whyWaiting(ctx context.Context, failed *temporalError) error {
	asking, cancel := context.WithTimeout(context.WithoutCancel(ctx), stuckTimeout)
	defer cancel()
	stuck, is, _ := a.Dispatch.StuckAt(asking, failed.workflowID) // without an answer, Temporal is unreachable, as the problem says
	if is {
		a.Log.ErrorContext(ctx, "workflow cannot proceed", "workflow", stuck.String(), "error", failed)
		return unavailable(ctx, "workflow-stuck",
			fmt.Sprintf("The workflow of this booking cannot proceed: its task has failed %d times in a row, as "+
				"after an incompatible deploy. Nothing is lost: repeat the request once operators have fixed it. Quote the `instance` id when you "+
				"contact "+
				"support.", stuck.Attempts-1))
	}
	if errors.Is(a.Dispatch.CheckPolled(asking), dispatch.ErrNobodyPolls) {
		a.Log.ErrorContext(ctx, "no worker polls the task queue of bookings", "error", failed)
		return unavailable(ctx, "no-worker", "No worker is running. Nothing is lost: repeat the request once /readyz answers 200, with the same "+
			"Idempotency-Key if it had one.")
	}
	return nil
}

// unreachable says that a dependency does not answer, and that repeating the request is safe.
func unreachable(ctx context.Context, dependency string) error {
	return unavailable(ctx, "unavailable",
		dependency+" is unavailable. Nothing is lost: repeat the request in a few seconds, with the same Idempotency-Key if it had one.")
}

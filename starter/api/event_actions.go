package api

import (
	"context"
	"net/http"
	"strconv"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"farebook/access"
	"farebook/starter/view"
	"farebook/store"
)

const (
	retryEventPath = eventsPath + "/{id}/retry"
	ignorePath     = eventsPath + "/{id}/ignore"
	resendPath     = emailsPath + "/{id}/resend"
)

func (a *api) addEventActions(spec huma.API) {
	register(a, spec, a.action(spec, access.OperationsWrite, huma.Operation{
		OperationID: "retry-event", Path: retryEventPath, Tags: []string{operationsTag}, Summary: "Process an event again",
		Description: "Hands the event to its workflow, with a new count of attempts; the workflow reads the object again at Stripe. Safe for " +
			"a processed event: nothing is recorded twice. The answer shows the event afterwards; `lastError` says why it was not handed on, " +
			"and the sweeper tries again.",
	}), a.retryEvent)
	register(a, spec, a.action(spec, access.OperationsWrite, huma.Operation{
		OperationID: "ignore-event", Path: ignorePath, Tags: []string{operationsTag}, Summary: "Ignore an event",
		Description: "The event is no longer processed. This does not account for its money: `starter verify` reports an ignored event until " +
			"the ledger has its object or a reconciliation item about it is resolved. Processing it again undoes this.",
		RequestBody: &huma.RequestBody{Required: true},
	}), a.ignoreEvent)
	register(a, spec, a.action(spec, access.OperationsWrite, huma.Operation{
		OperationID: "resend-email", Path: resendPath, Tags: []string{operationsTag}, Summary: "Send an email again",
		Description: "Sends a copy with its own Message-ID, to the original recipient and with the original amounts; the answer is the copy. " +
			"An email that is still queued is sent unchanged. A repetition with the same `Idempotency-Key` sends nothing again.",
	}), a.resendEmail)
}

type eventActionInput struct {
	ID      string `path:"id" maxLength:"255" doc:"The event's id." example:"evt_3PabcDEF"`
	RawBody []byte `contentType:"application/json"`
}

// retryEvent writes the audit entry in one transaction with the new count of attempts. A repetition after a crash hands the event on
// again, which records nothing twice.
func (a *api) retryEvent(ctx context.Context, in *eventActionInput) (*replayable[view.EventDetail], error) {
	if err := decodeNothing(in.RawBody); err != nil {
		return nil, err
	}
	return idempotent(ctx, a, idempotentRequest[view.EventDetail]{
		operation: "retry-event", subject: in.ID, status: http.StatusOK, points: actionPoints,
		claim: a.claimOperation("event", store.AuditEntry{}),
		work: func(ctx context.Context, _ string) (view.EventDetail, error) {
			stored, err := a.Store.RetryEvent(ctx, in.ID, actorOf(ctx), a.Store.Now())
			if err != nil {
				return view.EventDetail{}, orMissing(err, errNoSuchEvent)
			}
			if err := a.Inbox.Again(ctx, stored); err != nil { // the row says so, and the sweeper tries again
				a.Log.WarnContext(ctx, "an event that an operator retries was not handed on", "eventId", in.ID, "error", err)
			}
			return a.eventDetail(ctx, in.ID)
		},
	})
}

func (a *api) eventDetail(ctx context.Context, id string) (view.EventDetail, error) {
	known, err := a.Store.Event(ctx, id)
	return view.EventDetailOf(known), orMissing(err, errNoSuchEvent)
}

// ignoreEventBody documents the request; decode_actions.go reads it.
type ignoreEventBody struct {
	Note string `json:"note" minLength:"1" maxLength:"200" doc:"Why, in one line, without names or addresses." example:"a test of another shop"`
}

// ignoreEvent writes the audit entry in one transaction with the decision.
func (a *api) ignoreEvent(ctx context.Context, in *eventActionInput) (*replayable[view.EventDetail], error) {
	note, err := decodeIgnoreEvent(in.RawBody)
	if err != nil {
		return nil, err
	}
	return idempotent(ctx, a, idempotentRequest[view.EventDetail]{
		operation: "ignore-event", subject: in.ID, body: note, status: http.StatusOK, points: actionPoints,
		claim: a.claimOperation("event", store.AuditEntry{}),
		work: func(ctx context.Context, _ string) (view.EventDetail, error) {
			known, err := a.Store.Event(ctx, in.ID)
			if err == nil && (known.State != store.EventIgnored || known.Note != note) { // otherwise a repetition after a crash
				err = a.Store.IgnoreEvent(ctx, in.ID, note, actorOf(ctx), a.Store.Now())
			}
			if err != nil {
				return view.EventDetail{}, orMissing(err, errNoSuchEvent)
			}
			return a.eventDetail(ctx, in.ID)
		},
	})
}

type emailActionInput struct {
	ID      uint64 `path:"id" maximum:"9223372036854775807" doc:"The email's number." example:"7"`
	RawBody []byte `contentType:"application/json"`
}

// resendEmail queues the copy under an id that is claimed with the Idempotency-Key, so that a repetition after a crash finds the copy.
func (a *api) resendEmail(ctx context.Context, in *emailActionInput) (*replayable[view.Email], error) {
	if err := decodeNothing(in.RawBody); err != nil {
		return nil, err
	}
	return idempotent(ctx, a, idempotentRequest[view.Email]{
		operation: "resend-email", subject: strconv.FormatUint(in.ID, 10), status: http.StatusOK, points: actionPoints,
		claim: a.claimOperation("request-"+uuid.NewString(), store.AuditEntry{}),
		work: func(ctx context.Context, request string) (view.Email, error) {
			copied, err := a.Store.ResendEmailFor(ctx, in.ID, request, actorOf(ctx), a.Store.Now())
			if err != nil {
				return view.Email{}, orMissing(err, errNoSuchEmail)
			}
			email, err := a.Store.Email(ctx, copied)
			if err != nil {
				return view.Email{}, err
			}
			if err := a.Dispatch.SendCopy(ctx, email); err != nil {
				return view.Email{}, needsWorkflow("", err)
			}
			listed, err := a.Store.ListedEmail(ctx, copied)
			return view.EmailOf(listed), orMissing(err, errNoSuchEmail)
		},
	})
}

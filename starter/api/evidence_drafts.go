package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"farebook/access"
	"farebook/booking"
	"farebook/starter/dispatch"
	"farebook/starter/evidence"
	"farebook/starter/view"
	"farebook/store"
	"farebook/store/drafts"
	"farebook/validation"
	"farebook/workflows"
)

const (
	evidencePath       = disputesPath + "/{id}/evidence-draft"
	submitEvidencePath = evidencePath + "/submit"
	evidenceFilePath   = evidencePath + "/files/{field}"
	removeEvidencePath = evidenceFilePath + "/remove"
	// maxDraftBody is above 150,000 characters, each escaped.
	maxDraftBody = 1 << 20
	// maxEvidenceFile is a little above the limit of all files together, so that the refusal of one that is too large says so.
	maxEvidenceFile = booking.MaxEvidenceBytes + 500_000
)

const submitsOnce = "Stripe takes the evidence for a dispute once: it cannot be changed or completed afterwards."

func (a *api) addEvidenceDrafts(spec huma.API) {
	register(a, spec, a.guard(spec, huma.Operation{
		OperationID: "get-evidence-draft", Method: http.MethodGet, Path: evidencePath, Tags: []string{operationsTag},
		Summary: "Read the evidence for a dispute that people prepare",
		Description: "With the fields that Stripe recommends for the reason, the limits, and texts that the books suggest while nobody has " +
			"written them.",
		Errors: []int{404},
	}, access.BookingsRead, access.OperationsRead), a.getEvidenceDraft)
	register(a, spec, a.evidenceAction(spec, huma.Operation{
		OperationID: "save-evidence-draft", Path: evidencePath, Summary: "Save the texts of the evidence for a dispute",
		Description: "Replaces all texts. It is refused if somebody has changed the draft since `revision`; the same texts change nothing. The " +
			"audit log has how long the texts are, and never what they say.",
		RequestBody: &huma.RequestBody{Required: true},
	}, a.takeBody(spec, maxDraftBody), requireJSON(spec)), a.saveEvidenceDraft)
	register(a, spec, a.evidenceAction(spec, huma.Operation{
		OperationID: "add-evidence-file", Path: evidenceFilePath, Summary: "Add a file to the evidence for a dispute",
		Description: "The body is the file: a PDF, PNG or JPEG. It replaces the one that the field has. All files together have at most 4.5 MB " +
			"and 49 pages, 19 for Mastercard (Stripe's [limits](https://docs.stripe.com/disputes/best-practices)). A PDF whose pages cannot be " +
			"counted is refused.",
		RequestBody: evidenceBody(),
	}, a.takeEvidenceFile(spec)), a.addEvidenceFile)
	register(a, spec, a.evidenceAction(spec, huma.Operation{
		OperationID: "remove-evidence-file", Path: removeEvidencePath, Summary: "Remove a file from the evidence for a dispute",
		Description: "Its content is deleted. Safe to repeat.",
	}, a.takeBody(spec, maxDraftBody), allowJSON(spec)), a.removeEvidenceFile)
	register(a, spec, a.movesMoney(spec, a.evidenceAction(spec, huma.Operation{
		OperationID: "submit-evidence", Path: submitEvidencePath, Summary: "Submit the evidence for a dispute to the bank",
		Description: submitsOnce + " `confirm` repeats the dispute's id or its amount, such as 459.00. Where Stripe refuses, the problem " +
			"`evidence-refused` has its reason, and the evidence is a draft again.",
		Parameters: keyParameter(true), RequestBody: &huma.RequestBody{Required: true},
	}, a.takeBody(spec, maxDraftBody), requireJSON(spec))), a.submitEvidence)
}

// DisputeInput names a dispute. It is exported because huma ignores unexported embedded types.
type DisputeInput struct {
	ID string `path:"id" maxLength:"64" doc:"The dispute's id." example:"dp_3PabcDEF"`
}

type evidenceDraftOutput struct{ Body view.EvidenceDraft }

func (a *api) getEvidenceDraft(ctx context.Context, in *DisputeInput) (*evidenceDraftOutput, error) {
	of, known, err := a.dispute(ctx, in.ID, access.OperationsRead)
	if err != nil {
		return nil, err
	}
	draft, err := drafts.New(a.Store).DraftFor(ctx, of.ID)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return nil, err
	}
	shown := view.EvidenceDraftOf(of, draft)
	if draft.State == "" || draft.State == drafts.Editing {
		bundle, err := evidence.Collect(ctx, a.Store, known, nil)
		if err != nil {
			return nil, err
		}
		shown.Suggested = bundle.Suggest()
		for field := range shown.Texts {
			delete(shown.Suggested, field)
		}
	}
	return &evidenceDraftOutput{shown}, nil
}

// dispute is one that the caller may read or change: of one of its client's bookings, or any with the scope.
func (a *api) dispute(ctx context.Context, id string, everyClients access.Scope) (of drafts.Dispute, known store.Booking, err error) {
	of, err = drafts.New(a.Store).DisputeFor(ctx, id)
	if err != nil {
		return of, known, orMissing(err, errNoSuchDispute)
	}
	known, err = a.booking(ctx, string(of.Reference), everyClients)
	if errors.Is(err, errNoSuchBooking) {
		err = errNoSuchDispute
	}
	return of, known, err
}

// evidenceTextsBody documents the request; decode_evidence.go reads it.
type evidenceTextsBody struct {
	Texts    map[string]string `json:"texts" doc:"By Stripe's names of the fields; GET has them all. An empty text removes that of its field."`
	Revision uint32            `json:"revision" doc:"That of the draft that was read; 0 for a new one." default:"0"`
}

type saveDraftInput struct {
	DisputeInput
	RawBody []byte `contentType:"application/json"`
}

type evidenceState = replayable[view.EvidenceState]

func (a *api) saveEvidenceDraft(ctx context.Context, in *saveDraftInput) (*evidenceState, error) {
	of, known, err := a.dispute(ctx, in.ID, access.OperationsWrite)
	if err != nil {
		return nil, err
	}
	request, err := decodeDraft(in.RawBody)
	if err != nil {
		return nil, err
	}
	return a.changeEvidence(withBooking(ctx, known), "save-evidence-draft", of, request, func(ctx context.Context) (drafts.Draft, error) {
		return drafts.New(a.Store).Save(ctx, drafts.Saving{Dispute: of, Texts: request.Texts, Revision: request.Revision, By: actorOf(ctx)})
	})
}

// changeEvidence has a change of a draft written, with its audit entry in the same transaction. The stored answer has none of its texts.
func (a *api) changeEvidence(ctx context.Context, operation string, of drafts.Dispute, body any,
	change func(context.Context) (drafts.Draft, error),
) (*evidenceState, error) {
	return idempotent(ctx, a, idempotentRequest[view.EvidenceState]{
		operation: operation, subject: of.ID, body: body, status: http.StatusOK, points: actionPoints,
		claim: a.claimOperation(of.ID, store.AuditEntry{BookingID: &of.BookingID}),
		work: func(ctx context.Context, _ string) (view.EvidenceState, error) {
			draft, err := change(ctx)
			return view.EvidenceStateOf(of.ID, draft), orMissing(err, errNoSuchDraft)
		},
	})
}

// submitEvidenceBody documents the request; decode_evidence.go reads it.
type submitEvidenceBody struct {
	Confirm  string `json:"confirm" maxLength:"64" doc:"The dispute's id, or its amount in major units." example:"459.00"`
	Revision uint32 `json:"revision" doc:"That of the draft that was read."`
}

func (a *api) submitEvidence(ctx context.Context, in *saveDraftInput) (*evidenceState, error) {
	of, known, err := a.dispute(ctx, in.ID, access.OperationsWrite)
	if err != nil {
		return nil, err
	}
	request, err := decodeSubmitEvidence(in.RawBody)
	if err != nil {
		return nil, err
	}
	if request.Confirm != of.ID && request.Confirm != of.Amount.Decimal() {
		return nil, validation.FieldErrors{{
			Field: "confirm", Problem: "is neither the dispute's id nor its amount", Fix: "send " + of.ID + " or " + of.Amount.Decimal(),
		}}
	}
	return idempotent(withBooking(ctx, known), a, idempotentRequest[view.EvidenceState]{
		operation: "submit-evidence", subject: of.ID, body: request, status: http.StatusOK, points: actionPoints,
		claim: func(ctx context.Context, key store.IdempotencyKey) (store.Claim, error) {
			return drafts.New(a.Store).Submit(ctx, drafts.Submission{Key: key, Dispute: of, Revision: request.Revision, By: actorOf(ctx)})
		},
		work: func(ctx context.Context, attempt string) (view.EvidenceState, error) {
			return a.submitted(ctx, of, attempt)
		},
	})
}

// submitted has the dispute's workflow submit the evidence, and says what came of the attempt.
func (a *api) submitted(ctx context.Context, of drafts.Dispute, attempt string) (view.EvidenceState, error) {
	draft, err := drafts.New(a.Store).DraftFor(ctx, of.ID)
	if err != nil {
		return view.EvidenceState{}, err
	}
	if draft.State == drafts.Submitting && attempt == drafts.Attempt(of.ID, draft.Attempts) {
		_, err := a.Dispatch.SubmitEvidence(ctx, dispatch.EvidenceSubject{
			DisputeID: of.ID, Reference: of.Reference, CorrelationID: of.CorrelationID, Attempt: draft.Attempts,
		})
		if err != nil {
			return view.EvidenceState{}, needsWorkflow(workflows.DisputeWorkflowID(of.ID), err)
		}
		if draft, err = drafts.New(a.Store).DraftFor(ctx, of.ID); err != nil {
			return view.EvidenceState{}, err
		}
	}
	if draft.State == drafts.Editing {
		reason := "somebody has changed the draft since"
		if draft.RefusedAt != nil && attempt == drafts.Attempt(of.ID, draft.Attempts) {
			reason = draft.Refusal
		}
		return view.EvidenceState{}, &finalRefusalError{problem(ctx, http.StatusConflict, "evidence-refused",
			fmt.Sprintf("Stripe refused the evidence, and nothing was submitted: %s. It is a draft again.", strings.TrimRight(reason, ".")),
			&huma.ErrorDetail{Location: "stripe.reason", Message: reason})}
	}
	return view.EvidenceStateOf(of.ID, draft), nil
}

// tooLarge names the field and the sizes of evidence that is above a limit.
func tooLarge(err error) []*huma.ErrorDetail {
	var large *drafts.TooLargeError
	if !errors.As(err, &large) {
		return nil
	}
	return []*huma.ErrorDetail{{
		Location: "body.files." + large.Field, Message: large.Error(),
		Value: evidenceSizes{large.Bytes, large.Pages, large.AllBytes, large.AllPages, booking.MaxEvidenceBytes, large.MaxPages},
	}}
}

type evidenceSizes struct {
	Bytes    int `json:"bytes"`
	Pages    int `json:"pages"`
	AllBytes int `json:"allBytes"`
	AllPages int `json:"allPages"`
	MaxBytes int `json:"maxBytes"`
	MaxPages int `json:"maxPages"`
}

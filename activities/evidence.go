package activities

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"farebook/internal/failpoint"
	"farebook/internal/stripeapi"
	"farebook/store"
	"farebook/store/drafts"
)

// SubmitEvidence uploads the files of the evidence that somebody has asked to submit, and sends it to the bank, once. Its input has the id
// of the dispute, and no text or file of the evidence: these stay out of Temporal. Harmless when repeated: the draft's row says whether
// Stripe has taken or refused the evidence; before that the dispute's metadata says it, and Stripe's idempotency keys
// <dispute>/<field>/<SHA-256>/upload-evidence/<generation> and <dispute>/submit-evidence/<SHA-256>/<attempt>/<generation> return the same
// file and the same answer. A refusal is recorded with Stripe's reason and is not an error.
func (d *Disputes) SubmitEvidence(ctx context.Context, in DisputeRef) error {
	evidence := drafts.New(d.Store)
	draft, err := evidence.DraftFor(ctx, in.DisputeID)
	if errors.Is(err, store.ErrNotFound) || err == nil && draft.State != drafts.Submitting {
		return nil // it was submitted or refused, or a restored database has forgotten it
	}
	if err != nil {
		return storeError(err)
	}
	submitted, err := d.Stripe.EvidenceSubmitted(ctx, draft.DisputeID, draft.Digest)
	if err == nil && !submitted {
		err = d.submit(ctx, evidence, draft)
	}
	if stripeapi.IsKind(err, stripeapi.InvalidRequest, stripeapi.NotFound, stripeapi.UnexpectedState) {
		return d.evidenceRefused(ctx, evidence, draft, err)
	}
	if err != nil {
		return creationError(err, draft.DisputeID) // nobody can change the draft until Stripe has taken or refused it
	}
	if err := evidence.Take(ctx, draft); err != nil {
		return storeError(err)
	}
	failpoint.Hit("after-take-evidence")
	d.Log.InfoContext(ctx, "evidence submitted", "disputeId", draft.DisputeID, "attempt", draft.Attempts, "texts", len(draft.Texts),
		"files", len(draft.Files))
	return nil
}

func (d *Disputes) submit(ctx context.Context, evidence *drafts.Drafts, draft drafts.Draft) error {
	files := map[string]string{}
	for _, file := range draft.Files {
		id, err := d.upload(ctx, evidence, draft, file)
		if err != nil {
			return err
		}
		files[file.Field] = id
	}
	failpoint.Hit("before-submit-evidence")
	err := idempotentCall{
		try: func(generation int) error {
			return d.Stripe.SubmitEvidence(ctx, stripeapi.Evidence{
				DisputeID: draft.DisputeID, Texts: draft.Texts, Files: files, Digest: draft.Digest, Attempt: draft.Attempts,
			}, generation)
		},
		// A file that was uploaded again has another id, and then the request has other bytes.
		retryable: []stripeapi.Kind{stripeapi.ServerError, stripeapi.IdempotencyConflict},
		settled:   func() (bool, error) { return d.Stripe.EvidenceSubmitted(ctx, draft.DisputeID, draft.Digest) },
		now:       d.Store.Now,
	}.run(ctx)
	if stripeapi.IsKind(err, stripeapi.InvalidRequest) {
		// A dispute that takes no evidence any more may have taken this, under a key that Stripe has dropped.
		submitted, readErr := d.Stripe.EvidenceSubmitted(ctx, draft.DisputeID, draft.Digest)
		if readErr != nil {
			return readErr
		}
		if submitted {
			err = nil
		}
	}
	if err == nil {
		failpoint.Hit("after-submit-evidence")
	}
	return err
}

// upload returns the id of a file at Stripe. A file that was uploaded by an attempt that died is uploaded again under the same key; where
// Stripe has dropped the key, the first one is left there unused.
func (d *Disputes) upload(ctx context.Context, evidence *drafts.Drafts, draft drafts.Draft, file drafts.File) (id string, err error) {
	if file.StripeFileID != "" {
		return file.StripeFileID, nil
	}
	content, err := evidence.Content(ctx, file.ID)
	if err != nil {
		return "", err
	}
	failpoint.Hit("before-upload-evidence")
	err = idempotentCall{
		try: func(generation int) (err error) {
			id, err = d.Stripe.UploadEvidence(ctx, stripeapi.EvidenceFile{
				DisputeID: draft.DisputeID, Field: file.Field, ContentType: file.ContentType, SHA256: file.SHA256, Content: content,
			}, generation)
			return err
		},
		retryable: []stripeapi.Kind{stripeapi.ServerError, stripeapi.IdempotencyConflict},
		settled:   func() (bool, error) { return false, nil }, // a second copy of a file does no harm
		now:       d.Store.Now,
	}.run(ctx)
	if err != nil {
		return "", err
	}
	failpoint.Hit("after-upload-evidence")
	return id, evidence.Uploaded(ctx, file.ID, id)
}

// evidenceRefused records why Stripe refuses the evidence. The log has Stripe's code and not its text, which may quote the evidence.
func (d *Disputes) evidenceRefused(ctx context.Context, evidence *drafts.Drafts, draft drafts.Draft, refused error) error {
	var call *stripeapi.CallError
	if !errors.As(refused, &call) {
		return refused
	}
	reason := cmp.Or(call.Reason, call.Code, string(call.Kind))
	if call.Param != "" {
		reason = fmt.Sprintf("%s (%s)", reason, call.Param)
	}
	if err := evidence.Refuse(ctx, draft, reason); err != nil {
		return storeError(err)
	}
	failpoint.Hit("after-refuse-evidence")
	d.Log.WarnContext(ctx, "Stripe refused evidence", "disputeId", draft.DisputeID, "attempt", draft.Attempts, "error", call)
	return nil
}

package stripeapi

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/stripe/stripe-go/v76"

	"farebook/booking"
)

// MetadataEvidence is the digest of the evidence that Farebook has submitted for a dispute. It is written by the request that submits, so
// that a submission whose answer was lost is known.
const MetadataEvidence = "evidence_sha256"

// EvidenceFile is a file that is uploaded as evidence. The same file always has the same idempotency key.
type EvidenceFile struct {
	DisputeID   string
	Field       string
	ContentType string
	SHA256      [32]byte
	Content     []byte
}

// name is what the file is called at Stripe. That of the person who chose it may have personal data.
func (f EvidenceFile) name() string {
	_, kind, _ := strings.Cut(f.ContentType, "/")
	return f.Field + "." + kind
}

func (f EvidenceFile) key(generation int) string {
	return fmt.Sprintf("%s/%s/%x/upload-evidence/%d", f.DisputeID, f.Field, f.SHA256, generation)
}

// UploadEvidence uploads a file with the purpose dispute_evidence and returns its id, file_... (stripe.com/docs/api/files/create). Stripe
// takes PDF, JPEG and PNG of at most 5 MB with fewer than 50 pages (stripe.com/docs/file-upload); a refusal has Stripe's reason. The call
// goes to another host of Stripe's than all others.
func (c *Client) UploadEvidence(ctx context.Context, in EvidenceFile, generation int) (string, error) {
	const operation = "upload evidence"
	if err := c.before(ctx, operation); err != nil {
		return "", err
	}
	params := &stripe.FileParams{
		FileReader: bytes.NewReader(in.Content), Filename: stripe.String(in.name()),
		Purpose: stripe.String(string(stripe.FilePurposeDisputeEvidence)),
	}
	params.Context = ctx
	params.SetIdempotencyKey(in.key(generation))
	file, err := c.api.Files.New(params)
	if err != nil {
		return "", reasonedFailureOf(operation, err)
	}
	return file.ID, nil
}

// Evidence is what is submitted for a dispute. The same evidence always yields the same bytes.
type Evidence struct {
	DisputeID string
	Texts     booking.EvidenceTexts
	// Files are ids of Stripe's, file_..., by field.
	Files map[string]string
	// Digest is that of texts and files, and Attempt tells submissions of the same evidence apart: Stripe keeps its refusal of the first one.
	Digest  []byte
	Attempt uint32
}

func (e Evidence) key(generation int) string {
	return fmt.Sprintf("%s/submit-evidence/%x/%d/%d", e.DisputeID, e.Digest, e.Attempt, generation)
}

// SubmitEvidence sends the evidence to the bank, which happens once for a dispute (submit=true, stripe.com/docs/api/disputes/update). A
// refusal has Stripe's reason.
func (c *Client) SubmitEvidence(ctx context.Context, in Evidence, generation int) error {
	const operation = "submit evidence"
	if err := requireID(operation, in.DisputeID); err != nil {
		return err
	}
	if err := c.before(ctx, operation); err != nil {
		return err
	}
	evidence := &stripe.DisputeEvidenceParams{}
	for _, values := range []map[string]string{in.Texts, in.Files} {
		for _, field := range slices.Sorted(maps.Keys(values)) {
			parameter, known := evidenceParams[field]
			if !known {
				return &CallError{Kind: InvalidRequest, Operation: operation, Code: "parameter_unknown", Param: "evidence[" + field + "]"}
			}
			*parameter(evidence) = stripe.String(values[field])
		}
	}
	params := &stripe.DisputeParams{Evidence: evidence, Submit: stripe.Bool(true)}
	params.Context = ctx
	params.SetIdempotencyKey(in.key(generation))
	params.AddMetadata(MetadataEvidence, hex.EncodeToString(in.Digest))
	_, err := c.api.Disputes.Update(in.DisputeID, params)
	return reasonedFailureOf(operation, err)
}

// EvidenceSubmitted reports whether evidence with a digest was submitted: the dispute has its digest and at least one submission
// (stripe.com/docs/api/disputes/object#dispute_object-evidence_details).
func (c *Client) EvidenceSubmitted(ctx context.Context, disputeID string, digest []byte) (bool, error) {
	const operation = "retrieve dispute"
	if err := requireID(operation, disputeID); err != nil {
		return false, err
	}
	if err := c.before(ctx, operation); err != nil {
		return false, err
	}
	params := &stripe.DisputeParams{}
	params.Context = ctx
	dispute, err := c.api.Disputes.Get(disputeID, params)
	if err != nil {
		return false, failureOf(operation, err)
	}
	submitted := dispute.EvidenceDetails != nil && dispute.EvidenceDetails.SubmissionCount > 0
	return submitted && dispute.Metadata[MetadataEvidence] == hex.EncodeToString(digest), nil
}

// reasonedFailureOf is failureOf with Stripe's reason, for requests whose errors contain no PaymentIntent.
func reasonedFailureOf(operation string, err error) error {
	failed := failureOf(operation, err)
	var call *CallError
	var stripeErr *stripe.Error
	if errors.As(failed, &call) && errors.As(err, &stripeErr) && stripeErr.PaymentIntent == nil && stripeErr.SetupIntent == nil {
		call.Reason = stripeErr.Msg
	}
	return failed
}

// evidenceParams are Stripe's parameters by the names of booking.EvidenceFields.
var evidenceParams = map[string]func(*stripe.DisputeEvidenceParams) **string{
	"access_activity_log":            func(e *stripe.DisputeEvidenceParams) **string { return &e.AccessActivityLog },
	"billing_address":                func(e *stripe.DisputeEvidenceParams) **string { return &e.BillingAddress },
	"cancellation_policy":            func(e *stripe.DisputeEvidenceParams) **string { return &e.CancellationPolicy },
	"cancellation_policy_disclosure": func(e *stripe.DisputeEvidenceParams) **string { return &e.CancellationPolicyDisclosure },
	"cancellation_rebuttal":          func(e *stripe.DisputeEvidenceParams) **string { return &e.CancellationRebuttal },
	"customer_communication":         func(e *stripe.DisputeEvidenceParams) **string { return &e.CustomerCommunication },
	"customer_email_address":         func(e *stripe.DisputeEvidenceParams) **string { return &e.CustomerEmailAddress },
	"customer_name":                  func(e *stripe.DisputeEvidenceParams) **string { return &e.CustomerName },
	"customer_purchase_ip":           func(e *stripe.DisputeEvidenceParams) **string { return &e.CustomerPurchaseIP },
	"customer_signature":             func(e *stripe.DisputeEvidenceParams) **string { return &e.CustomerSignature },
	"duplicate_charge_documentation": func(e *stripe.DisputeEvidenceParams) **string { return &e.DuplicateChargeDocumentation },
	"duplicate_charge_explanation":   func(e *stripe.DisputeEvidenceParams) **string { return &e.DuplicateChargeExplanation },
	"duplicate_charge_id":            func(e *stripe.DisputeEvidenceParams) **string { return &e.DuplicateChargeID },
	"product_description":            func(e *stripe.DisputeEvidenceParams) **string { return &e.ProductDescription },
	"receipt":                        func(e *stripe.DisputeEvidenceParams) **string { return &e.Receipt },
	"refund_policy":                  func(e *stripe.DisputeEvidenceParams) **string { return &e.RefundPolicy },
	"refund_policy_disclosure":       func(e *stripe.DisputeEvidenceParams) **string { return &e.RefundPolicyDisclosure },
	"refund_refusal_explanation":     func(e *stripe.DisputeEvidenceParams) **string { return &e.RefundRefusalExplanation },
	"service_date":                   func(e *stripe.DisputeEvidenceParams) **string { return &e.ServiceDate },
	"service_documentation":          func(e *stripe.DisputeEvidenceParams) **string { return &e.ServiceDocumentation },
	"uncategorized_file":             func(e *stripe.DisputeEvidenceParams) **string { return &e.UncategorizedFile },
	"uncategorized_text":             func(e *stripe.DisputeEvidenceParams) **string { return &e.UncategorizedText },
}

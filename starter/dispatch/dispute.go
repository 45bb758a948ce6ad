package dispatch

import (
	"context"
	"fmt"

	"go.temporal.io/sdk/client"

	"farebook/booking"
	"farebook/workflows"
)

// DeliverDisputeEvent signals the dispute's workflow that the dispute may have changed at Stripe, and starts it if it does not run.
func (c *Client) DeliverDisputeEvent(ctx context.Context, disputeID string, reference booking.Reference, correlationID string,
	event workflows.StripeEvent,
) error {
	return c.deliver(ctx, disputeSubject(disputeID, reference, correlationID), event)
}

func disputeSubject(disputeID string, reference booking.Reference, correlationID string) subject {
	return subject{
		id: workflows.DisputeWorkflowID(disputeID), kind: workflows.TypeDispute, summary: fmt.Sprintf("%s · dispute %s", reference, disputeID),
		input: workflows.DisputeInput{DisputeID: disputeID, CorrelationID: correlationID}, reference: reference,
	}
}

// EvidenceSubject is the evidence for a dispute that somebody has asked to submit. Attempt numbers the requests to submit.
type EvidenceSubject struct {
	DisputeID     string
	Reference     booking.Reference
	CorrelationID string
	Attempt       uint32
}

func (s EvidenceSubject) dispute() subject {
	return disputeSubject(s.DisputeID, s.Reference, s.CorrelationID)
}

// update is one for each attempt: a repetition joins it within one run of the workflow.
func (s EvidenceSubject) update() client.UpdateWorkflowOptions {
	return client.UpdateWorkflowOptions{
		UpdateID: fmt.Sprintf("%s-%d", workflows.UpdateSubmitEvidence, s.Attempt), UpdateName: workflows.UpdateSubmitEvidence,
	}
}

// SubmitEvidence has the dispute's workflow submit the evidence of its draft, starts the workflow if it does not run, and waits until
// Stripe has taken or refused it, which the draft says. A repetition is harmless.
func (c *Client) SubmitEvidence(ctx context.Context, s EvidenceSubject) (workflows.DisputeResult, error) {
	var result workflows.DisputeResult
	err := c.update(ctx, s.dispute(), s.update(), &result)
	return result, err
}

// ResumeEvidence is SubmitEvidence without the wait for Stripe. It waits until a worker has taken the request, or ctx ends. It never
// reports a start: whether the workflow knew of the request is not known.
func (c *Client) ResumeEvidence(ctx context.Context, s EvidenceSubject) (bool, error) {
	about, update := s.dispute(), s.update()
	update.WorkflowID, update.WaitForStage = about.id, client.WorkflowUpdateStageAccepted
	_, err := c.temporal.UpdateWithStartWorkflow(ctx, client.UpdateWithStartWorkflowOptions{
		StartWorkflowOperation: c.temporal.NewWithStartWorkflowOperation(c.options(about), about.kind, about.input), UpdateOptions: update,
	})
	return false, err
}

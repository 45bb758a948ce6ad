package dispatch

import (
	"context"
	"errors"
	"fmt"
	"slices"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"

	"farebook/booking"
	"farebook/workflows"
)

// The Resume methods start the workflow of a row that owes work and has no running workflow: it was never started, it was terminated, or
// Temporal has lost it. They return false when one runs, and when the last one failed, which is left to an operator. A repetition joins
// the run under the same workflow id.

// ResumeBooking resumes a booking.
func (c *Client) ResumeBooking(ctx context.Context, s BookingSubject) (bool, error) {
	return c.resume(ctx, s.subject())
}

// ResumeRefund resumes a refund.
func (c *Client) ResumeRefund(ctx context.Context, s RefundSubject) (bool, error) {
	return c.resume(ctx, s.subject())
}

// ResumeDispute resumes a dispute.
func (c *Client) ResumeDispute(ctx context.Context, disputeID string, reference booking.Reference, correlationID string) (bool, error) {
	return c.resume(ctx, disputeSubject(disputeID, reference, correlationID))
}

// ResumePayout resumes a payout.
func (c *Client) ResumePayout(ctx context.Context, payoutID string) (bool, error) {
	return c.resume(ctx, payoutSubject(payoutID))
}

// ResumeAccountFee resumes the posting of a fee that Stripe billed to the account.
func (c *Client) ResumeAccountFee(ctx context.Context, balanceTransactionID string) (bool, error) {
	return c.resume(ctx, subject{
		id: workflows.AccountFeeWorkflowID(balanceTransactionID), kind: workflows.TypeAccountFee,
		summary: "Stripe's bill " + balanceTransactionID,
		input:   workflows.AccountFeeInput{BalanceTransactionID: balanceTransactionID},
	})
}

// ResumeUnbooked resumes the posting of a balance transaction that belongs to no booking. It also returns false when the last run
// completed: that run found that the money is a booking's or that no rule explains it, and another run would find the same.
func (c *Client) ResumeUnbooked(ctx context.Context, balanceTransactionID string) (bool, error) {
	return c.resume(ctx, subject{
		id: workflows.UnbookedWorkflowID(balanceTransactionID), kind: workflows.TypeUnbooked,
		summary: "Money of no booking " + balanceTransactionID,
		input:   workflows.UnbookedInput{BalanceTransactionID: balanceTransactionID},
	}, enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED)
}

// ResumeEmail resumes the sending of an email. owner is the id of the workflow that sends it while it runs, or empty. After the owner has
// ended, also in failure, a SendMail workflow sends the email.
func (c *Client) ResumeEmail(ctx context.Context, emailID uint64, owner string) (bool, error) {
	if owner != "" {
		status, err := c.latestStatus(ctx, owner)
		if err != nil || running(status) {
			return false, err
		}
	}
	return c.resume(ctx, emailSubject(emailID))
}

// resume starts a subject's workflow unless one runs, or the last one failed or ended with a status in final.
func (c *Client) resume(ctx context.Context, s subject, final ...enumspb.WorkflowExecutionStatus) (bool, error) {
	status, err := c.latestStatus(ctx, s.id)
	if err != nil || running(status) {
		return false, err
	}
	final = append(final, enumspb.WORKFLOW_EXECUTION_STATUS_FAILED, enumspb.WORKFLOW_EXECUTION_STATUS_TIMED_OUT)
	if slices.Contains(final, status) {
		return false, nil
	}
	err = c.start(ctx, s)
	return err == nil, err
}

// latestStatus returns the status of a workflow's latest run; unspecified when Temporal knows no run.
func (c *Client) latestStatus(ctx context.Context, workflowID string) (enumspb.WorkflowExecutionStatus, error) {
	latest, err := c.temporal.DescribeWorkflowExecution(ctx, workflowID, "")
	var unknown *serviceerror.NotFound
	if err != nil && !errors.As(err, &unknown) {
		return 0, fmt.Errorf("ask Temporal for workflow %s: %w", workflowID, err)
	}
	return latest.GetWorkflowExecutionInfo().GetStatus(), nil
}

// running reports whether a run has not ended; an operator may have paused it.
func running(status enumspb.WorkflowExecutionStatus) bool {
	return status == enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING || status == enumspb.WORKFLOW_EXECUTION_STATUS_PAUSED
}

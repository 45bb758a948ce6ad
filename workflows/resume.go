package workflows

import (
	"context"
	"errors"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
)

// ResumeBooking starts the workflow of a booking that has none: it was never started, or was terminated. It reports false
// when one runs, and when the last one failed, which is for a person to look at. Harmless when repeated.
func (c *Client) ResumeBooking(ctx context.Context, s BookingSubject) (bool, error) {
	return c.resume(ctx, s.subject())
}

// ResumeRefund does the same for a refund.
func (c *Client) ResumeRefund(ctx context.Context, s RefundSubject) (bool, error) {
	return c.resume(ctx, s.subject())
}

// ResumeMail does the same for a mail that no other workflow sends.
func (c *Client) ResumeMail(ctx context.Context, emailID uint64) (bool, error) {
	return c.resume(ctx, mailSubject(emailID))
}

func (c *Client) resume(ctx context.Context, s subject) (bool, error) {
	last, err := c.temporal.DescribeWorkflowExecution(ctx, s.id, "")
	var none *serviceerror.NotFound
	if err != nil && !errors.As(err, &none) {
		return false, err
	}
	switch last.GetWorkflowExecutionInfo().GetStatus() {
	case enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING, enumspb.WORKFLOW_EXECUTION_STATUS_FAILED, enumspb.WORKFLOW_EXECUTION_STATUS_TIMED_OUT:
		return false, nil
	}
	err = c.start(ctx, s)
	return err == nil, err
}

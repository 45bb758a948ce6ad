package workflows

import (
	"context"
	"errors"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
)

// ResumeBooking starts the workflow of a booking that has none: it was never started, or was terminated. It reports false
// when one runs, and when the last one failed, which is for a person to look at. Harmless when repeated.
func (c *Client) ResumeBooking(ctx context.Context, s Subject) (bool, error) {
	return c.resume(ctx, c.options(s), TypeBookingPayment, s.input())
}

// ResumeRefund does the same for a refund.
func (c *Client) ResumeRefund(ctx context.Context, s RefundSubject) (bool, error) {
	o := s.object()
	return c.resume(ctx, c.objectOptions(o), o.kind, o.input)
}

// ResumeMail does the same for a mail that no other workflow sends.
func (c *Client) ResumeMail(ctx context.Context, emailID uint64) (bool, error) {
	o := mailObject(emailID)
	return c.resume(ctx, c.objectOptions(o), o.kind, o.input)
}

func (c *Client) resume(ctx context.Context, options client.StartWorkflowOptions, kind string, input any) (bool, error) {
	last, err := c.temporal.DescribeWorkflowExecution(ctx, options.ID, "")
	var none *serviceerror.NotFound
	if err != nil && !errors.As(err, &none) {
		return false, err
	}
	switch last.GetWorkflowExecutionInfo().GetStatus() {
	case enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING, enumspb.WORKFLOW_EXECUTION_STATUS_FAILED, enumspb.WORKFLOW_EXECUTION_STATUS_TIMED_OUT:
		return false, nil
	}
	_, err = c.temporal.ExecuteWorkflow(ctx, options, kind, input)
	return err == nil, err
}

package dispatch

import (
	"cmp"
	"context"

	"farebook/booking"
	"farebook/internal/correlation"
	"farebook/notice"
	"farebook/store"
	"farebook/workflows"
)

// SendEmail starts the workflow that sends an email which no other workflow sends.
func (c *Client) SendEmail(ctx context.Context, emailID uint64) error {
	return c.start(ctx, emailSubject(emailID))
}

// SendCopy is SendEmail for a copy that an operator has asked for. Its workflow has the correlation id of the original email; the audit log
// has that of the request.
func (c *Client) SendCopy(ctx context.Context, copied store.Email) error {
	return c.SendEmail(correlation.With(ctx, copied.CorrelationID()), copied.ID)
}

func emailSubject(emailID uint64) subject {
	return subject{
		id: workflows.SendMailWorkflowID(emailID), kind: workflows.TypeSendMail, summary: "Send an email",
		input: workflows.SendMailInput{EmailID: emailID},
	}
}

// EmailWorkflowID returns the id of the workflow that sends an email as one of its steps; empty for an email that a SendMail workflow
// sends.
func EmailWorkflowID(e store.QueuedEmail) string {
	if e.Owner == "" {
		return ""
	}
	switch e.Kind {
	case notice.DisputeOpened, notice.DisputeDue, notice.DisputeClosed:
		return workflows.DisputeWorkflowID(e.Owner)
	case notice.PayoutFailed, notice.PayoutUnproven, notice.PayoutUnknown:
		return workflows.PayoutWorkflowID(e.Owner)
	case notice.Reconciliation:
		return workflows.ReconciliationWorkflowID(e.Owner)
	}
	reference, err := booking.ParseReference(e.Owner)
	if err == nil {
		return workflows.BookingPaymentWorkflowID(reference)
	}
	id, err := booking.ParseRefundID(e.Owner)
	if err == nil {
		return workflows.RefundWorkflowID(cmp.Or(e.StripeRefundID, string(id)))
	}
	return ""
}

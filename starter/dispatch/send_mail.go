package dispatch

import (
	"context"

	"farebook/workflows"
)

// SendEmail starts the workflow that sends an email which no other workflow sends.
func (c *Client) SendEmail(ctx context.Context, emailID uint64) error {
	return c.start(ctx, emailSubject(emailID))
}

func emailSubject(emailID uint64) subject {
	return subject{
		id: workflows.SendMailWorkflowID(emailID), kind: workflows.TypeSendMail, summary: "Send an email",
		input: workflows.SendMailInput{EmailID: emailID},
	}
}

package dispatch

import (
	"context"

	"farebook/workflows"
)

// SendMail starts the sending of a mail that no other workflow sends.
func (c *Client) SendMail(ctx context.Context, emailID uint64) error {
	return c.start(ctx, mailSubject(emailID))
}

func mailSubject(emailID uint64) subject {
	return subject{id: workflows.SendMailWorkflowID(emailID), kind: workflows.TypeSendMail, summary: "Send a mail again", input: workflows.SendMailInput{EmailID: emailID}}
}

package workflows

import (
	"context"

	"go.temporal.io/sdk/workflow"
)

// SendMailInput names a row of emails that no other workflow sends: a copy that somebody asked for.
type SendMailInput struct {
	EmailID uint64 `json:"emailId"`
}

// SendMail sends one mail from its row.
func SendMail(ctx workflow.Context, in SendMailInput) error {
	var mails mailing
	mails.send(ctx, []uint64{in.EmailID})
	return workflow.Await(ctx, func() bool { return mails.inFlight == 0 })
}

// SendMail starts the sending of a mail that no other workflow sends.
func (c *Client) SendMail(ctx context.Context, emailID uint64) error {
	return c.start(ctx, mailSubject(emailID))
}

func mailSubject(emailID uint64) subject {
	return subject{id: SendMailWorkflowID(emailID), kind: TypeSendMail, summary: "Send a mail again", input: SendMailInput{EmailID: emailID}}
}

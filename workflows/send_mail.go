package workflows

import (
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

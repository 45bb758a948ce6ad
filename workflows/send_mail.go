package workflows

import (
	"go.temporal.io/sdk/workflow"
)

// SendMailInput starts SendMail. EmailID is a row of table emails that no other workflow sends: a copy that a customer requested.
type SendMailInput struct {
	EmailID uint64 `json:"emailId"`
}

// SendMail sends one email from its row.
func SendMail(ctx workflow.Context, in SendMailInput) error {
	var sender emailSender
	sender.send(ctx, []uint64{in.EmailID})
	return workflow.Await(ctx, func() bool { return sender.inFlight == 0 })
}

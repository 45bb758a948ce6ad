package workflows

import (
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"farebook/activities"
)

// emails names the email activities by method reference; the receiver lives in the worker.
var emails *activities.Emails

// emailSender sends emails in coroutines, so that a mail server that is down delays neither the booking nor the next event.
type emailSender struct {
	requested map[uint64]bool
	inFlight  int
	abandoned int // emails that were not sent within emailRetries
}

// send sends the emails in rows ids. It skips ids that it has been given before, because each recording returns every unsent
// email of its booking.
func (s *emailSender) send(ctx workflow.Context, ids []uint64) {
	if s.requested == nil {
		s.requested = map[uint64]bool{}
	}
	for _, id := range ids {
		if s.requested[id] {
			continue
		}
		s.requested[id] = true
		s.inFlight++
		workflow.Go(ctx, func(ctx workflow.Context) {
			s.sendOne(ctx, id)
			s.inFlight--
		})
	}
}

func (s *emailSender) sendOne(ctx workflow.Context, id uint64) {
	in := activities.SendEmailInput{EmailID: id}
	err := step{"Send the email", emails.SendEmail, emailRetries}.run(ctx, in, nil)
	if err == nil {
		return
	}
	if temporal.IsCanceledError(err) {
		delete(s.requested, id) // the cleanup after the cancellation sends it
		return
	}
	s.abandoned++
	workflow.GetLogger(ctx).Error("email abandoned", "emailId", id, "error", err)
	err = step{"Record that the email was abandoned", emails.GiveUpEmail, moneyRetries}.run(ctx, in, nil)
	if err != nil {
		workflow.GetLogger(ctx).Error("the email's row does not show that it was abandoned", "emailId", id, "error", err)
	}
}

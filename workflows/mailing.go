package workflows

import (
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"farebook/activities"
)

// mailing sends mails beside the workflow's own course, so that a mail server that is down holds nothing back.
type mailing struct {
	asked    map[uint64]bool
	inFlight int
	givenUp  int
}

// send starts one coroutine a mail. An id that was asked for already is passed over: the recording step names every
// mail of the booking that is not sent yet.
func (m *mailing) send(ctx workflow.Context, ids []uint64) {
	if m.asked == nil {
		m.asked = map[uint64]bool{}
	}
	for _, id := range ids {
		if m.asked[id] {
			continue
		}
		m.asked[id] = true
		m.inFlight++
		workflow.Go(ctx, func(ctx workflow.Context) {
			m.sendOne(ctx, id)
			m.inFlight--
		})
	}
}

func (m *mailing) sendOne(ctx workflow.Context, id uint64) {
	in := activities.SendEmailInput{EmailID: id}
	err := step{"Send the mail", emails.SendEmail, mailPatience}.run(ctx, in, nil)
	if err == nil {
		return
	}
	if temporal.IsCanceledError(err) {
		delete(m.asked, id) // the one who tidies up after the cancellation sends it
		return
	}
	m.givenUp++
	workflow.GetLogger(ctx).Error("mail given up", "emailId", id, "error", err)
	if err := (step{"Record that the mail was given up", emails.GiveUpEmail, moneyPatience}).run(ctx, in, nil); err != nil {
		workflow.GetLogger(ctx).Error("giving up a mail was not recorded", "emailId", id, "error", err)
	}
}

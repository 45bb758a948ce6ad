package storm

import (
	"context"

	"farebook/internal/dev/mailbox"
)

func mailKinds() []kind {
	scripted := func(name string, fault mailbox.Fault, most int) kind {
		return kind{name: "SMTP: " + name, weight: 2, most: most, play: func(_ context.Context, s *System, f Fault) error {
			fault := fault
			fault.Times = f.Times
			if fault.Code == refusedForGood {
				s.refusedMails.Add(int64(f.Times))
			}
			return s.Stack.Mailbox.Script(fault)
		}}
	}
	return []kind{
		scripted("421", mailbox.Fault{Stage: mailbox.StageMail, Code: 421}, 4),
		scripted("450", mailbox.Fault{Stage: mailbox.StageRcpt, Code: 450}, 6),
		scripted("550", mailbox.Fault{Stage: mailbox.StageRcpt, Code: refusedForGood}, 2),
		scripted("hang", mailbox.Fault{Stage: mailbox.StageHello, Hang: true}, 2),
		scripted("dropped", mailbox.Fault{Stage: mailbox.StageData, Drop: true}, 3),
		scripted("acknowledgement lost", mailbox.Fault{Stage: mailbox.StageData, Drop: true, Keep: true}, 3),
	}
}

// refusedForGood is the SMTP code that ends an email.
const refusedForGood = 550

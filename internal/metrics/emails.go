package metrics

import (
	"time"

	"farebook/notice"
)

var (
	emailsDone = Definition{
		Name: "farebook_emails_total", Kind: KindCounter, Processes: both,
		Help: "Attempts to send emails: sent, failed for good (refused, or given up after three days), or to be retried because the mail " +
			"server was unavailable.",
		Labels: []Label{
			{Name: "kind", Values: texts(notice.Kinds()...)}, {Name: "outcome", Values: []string{"sent", "failed", "retried"}},
		},
	}
	emailWait = Definition{
		Name: "farebook_email_wait_seconds", Kind: KindHistogram, Processes: both, buckets: slowSeconds,
		Help: "Time from the row of an email to the mail server's acknowledgement.",
	}
	ofEmails = []Definition{emailsDone, emailWait}
)

// Emails counts emails. Its methods do nothing on nil.
type Emails struct {
	done *counter
	wait *histogram
}

// Emails registers the metrics of emails.
func (r *Registry) Emails() *Emails {
	e := &Emails{done: emailsDone.counter(r.prometheus), wait: emailWait.histogram(r.prometheus)}
	e.done.start()
	return e
}

// Sent counts an email that the mail server has taken, some time after its row was written.
func (e *Emails) Sent(kind notice.Kind, wait time.Duration) {
	if e != nil {
		e.done.inc(string(kind), "sent")
		e.wait.observe(max(0, wait.Seconds()))
	}
}

// Failed counts an email that will not be sent.
func (e *Emails) Failed(kind notice.Kind) {
	if e != nil {
		e.done.inc(string(kind), "failed")
	}
}

// Retried counts an attempt that the mail server was unavailable for.
func (e *Emails) Retried(kind notice.Kind) {
	if e != nil {
		e.done.inc(string(kind), "retried")
	}
}

package storm

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"syscall"
	"time"

	"farebook/internal/dev/link"
)

// healTime bounds how long a system may take to come to rest once every fault has ended: promise 14.
const healTime = 5 * time.Minute

// heal ends every fault that is left.
func (s *System) heal(ctx context.Context) error {
	for _, l := range s.links {
		l.Become(link.None)
	}
	s.Stack.Stripe.Faults().Clear()
	s.Stack.Stripe.SetAnswerTime(0)
	s.Stack.Stripe.LagLists(0)
	s.Stack.Stripe.ReleaseBalanceTransactions()
	s.webhooksAgain()
	s.Stack.Stripe.ReleaseWebhooks()
	s.Stack.Mailbox.ClearScript()
	for _, p := range s.processes {
		_ = p.Signal(syscall.SIGCONT) // it may be starting
		if p.armed() {
			p.restart("") // a failpoint that was not reached is a fault that is left
		}
	}
	if err := s.disk.empty(); err != nil {
		return err
	}
	for _, one := range []server{s.Stack.MariaDB, s.Stack.Temporal} {
		_ = syscall.Kill(one.Pid(), syscall.SIGCONT) // it runs
	}
	if err := s.Root.PingContext(ctx); err != nil {
		if err := restarted(ctx, s.Stack.MariaDB); err != nil {
			return err
		}
	}
	if err := s.rebuildTables(ctx); err != nil {
		return err
	}
	if _, err := s.Temporal.CheckHealth(ctx, nil); err != nil {
		return restarted(ctx, s.Stack.Temporal)
	}
	return nil
}

// foundNothing matches the report of a reconciliation that completed and found no difference.
var foundNothing = regexp.MustCompile(`is completed[^\n]*\nscanned \d+, differences 0,`)

// quiet waits until everything that is known is recorded, and a reconciliation finds no difference any more: what it heals is known only
// by it, because events were lost.
func (s *System) quiet(ctx context.Context) error {
	end := time.Now().Add(healTime)
	var left string
	rest := func() bool {
		left = s.unrest(ctx)
		return left == ""
	}
	var report string
	for time.Now().Before(end) {
		if err := until(ctx, time.Until(end), "the system does not come to rest", rest); err != nil {
			return fmt.Errorf("%w: %s", err, left)
		}
		var err error
		report, err = s.starter(ctx, "reconcile", "--limit", "0")
		if err != nil {
			return err
		}
		if foundNothing.MatchString(report) {
			return until(ctx, time.Until(end), "the system does not come to rest after its reconciliation", rest)
		}
	}
	return errors.New("reconciliations find differences in the end:\n" + report)
}

// unrest says what is still under way; empty when nothing is.
func (s *System) unrest(ctx context.Context) string {
	for _, one := range restlessness {
		var n int
		if err := s.Root.QueryRowContext(ctx, one.count).Scan(&n); err != nil {
			return err.Error()
		}
		if n > 0 {
			return fmt.Sprintf("%d %s", n, one.what)
		}
	}
	stuck, err := s.stuck(ctx)
	if err != nil {
		return err.Error()
	}
	if len(stuck) > 0 {
		return fmt.Sprintf("%d workflows with pending work, such as %s", len(stuck), stuck[0])
	}
	return ""
}

// restlessness counts rows of work that ends without anybody. A refund that waits for an operator or a bank is not among them.
var restlessness = []struct{ what, count string }{
	{"events are not processed", "SELECT COUNT(*) FROM stripe_events WHERE processed = FALSE"},
	{"emails are queued", "SELECT COUNT(*) FROM emails WHERE status = 'queued'"},
	{"webhooks are not delivered", "SELECT COUNT(*) FROM webhook_deliveries WHERE is_pending IS NOT NULL"},
	{"refunds are not requested from Stripe", "SELECT COUNT(*) FROM refunds WHERE status = 'requested'"},
	{"unpaid bookings are past their hold", `SELECT COUNT(*) FROM bookings b LEFT JOIN payments p ON p.booking_id = b.id
		WHERE b.status = 'pending_payment' AND b.hold_expires_at < UTC_TIMESTAMP(6)
		AND COALESCE(p.status, '') NOT IN ('processing', 'authorized')`},
	{"holds have not ended", `SELECT COUNT(*) FROM bookings b LEFT JOIN payments p ON p.booking_id = b.id
		WHERE b.status = 'pending_payment' AND COALESCE(p.status, '') NOT IN ('processing', 'authorized')`},
	{"further payments do not end with their booking", `SELECT COUNT(*) FROM bookings
		WHERE cancel_due_at IS NOT NULL AND status <> 'disputed'`},
	{"reconciliations run", "SELECT COUNT(*) FROM reconciliation_runs WHERE status = 'running'"},
}

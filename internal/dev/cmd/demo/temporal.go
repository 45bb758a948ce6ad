package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"

	"farebook/internal/dev/fakestripe"
	"farebook/internal/dev/mailbox"
)

// temporalLost deletes Temporal's database while a confirmation is queued and a dispute is open. The database of the books has both:
// after `starter setup` has created search attributes and schedules again, the sweeper starts a workflow for each, the confirmation
// is sent once, and the dispute is handled to its end.
func (d *demo) temporalLost(ctx context.Context) error {
	disputed, err := d.bookAndPay(ctx, "Temporal is lost while a dispute is open", "en", "pm_card_createDispute", "disputed",
		"booking_confirmed", "opened", "closed-won")
	if err != nil {
		return err
	}
	dispute := d.disputeOf(disputed)
	if err := until(ctx, func() (bool, error) { return len(d.mailsOf(disputed)) == 2, nil }); err != nil {
		return fmt.Errorf("the emails about %s did not arrive: %w", disputed.reference, err)
	}
	if err := d.stack.Mailbox.Script(mailbox.Fault{Stage: mailbox.StageRcpt, Code: 450, Text: "not now", Times: 1_000_000}); err != nil {
		return err
	}
	queued, err := d.bookAndPay(ctx, "Temporal is lost while a confirmation is queued", "en", "pm_card_visa", "confirmed", "booking_confirmed")
	if err != nil {
		return err
	}
	step("the mail server answers 450: the confirmation of %s is queued", queued.reference)
	if err := d.stack.Temporal.Lose(ctx); err != nil {
		return err
	}
	step("Temporal is stopped, its database deleted, and an empty one started")
	if err := d.requireLost(ctx, "Dispute:"+dispute); err != nil {
		return err
	}
	if _, err := d.starter(ctx, "setup"); err != nil {
		return err
	}
	d.stack.Mailbox.ClearScript()
	step("the mail server accepts emails again")
	if err := d.awaitWorkflow(ctx, "Dispute:"+dispute); err != nil {
		return err
	}
	step("the sweeper has started Dispute:%s", dispute)
	if err := until(ctx, func() (bool, error) { return len(d.mailsOf(queued)) == 1, nil }); err != nil {
		return fmt.Errorf("the confirmation of %s was not sent: %w", queued.reference, err)
	}
	step("the confirmation of %s is sent", queued.reference)
	if err := d.stack.Stripe.MoveDispute(dispute, "won"); err != nil {
		return err
	}
	step("the bank decides: won")
	disputed.want = "confirmed"
	return d.await(ctx, disputed)
}

// disputeOf returns the id of the dispute of a story's payment.
func (d *demo) disputeOf(s *story) string {
	disputes := d.stack.Stripe.Disputes()
	at := slices.IndexFunc(disputes, func(known fakestripe.DisputeInfo) bool { return known.PaymentIntent == s.intent })
	if at < 0 {
		return ""
	}
	return disputes[at].ID
}

// requireLost returns an error if Temporal still has a workflow.
func (d *demo) requireLost(ctx context.Context, workflowID string) error {
	known, err := d.workflowExists(ctx, workflowID)
	if known {
		err = errors.New("Temporal still has the workflow " + workflowID)
	}
	return err
}

func (d *demo) awaitWorkflow(ctx context.Context, workflowID string) error {
	if err := until(ctx, func() (bool, error) { return d.workflowExists(ctx, workflowID) }); err != nil {
		return fmt.Errorf("no workflow %s was started: %w", workflowID, err)
	}
	return nil
}

func (d *demo) workflowExists(ctx context.Context, workflowID string) (bool, error) {
	temporal, err := client.NewLazyClient(client.Options{
		HostPort: d.stack.Temporal.Address(), Logger: log.NewStructuredLogger(slog.New(slog.DiscardHandler)),
	})
	if err != nil {
		return false, err
	}
	defer temporal.Close()
	_, err = temporal.DescribeWorkflowExecution(ctx, workflowID, "")
	var unknown *serviceerror.NotFound
	if errors.As(err, &unknown) {
		return false, nil
	}
	return err == nil, err
}

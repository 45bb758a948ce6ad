package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strings"
)

var runID = regexp.MustCompile(`recon_[0-9a-f]+`)

// reconciled loses Stripe's events of a payment, a refund and a dispute; reconciliation finds and heals them.
func (d *demo) reconciled(ctx context.Context) error {
	paid, err := d.book(ctx, "A payment whose events are lost", "en", 30, "confirmed", "booking_confirmed")
	if err != nil {
		return err
	}
	refunded, disputed := d.told[0], d.told[1]
	d.stack.Stripe.SetWebhook("", d.setting("STRIPE_WEBHOOK_SECRET"))
	step("from now on all of Stripe's events are lost")
	if err := d.pay(ctx, paid, "pm_card_visa", http.StatusOK); err != nil {
		return err
	}
	if _, err := d.stack.Stripe.RefundInDashboard(refunded.intent, 5000); err != nil {
		return err
	}
	step("somebody refunds $50.00 of %s in Stripe's dashboard", refunded.reference)
	if _, err := d.stack.Stripe.Dispute(disputed.intent, 0, "fraudulent"); err != nil {
		return err
	}
	step("the cardholder disputes %s", disputed.reference)
	d.stack.Stripe.SetWebhook(d.stack.APIURL+"/webhooks/stripe", d.setting("STRIPE_WEBHOOK_SECRET"))

	report, err := d.starter(ctx, "reconcile", "--dry-run")
	if err == nil {
		return errors.New("the dry run found nothing")
	}
	plan := runID.FindString(report)
	if _, err := d.starter(ctx, "reconcile", "--apply", plan); err != nil {
		return err
	}
	refunded.want, disputed.want = "partially_refunded", "disputed"
	refunded.mails = append(refunded.mails, "refunded")
	disputed.mails = append(disputed.mails, "opened")
	for _, s := range []*story{paid, refunded, disputed} {
		if err := d.await(ctx, s); err != nil {
			return err
		}
	}
	_, err = d.starter(ctx, "reconcile")
	return err
}

// sealed seals the ledger, as the hourly schedule does.
func (d *demo) sealed(ctx context.Context) error {
	_, err := d.starter(ctx, "ledger", "seal")
	return err
}

// starter runs an operator's command, prints its output and returns it. It returns an error if the exit status is not 0.
func (d *demo) starter(ctx context.Context, args ...string) (string, error) {
	fmt.Printf("\n   $ starter %s\n", strings.Join(args, " "))
	command := d.stack.Starter(ctx, args...)
	var out bytes.Buffer
	command.Stdout, command.Stderr = io.MultiWriter(os.Stdout, &out), io.Discard
	err := command.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return out.String(), fmt.Errorf("starter %s: %w", args[0], err)
	}
	return out.String(), err
}

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"farebook/internal/dev/fakestripe"
)

// metadataEdited empties the metadata of a PaymentIntent, which anyone with access to Stripe's dashboard can do: the books find the
// payment by its id.
func (d *demo) metadataEdited(ctx context.Context) error {
	s, err := d.book(ctx, "Metadata that is emptied in Stripe's dashboard", "en", 30, "confirmed", "booking_confirmed")
	if err != nil {
		return err
	}
	if err := d.stack.Stripe.EditMetadata(s.intent, map[string]string{"booking_reference": "", "correlation_id": ""}); err != nil {
		return err
	}
	step("the metadata of %s is emptied", s.intent)
	if err := d.pay(ctx, s, "pm_card_visa", http.StatusOK); err != nil {
		return err
	}
	return d.await(ctx, s)
}

// unknownDispute opens a dispute with a status that Stripe introduced in 2025 and this version does not know: the money counts as
// withheld, refunds are refused, and the later decision is recorded.
func (d *demo) unknownDispute(ctx context.Context) error {
	s, err := d.bookAndPay(ctx, "A dispute with a status that this version does not know", "en", "pm_card_visa", "confirmed",
		"booking_confirmed", "opened", "closed-won")
	if err != nil {
		return err
	}
	id, err := d.stack.Stripe.OpenDispute(fakestripe.NewDispute{
		PaymentIntent: s.intent, Status: "prevented", Withdraw: true,
		Events: []string{"charge.dispute.created", "charge.dispute.funds_withdrawn"},
	})
	if err != nil {
		return err
	}
	step("dispute %s is \"prevented\"; its money is withdrawn", id)
	s.want = "disputed"
	if err := d.await(ctx, s); err != nil {
		return err
	}
	path := "/v1/bookings/" + s.reference + "/refunds"
	if err := d.post(ctx, path, "demo-unknown", `{}`, http.StatusConflict, nil); err != nil {
		return err
	}
	step("POST %s → 409: no refund while the money is withheld", path)
	if err := d.stack.Stripe.ReinstateDispute(id, 45900, 1500); err != nil {
		return err
	}
	if err := d.stack.Stripe.SetDisputeStatus(id, "won", "charge.dispute.funds_reinstated", "charge.dispute.closed"); err != nil {
		return err
	}
	step("Stripe reports \"won\" and returns the money")
	s.want = "confirmed"
	return d.await(ctx, s)
}

// connectedAccount delivers the event of a payout of a connected account of the same platform: it is stored, and no workflow
// starts.
func (d *demo) connectedAccount(ctx context.Context) error {
	d.begin("An event of a connected account")
	status, err := d.stack.Stripe.DeliverMade(fakestripe.MadeEvent{
		Type: "payout.paid", Object: json.RawMessage(`{"id":"po_connected","object":"payout","amount":1000,"currency":"usd"}`),
		Account: "acct_connected",
	})
	if err != nil {
		return err
	}
	step("payout.paid of acct_connected → %d", status)
	if status != http.StatusOK {
		return fmt.Errorf("the event of a connected account: unexpected status %d", status)
	}
	_, err = d.starter(ctx, "events", "list", "--type", "payout.paid", "--state", "not_ours")
	return err
}

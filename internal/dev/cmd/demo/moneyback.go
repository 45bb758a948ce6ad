package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"

	"farebook/money"
	"farebook/store"
)

// refunded refunds a part of a payment, and then the rest.
func (d *demo) refunded(ctx context.Context) error {
	s, err := d.bookAndPay(ctx, "A refund in two parts", "en", "pm_card_visa", "confirmed", "booking_confirmed", "refunded", "refunded")
	if err != nil {
		return err
	}
	for i, part := range []struct{ body, want string }{
		{`{"amount":{"value":20000,"currency":"USD"},"note":"seat not as promised"}`, "partially_refunded"}, {`{}`, "refunded"},
	} {
		var refund struct {
			ID     string
			Amount money.Money
		}
		path := "/v1/bookings/" + s.reference + "/refunds"
		if err := d.post(ctx, path, fmt.Sprintf("demo-refund-%d", i), part.body, http.StatusCreated, &refund); err != nil {
			return err
		}
		step("POST %s %s → 201, %s of %d", path, part.body, refund.ID, refund.Amount.Format(money.LocaleEN))
		s.want = part.want
		if err := d.await(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

// cancelledAfterPayment reads the cancellation quote and cancels under the refund policy.
func (d *demo) cancelledAfterPayment(ctx context.Context) error {
	s, err := d.bookAndPay(ctx, "A paid booking cancelled under the refund policy", "ar", "pm_card_visa", "confirmed",
		"booking_confirmed", "booking_cancelled_paid", "refunded")
	if err != nil {
		return err
	}
	status, answer, err := d.call(ctx, http.MethodGet, "/v1/bookings/"+s.reference+"/cancellation-quote", "", nil)
	if err != nil {
		return err
	}
	var quote struct {
		Explanation string
		Refund      struct{ Value int64 }
	}
	if status != http.StatusOK || json.Unmarshal(answer, &quote) != nil {
		return fmt.Errorf("the quote: unexpected status %d: %s", status, answer)
	}
	step("the quote: %s", quote.Explanation)
	body := fmt.Sprintf(`{"expectedRefund":{"value":%d,"currency":"USD"}}`, quote.Refund.Value)
	var cancelled struct{ RefundID string }
	if err := d.post(ctx, "/v1/bookings/"+s.reference+"/cancel", "demo-cancel", body, http.StatusOK, &cancelled); err != nil {
		return err
	}
	step("POST /v1/bookings/%s/cancel → 200, refund %s", s.reference, cancelled.RefundID)
	s.want = "refunded"
	return d.await(ctx, s)
}

// capturedInPart authorises a payment and captures a part of it.
func (d *demo) capturedInPart(ctx context.Context) error {
	s, err := d.bookWith(ctx, "A payment authorised first, captured in part", "en", 30, map[string]any{"capture": "manual"}, "confirmed",
		"payment_authorized", "booking_confirmed")
	if err != nil {
		return err
	}
	if err := d.pay(ctx, s, "pm_card_visa", http.StatusOK); err != nil {
		return err
	}
	if err := d.awaitPayment(ctx, s, "authorized"); err != nil {
		return err
	}
	if err := d.post(ctx, "/v1/bookings/"+s.reference+"/capture", "demo-capture", `{"amount":{"value":30000,"currency":"USD"}}`, http.StatusOK,
		nil); err != nil {
		return err
	}
	step("POST /v1/bookings/%s/capture $300.00 → 200", s.reference)
	return d.await(ctx, s)
}

// disputed opens a dispute, which the bank then decides as won.
func (d *demo) disputed(ctx context.Context) error {
	s, err := d.bookAndPay(ctx, "A dispute that is won", "en", "pm_card_createDispute", "disputed", "booking_confirmed", "opened",
		"closed-won")
	if err != nil {
		return err
	}
	dispute := d.disputeOf(s)
	step("dispute %s, workflow Dispute:%s: the money is withheld, finance is notified", dispute, dispute)
	if err := d.stack.Stripe.MoveDispute(dispute, "won"); err != nil {
		return err
	}
	step("the bank decides: won")
	s.want = "confirmed"
	return d.await(ctx, s)
}

// paidOut pays out the available balance and waits until the balance transactions prove the payout.
func (d *demo) paidOut(ctx context.Context) error {
	d.begin("A payout")
	d.stack.Stripe.SettleFunds()
	id, err := d.stack.Stripe.PayOut("usd")
	if err != nil {
		return err
	}
	if err := d.stack.Stripe.MovePayout(id, "paid"); err != nil {
		return err
	}
	step("Stripe pays out: %s, workflow Payout:%s", id, id)
	var payout store.Payout
	if err := until(ctx, func() (bool, error) {
		payout, err = d.store.Payout(ctx, id)
		return err == nil && payout.Proof == store.ProofProven && payout.Status == "paid", nil
	}); err != nil {
		return fmt.Errorf("payout %s was not paid and proven: %w", id, err)
	}
	step("%s is %s, %s, proven by %d balance transactions that the ledger knows", id, payout.Status, payout.Amount.Format(money.LocaleEN),
		payout.Transactions)
	return nil
}

// post sends a JSON body, checks the status, and decodes the response into out, unless that is nil.
func (d *demo) post(ctx context.Context, path, key, body string, want int, out any) error {
	status, answer, err := d.call(ctx, http.MethodPost, path, key, []byte(body))
	switch {
	case err != nil:
		return err
	case status != want:
		return fmt.Errorf("POST %s: unexpected status %d: %s", path, status, answer)
	case out == nil:
		return nil
	}
	return json.Unmarshal(answer, out)
}

// verify runs `starter verify` on the running stack.
func (d *demo) verify(ctx context.Context) error {
	fmt.Println("\nstarter verify, on the running stack")
	command := d.stack.Starter(ctx, "verify")
	command.Stdout, command.Stderr = os.Stdout, os.Stderr
	if err := command.Run(); err != nil {
		return fmt.Errorf("starter verify: %w", err)
	}
	return nil
}

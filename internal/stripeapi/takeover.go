package stripeapi

import (
	"context"

	"github.com/stripe/stripe-go/v76"

	"farebook/booking"
)

// Takeover is what Stripe knows of a PaymentIntent that another system created, and of everything that happened to its money.
type Takeover struct {
	Payment booking.PaymentSnapshot
	Live    bool
	Capture booking.CaptureMethod
	// Names is the booking that its metadata names, in the other system's terms; empty if it names none.
	Names    string
	Refunds  []booking.RefundSnapshot // of captured money, oldest first
	Disputes []booking.DisputeSnapshot
}

// Takeover reads a PaymentIntent with its bank debits, refunds and disputes, in two to five calls.
func (c *Client) Takeover(ctx context.Context, paymentIntentID string) (Takeover, error) {
	intent, snapshot, err := c.retrieve(ctx, paymentIntentID)
	if err != nil {
		return Takeover{}, err
	}
	t := Takeover{
		Payment: snapshot, Live: intent.Livemode, Capture: booking.CaptureAutomatic, Names: intent.Metadata[MetadataReference],
	}
	if intent.CaptureMethod == stripe.PaymentIntentCaptureMethodManual {
		t.Capture = booking.CaptureManual
	}
	if intent.LatestCharge == nil {
		return t, nil
	}
	if !cardsAlone(intent) {
		if t.Payment.Debits, err = c.Debits(ctx, paymentIntentID); err != nil {
			return Takeover{}, err
		}
	}
	if t.Refunds, err = c.refundsWhole(ctx, paymentIntentID); err != nil {
		return Takeover{}, err
	}
	if intent.LatestCharge.Disputed {
		t.Disputes, err = c.DisputesOf(ctx, paymentIntentID)
	}
	return t, err
}

// cardsAlone reports whether a PaymentIntent cannot have had a bank debit.
func cardsAlone(intent *stripe.PaymentIntent) bool {
	return len(intent.PaymentMethodTypes) == 1 && intent.PaymentMethodTypes[0] == string(stripe.PaymentMethodTypeCard)
}

// refundsWhole lists the refunds of captured money, oldest first. The list does not contain the balance transaction that
// returned the money of a failed refund, so each failed refund is read separately.
func (c *Client) refundsWhole(ctx context.Context, paymentIntentID string) ([]booking.RefundSnapshot, error) {
	listed, err := c.RefundsOf(ctx, paymentIntentID)
	if err != nil {
		return nil, err
	}
	whole := make([]booking.RefundSnapshot, 0, len(listed))
	for i := len(listed) - 1; i >= 0; i-- {
		refund := listed[i]
		if refund.Uncaptured {
			continue
		}
		if status := refund.Status(); status == booking.RefundFailed || status == booking.RefundCanceled {
			if refund, err = c.Refund(ctx, refund.StripeRefundID); err != nil {
				return nil, err
			}
		}
		whole = append(whole, refund)
	}
	return whole, nil
}

// DisputesOf lists the disputes of a PaymentIntent with their balance transactions. A PaymentIntent has only a few.
func (c *Client) DisputesOf(ctx context.Context, paymentIntentID string) ([]booking.DisputeSnapshot, error) {
	const operation = "list disputes"
	if err := requireID(operation, paymentIntentID); err != nil {
		return nil, err
	}
	if err := c.before(ctx, operation); err != nil {
		return nil, err
	}
	params := &stripe.DisputeListParams{ListParams: listParams(ctx, ""), PaymentIntent: stripe.String(paymentIntentID)}
	page := c.api.Disputes.List(params)
	var disputes []booking.DisputeSnapshot
	for page.Next() {
		disputes = append(disputes, disputeOf(page.Dispute()))
	}
	if err := page.Err(); err != nil {
		return nil, failureOf(operation, err)
	}
	if page.Meta().HasMore {
		return nil, &CallError{Kind: OutcomeUnknown, Operation: operation, Code: "too_many_disputes"}
	}
	return disputes, nil
}

package stripeapi

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/stripe/stripe-go/v76"

	"farebook/booking"
	"farebook/money"
)

// NewRefund is the request for one refund. The same refund always yields the same bytes, so that its idempotency key may be
// reused.
type NewRefund struct {
	RefundID        booking.RefundID
	Reference       booking.Reference
	PaymentIntentID string
	Amount          int64 // minor units
	Reason          string
	CorrelationID   string
	Origin          Origin
}

func (n NewRefund) key(generation int) string {
	return n.Origin.keyBase(string(n.RefundID)) + "/create-refund/" + strconv.Itoa(generation)
}

// CreateRefund refunds money (stripe.com/docs/api/refunds/create). Repeating it is harmless while Stripe keeps the generation's
// key (24 h). UnexpectedState means that everything was refunded already, or that the charge is disputed. After
// InsufficientBalance and UnknownRefusal, Stripe has made no refund under this key, and may under the next.
func (c *Client) CreateRefund(ctx context.Context, in NewRefund, generation int) (booking.RefundSnapshot, error) {
	const operation = "create refund"
	if err := requireID(operation, in.PaymentIntentID); err != nil {
		return booking.RefundSnapshot{}, err
	}
	if err := c.before(ctx, operation); err != nil {
		return booking.RefundSnapshot{}, err
	}
	params := &stripe.RefundParams{
		PaymentIntent: stripe.String(in.PaymentIntentID),
		Amount:        stripe.Int64(in.Amount),
		Reason:        stripe.String(in.Reason),
	}
	params.Context = ctx
	params.SetIdempotencyKey(in.key(generation))
	params.AddMetadata(MetadataRefundID, string(in.RefundID))
	params.AddMetadata(MetadataReference, string(in.Reference))
	params.AddMetadata(MetadataCorrelationID, in.CorrelationID)
	in.Origin.addTo(params)
	refund, err := c.api.Refunds.New(params)
	if err != nil {
		return booking.RefundSnapshot{}, refusalOf(failureOf(operation, err))
	}
	return refundOf(refund), nil
}

// expandRefund expands what distinguishes a refund from a released authorisation, which Stripe also shows as a refund. prefix
// is "data." for a list.
func expandRefund(params interface{ AddExpand(string) }, prefix string) {
	params.AddExpand(prefix + "charge")
	params.AddExpand(prefix + "balance_transaction")
}

// Refund reads a refund with its balance transactions.
func (c *Client) Refund(ctx context.Context, id string) (booking.RefundSnapshot, error) {
	const operation = "retrieve refund"
	if err := requireID(operation, id); err != nil {
		return booking.RefundSnapshot{}, err
	}
	if err := c.before(ctx, operation); err != nil {
		return booking.RefundSnapshot{}, err
	}
	params := &stripe.RefundParams{}
	params.Context = ctx
	expandRefund(params, "")
	params.AddExpand("failure_balance_transaction")
	refund, err := c.api.Refunds.Get(id, params)
	if err != nil {
		return booking.RefundSnapshot{}, failureOf(operation, err)
	}
	return refundOf(refund), nil
}

// RefundsOf lists the refunds of a PaymentIntent, newest first, including released authorisations. A PaymentIntent has only a
// few.
func (c *Client) RefundsOf(ctx context.Context, paymentIntentID string) ([]booking.RefundSnapshot, error) {
	const operation = "list refunds"
	if err := requireID(operation, paymentIntentID); err != nil {
		return nil, err
	}
	var found []booking.RefundSnapshot
	after := ""
	for range lookupPages {
		if err := c.before(ctx, operation); err != nil {
			return nil, err
		}
		params := &stripe.RefundListParams{PaymentIntent: stripe.String(paymentIntentID)}
		params.Context, params.Single, params.Limit = ctx, true, stripe.Int64(100)
		expandRefund(params, "data.")
		if after != "" {
			params.StartingAfter = stripe.String(after)
		}
		page := c.api.Refunds.List(params)
		for page.Next() {
			found = append(found, refundOf(page.Refund()))
			after = page.Refund().ID
		}
		if err := page.Err(); err != nil {
			return nil, failureOf(operation, err)
		}
		if !page.Meta().HasMore {
			return found, nil
		}
	}
	return nil, &CallError{Kind: OutcomeUnknown, Operation: operation, Code: "too_many_refunds"}
}

func refundOf(refund *stripe.Refund) booking.RefundSnapshot {
	snapshot := booking.RefundSnapshot{
		StripeRefundID: refund.ID,
		StripeStatus:   string(refund.Status),
		Amount:         refund.Amount,
		Currency:       money.Currency(strings.ToUpper(string(refund.Currency))),
		Reason:         string(refund.Reason),
		FailureReason:  string(refund.FailureReason),
		Balance:        expanded(refund.BalanceTransaction),
		FailureBalance: expanded(refund.FailureBalanceTransaction),
		Uncaptured:     uncaptured(refund),
		InstallationID: refund.Metadata[MetadataInstallation],
		RequestKey:     refund.Metadata[MetadataRequestKey],
	}
	if id, err := booking.ParseRefundID(refund.Metadata[MetadataRefundID]); err == nil {
		snapshot.RefundID = id
	}
	snapshot.PaymentIntentID = intentOf(refund.PaymentIntent, refund.Charge)
	if refund.Charge != nil {
		snapshot.ChargeID = refund.Charge.ID
	}
	if details := refund.DestinationDetails; details != nil && details.Card != nil {
		snapshot.Bank = booking.BankReference{
			Reference: details.Card.Reference, Status: details.Card.ReferenceStatus, Type: details.Card.ReferenceType,
			Way: string(details.Card.Type),
		}
	}
	return snapshot
}

// uncaptured reports whether a refund only releases an authorisation: all of it if a PaymentIntent is cancelled or expires, a
// part if less is captured (stripe.com/docs/api/payment_intents/cancel, stripe.com/docs/api/payment_intents/capture). Its
// balance transaction says so, or the charge, which has to be expanded. Farebook's refunds never do.
func uncaptured(refund *stripe.Refund) bool {
	charge := refund.Charge
	switch {
	case refund.Metadata[MetadataRefundID] != "":
		return false
	case refund.Reason == stripe.RefundReasonExpiredUncapturedCharge:
		return true
	case expanded(refund.BalanceTransaction) != nil:
		return refund.BalanceTransaction.ReportingCategory == categoryPartialCapture
	case charge == nil || charge.Status != stripe.ChargeStatusSucceeded: // only the charge's id is known
		return false
	case !charge.Captured:
		return true
	}
	// The balance transaction of a partial capture may come later (async capture). A dashboard refund that the balance has not
	// paid for is pending.
	rest := charge.Amount - charge.AmountCaptured
	return rest > 0 && refund.Amount == rest && refund.Status == stripe.RefundStatusSucceeded && refund.BalanceTransaction == nil
}

// expanded returns nil for a balance transaction that does not exist, or of which only the id is known.
func expanded(txn *stripe.BalanceTransaction) *booking.BalanceTransaction {
	if txn == nil || txn.Currency == "" {
		return nil
	}
	return balanceTransactionOf(txn)
}

func unixOrZero(seconds int64) time.Time {
	if seconds == 0 {
		return time.Time{}
	}
	return time.Unix(seconds, 0).UTC()
}

package stripeapi

import (
	"context"
	"time"

	"github.com/stripe/stripe-go/v76"

	"farebook/booking"
)

// OurPayment is a PaymentIntent that Farebook created, as Stripe has it. A booking can be rebuilt from it.
type OurPayment struct {
	booking.PaymentSnapshot

	Created       time.Time
	ClientID      string // cl_...; empty for an older release
	CorrelationID string
	Capture       booking.CaptureMethod
	Methods       booking.PaymentMethods
	SupplementOf  booking.Reference // empty unless it is a further payment of a booking
}

// Ours returns the PaymentIntents that an installation created. With older, it includes those of releases that did not record
// the installation.
func (p PaymentIntentsPage) Ours(installationID string, older bool) (ours []OurPayment) {
	for _, intent := range p.intents {
		reference := referenceIn(intent.Metadata)
		made := intent.Metadata[MetadataInstallation]
		if reference == "" || made != installationID && (made != "" || !older) {
			continue
		}
		payment := OurPayment{
			PaymentSnapshot: snapshotOf(intent), Created: unixOrZero(intent.Created), ClientID: intent.Metadata[MetadataClient],
			CorrelationID: intent.Metadata[MetadataCorrelationID], Capture: booking.CaptureAutomatic, Methods: booking.MethodsCard,
			SupplementOf: supplementIn(intent.Metadata),
		}
		if intent.CaptureMethod == stripe.PaymentIntentCaptureMethodManual {
			payment.Capture = booking.CaptureManual
		}
		if intent.AutomaticPaymentMethods != nil && intent.AutomaticPaymentMethods.Enabled {
			payment.Methods = booking.MethodsAutomatic
		}
		ours = append(ours, payment)
	}
	return ours
}

// supplementIn returns an empty reference for whatever is not one.
func supplementIn(metadata map[string]string) booking.Reference {
	reference, err := booking.ParseReference(metadata[MetadataSupplementOf])
	if err != nil {
		return ""
	}
	return reference
}

// OurRefund is a refund that Farebook created.
type OurRefund struct {
	StripeRefundID  string
	RefundID        booking.RefundID
	PaymentIntentID string
	Created         time.Time
}

// OurRefundsPage lists 100 refunds created from since to until, newest first, and returns those that an installation created.
// next is the cursor of the next page, or "" on the last.
func (c *Client) OurRefundsPage(ctx context.Context, installationID string, since, until time.Time,
	after string,
) (ours []OurRefund, next string, err error) {
	const operation = "list refunds"
	if err := c.before(ctx, operation); err != nil {
		return nil, "", err
	}
	params := &stripe.RefundListParams{ListParams: listParams(ctx, after), CreatedRange: &stripe.RangeQueryParams{
		GreaterThanOrEqual: since.Unix(), LesserThanOrEqual: until.Unix(),
	}}
	list := c.api.Refunds.List(params)
	for list.Next() {
		refund := list.Refund()
		next = refund.ID
		id, err := booking.ParseRefundID(refund.Metadata[MetadataRefundID])
		if err != nil || refund.Metadata[MetadataInstallation] != installationID {
			continue // created in the dashboard, by an older release, or by another integration
		}
		ours = append(ours, OurRefund{
			StripeRefundID: refund.ID, RefundID: id, PaymentIntentID: intentID(refund.PaymentIntent), Created: unixOrZero(refund.Created),
		})
	}
	if err := list.Err(); err != nil {
		return nil, "", failureOf(operation, err)
	}
	if !list.Meta().HasMore {
		next = ""
	}
	return ours, next, nil
}

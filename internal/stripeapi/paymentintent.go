package stripeapi

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/stripe/stripe-go/v76"

	"farebook/booking"
	"farebook/money"
)

// NewPaymentIntent is the request for a booking's PaymentIntent. The same booking always yields the same bytes, so that its
// idempotency key may be reused.
type NewPaymentIntent struct {
	Reference     booking.Reference
	Amount        money.Money
	Capture       booking.CaptureMethod
	Methods       booking.PaymentMethods // empty for a booking of an older release: as MethodsAutomatic
	CorrelationID string
	Origin        Origin
	SupplementOf  booking.Reference // the booking that it is a further payment of; empty for a booking's own
}

// key is the idempotency key: the request, the operation and the generation; never the number of the attempt.
func (n NewPaymentIntent) key(generation int) string {
	return n.Origin.keyBase(string(n.Reference)) + "/create-payment-intent/" + strconv.Itoa(generation)
}

// CreatedPaymentIntent is the answer to a creation.
type CreatedPaymentIntent struct {
	booking.PaymentSnapshot

	// ClientSecret is passed to the traveller and stored nowhere.
	ClientSecret string
	// Replayed means that the snapshot is from the first request under the key, and not the current state.
	Replayed bool
}

// CreatePaymentIntent creates the PaymentIntent of a booking, unconfirmed: no money moves. Repeating it is harmless while
// Stripe keeps the generation's key (24 h).
func (c *Client) CreatePaymentIntent(ctx context.Context, in NewPaymentIntent, generation int) (CreatedPaymentIntent, error) {
	const operation = "create PaymentIntent"
	if err := c.before(ctx, operation); err != nil {
		return CreatedPaymentIntent{}, err
	}
	params := &stripe.PaymentIntentParams{
		Amount:      stripe.Int64(in.Amount.Value),
		Currency:    stripe.String(in.Amount.Currency.Stripe()),
		Description: stripe.String("Booking " + string(in.Reference)),
	}
	if in.Methods == booking.MethodsCard { // Stripe accepts one or the other
		params.PaymentMethodTypes = stripe.StringSlice([]string{string(stripe.PaymentMethodTypeCard)})
	} else {
		params.AutomaticPaymentMethods = &stripe.PaymentIntentAutomaticPaymentMethodsParams{Enabled: stripe.Bool(true)}
	}
	if in.Capture == booking.CaptureManual { // automatic is Stripe's default
		params.CaptureMethod = stripe.String(string(booking.CaptureManual))
	}
	params.Context = ctx
	params.SetIdempotencyKey(in.key(generation))
	params.AddMetadata(MetadataReference, string(in.Reference))
	params.AddMetadata(MetadataCorrelationID, in.CorrelationID)
	in.Origin.addTo(params)
	if in.SupplementOf != "" {
		params.AddMetadata(MetadataSupplementOf, string(in.SupplementOf))
	}
	intent, err := c.api.PaymentIntents.New(params)
	if err != nil {
		return CreatedPaymentIntent{}, failureOf(operation, err)
	}
	return CreatedPaymentIntent{snapshotOf(intent), intent.ClientSecret, isReplay(intent.LastResponse)}, nil
}

// PaymentIntent reads a PaymentIntent with its latest charge and balance transaction. The string is its client secret, which
// the caller passes to the traveller and stores nowhere.
func (c *Client) PaymentIntent(ctx context.Context, id string) (booking.PaymentSnapshot, string, error) {
	intent, snapshot, err := c.retrieve(ctx, id)
	if err != nil {
		return booking.PaymentSnapshot{}, "", err
	}
	return snapshot, intent.ClientSecret, nil
}

func (c *Client) retrieve(ctx context.Context, id string) (*stripe.PaymentIntent, booking.PaymentSnapshot, error) {
	const operation = "retrieve PaymentIntent"
	if err := requireID(operation, id); err != nil {
		return nil, booking.PaymentSnapshot{}, err
	}
	if err := c.before(ctx, operation); err != nil {
		return nil, booking.PaymentSnapshot{}, err
	}
	params := &stripe.PaymentIntentParams{}
	params.Context = ctx
	params.AddExpand("latest_charge.balance_transaction")
	params.AddExpand("latest_charge.failure_balance_transaction")
	intent, err := c.api.PaymentIntents.Get(id, params)
	if err != nil {
		return nil, booking.PaymentSnapshot{}, failureOf(operation, err)
	}
	snapshot := snapshotOf(intent)
	return intent, snapshot, c.addReversal(ctx, &snapshot)
}

// CancelPaymentIntent cancels a PaymentIntent. One that is paid, processing or cancelled already returns UnexpectedState: read
// it and decide. reason is "abandoned" or "requested_by_customer" (stripe.com/docs/api/payment_intents/cancel).
func (c *Client) CancelPaymentIntent(ctx context.Context, id, reason string, generation int) error {
	const operation = "cancel PaymentIntent"
	if err := requireID(operation, id); err != nil {
		return err
	}
	if err := c.before(ctx, operation); err != nil {
		return err
	}
	params := &stripe.PaymentIntentCancelParams{CancellationReason: stripe.String(reason)}
	params.Context = ctx
	// The reason is part of the key: a manual cancellation after that of an expired hold is another request, not a conflict. So
	// is the generation, which avoids Stripe's stored answers.
	params.SetIdempotencyKey(fmt.Sprintf("%s/cancel-payment-intent/%s/%d", id, reason, generation))
	_, err := c.api.PaymentIntents.Cancel(id, params)
	return failureOf(operation, err)
}

// lookupPages limits a list of one payment's objects, with 100 rows per page.
const lookupPages = 10

// PaymentIntentsPage is a page of PaymentIntents, newest first.
type PaymentIntentsPage struct {
	intents []*stripe.PaymentIntent
	// Next is the cursor of the next page, or "" on the last.
	Next string
}

// Of returns the PaymentIntents with a booking's reference that are not cancelled.
func (p PaymentIntentsPage) Of(reference booking.Reference) (mine []booking.PaymentSnapshot) {
	for _, intent := range p.intents {
		if intent.Metadata[MetadataReference] == string(reference) && intent.Status != stripe.PaymentIntentStatusCanceled {
			mine = append(mine, snapshotOf(intent))
		}
	}
	return mine
}

// OfRequest returns the PaymentIntent that a request of an installation has created, in any state.
func (p PaymentIntentsPage) OfRequest(of Origin) (booking.PaymentSnapshot, bool) {
	for _, intent := range p.intents {
		if intent.Metadata[MetadataInstallation] == of.InstallationID && intent.Metadata[MetadataRequestKey] == of.RequestKey {
			return snapshotOf(intent), true
		}
	}
	return booking.PaymentSnapshot{}, false
}

// PaymentIntentsPage lists 100 PaymentIntents created from since to until. It uses the list and not the search, which is not
// read-after-write. after is the cursor of the previous page, "" for the first.
func (c *Client) PaymentIntentsPage(ctx context.Context, since, until time.Time, after string) (PaymentIntentsPage, error) {
	const operation = "list PaymentIntents"
	if err := c.before(ctx, operation); err != nil {
		return PaymentIntentsPage{}, err
	}
	params := &stripe.PaymentIntentListParams{CreatedRange: &stripe.RangeQueryParams{
		GreaterThanOrEqual: since.Unix(), LesserThanOrEqual: until.Unix(),
	}}
	params.ListParams = listParams(ctx, after)
	list := c.api.PaymentIntents.List(params)
	var page PaymentIntentsPage
	for list.Next() {
		page.intents = append(page.intents, list.PaymentIntent())
	}
	if err := list.Err(); err != nil {
		return PaymentIntentsPage{}, failureOf(operation, err)
	}
	if list.Meta().HasMore && len(page.intents) > 0 {
		page.Next = page.intents[len(page.intents)-1].ID
	}
	return page, nil
}

// CancelTwin cancels a duplicate PaymentIntent of a booking (stripe.com/docs/api/payment_intents/cancel). UnexpectedState means
// that it can no longer be cancelled.
func (c *Client) CancelTwin(ctx context.Context, id string) error {
	const operation = "cancel PaymentIntent"
	if err := requireID(operation, id); err != nil {
		return err
	}
	if err := c.before(ctx, operation); err != nil {
		return err
	}
	params := &stripe.PaymentIntentCancelParams{CancellationReason: stripe.String("duplicate")}
	params.Context = ctx
	params.SetIdempotencyKey("cancel-twin/" + id)
	_, err := c.api.PaymentIntents.Cancel(id, params)
	return failureOf(operation, err)
}

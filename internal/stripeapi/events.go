package stripeapi

import (
	"context"
	"slices"
	"time"

	"github.com/stripe/stripe-go/v76"
)

// DeliveredEvent is an event about a payment that every webhook endpoint has acknowledged, as Stripe reports.
type DeliveredEvent struct {
	EventID         string
	Type            string
	PaymentIntentID string
	Created         time.Time
}

// DeliveredEventsPage lists 100 events created after since and before until, newest first, and returns the delivered ones of
// the given types. next is the cursor of the next page, or "" on the last.
func (c *Client) DeliveredEventsPage(ctx context.Context, since, until time.Time, types []string,
	after string,
) (delivered []DeliveredEvent, next string, err error) {
	const operation = "list events"
	if err := c.before(ctx, operation); err != nil {
		return nil, "", err
	}
	params := &stripe.EventListParams{ListParams: listParams(ctx, after), CreatedRange: &stripe.RangeQueryParams{
		GreaterThan: since.Unix(), LesserThan: until.Unix(),
	}}
	list := c.api.Events.List(params)
	for list.Next() {
		event := list.Event()
		next = event.ID
		intent := paymentOf(event)
		if intent == "" || event.Account != "" || event.PendingWebhooks != 0 || !slices.Contains(types, string(event.Type)) {
			continue
		}
		delivered = append(delivered, DeliveredEvent{
			EventID: event.ID, Type: string(event.Type), PaymentIntentID: intent, Created: unixOrZero(event.Created),
		})
	}
	if err := list.Err(); err != nil {
		return nil, "", failureOf(operation, err)
	}
	if !list.Meta().HasMore {
		next = ""
	}
	return delivered, next, nil
}

// paymentOf returns the PaymentIntent that an event is about, or "".
func paymentOf(event *stripe.Event) string {
	if event.Data == nil {
		return ""
	}
	field := "payment_intent"
	if event.Data.Object["object"] == "payment_intent" {
		field = "id"
	}
	id, _ := event.Data.Object[field].(string)
	return id
}

package stripeapi

import (
	"context"

	"github.com/google/uuid"
	"github.com/stripe/stripe-go/v76"
)

// APIVersion is Stripe's API version that this build speaks. Events of another version may have another shape.
const APIVersion = stripe.APIVersion

// WebhookEndpoint is where Stripe delivers events (stripe.com/docs/api/webhook_endpoints/object).
type WebhookEndpoint struct {
	ID, URL    string
	APIVersion string // empty for the account's default
	Types      []string
	Disabled   bool
	// Secret signs the deliveries. Only the answer to the creation has it.
	Secret string
}

// WebhookEndpoints lists the account's endpoints, the newest first. An account has at most 16.
func (c *Client) WebhookEndpoints(ctx context.Context) (all []WebhookEndpoint, err error) {
	const operation = "list webhook endpoints"
	if err := c.before(ctx, operation); err != nil {
		return nil, err
	}
	params := &stripe.WebhookEndpointListParams{}
	params.Context, params.Single, params.Limit = ctx, true, stripe.Int64(100)
	page := c.api.WebhookEndpoints.List(params)
	for page.Next() {
		all = append(all, webhookEndpointOf(page.WebhookEndpoint()))
	}
	return all, failureOf(operation, page.Err())
}

// NewWebhookEndpointKey is the idempotency key of one creation: a repetition of the call under it makes no second endpoint. It does not
// derive from the URL, because Stripe would answer with an endpoint that was deleted since.
func NewWebhookEndpointKey() string { return "webhook-endpoint/" + uuid.NewString() }

// CreateWebhookEndpoint makes an endpoint of APIVersion that gets these types of events.
func (c *Client) CreateWebhookEndpoint(ctx context.Context, key, url string, types []string) (WebhookEndpoint, error) {
	const operation = "create webhook endpoint"
	if err := c.before(ctx, operation); err != nil {
		return WebhookEndpoint{}, err
	}
	params := &stripe.WebhookEndpointParams{
		URL: stripe.String(url), EnabledEvents: stripe.StringSlice(types), APIVersion: stripe.String(APIVersion),
		Description: stripe.String("Farebook"),
	}
	params.Context = ctx
	params.SetIdempotencyKey(key)
	made, err := c.api.WebhookEndpoints.New(params)
	if err != nil {
		return WebhookEndpoint{}, failureOf(operation, err)
	}
	return webhookEndpointOf(made), nil
}

// UpdateWebhookEndpoint sets the types of events and enables the endpoint. Its effect is the same however often it is called, so that it
// has no idempotency key.
func (c *Client) UpdateWebhookEndpoint(ctx context.Context, id string, types []string) error {
	const operation = "update webhook endpoint"
	if err := requireID(operation, id); err != nil {
		return err
	}
	if err := c.before(ctx, operation); err != nil {
		return err
	}
	params := &stripe.WebhookEndpointParams{EnabledEvents: stripe.StringSlice(types), Disabled: stripe.Bool(false)}
	params.Context = ctx
	_, err := c.api.WebhookEndpoints.Update(id, params)
	return failureOf(operation, err)
}

func webhookEndpointOf(e *stripe.WebhookEndpoint) WebhookEndpoint {
	return WebhookEndpoint{
		ID: e.ID, URL: e.URL, APIVersion: e.APIVersion, Types: e.EnabledEvents, Disabled: e.Status == "disabled", Secret: e.Secret,
	}
}

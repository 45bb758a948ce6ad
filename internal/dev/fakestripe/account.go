package fakestripe

import "strings"

// retrieveAccount answers with the account that the API key belongs to (stripe.com/docs/api/accounts/retrieve).
func retrieveAccount(*Server, *call) (any, *apiError) {
	return map[string]any{
		"id": "acct_1StandInAccount", "object": "account", "country": "US", "default_currency": "usd", "email": "standin@example.com",
		"type": "standard", "charges_enabled": true, "payouts_enabled": true, "details_submitted": true,
	}, nil
}

// createEndpoint registers the URL and the event types of a webhook endpoint (stripe.com/docs/api/webhook_endpoints/create). The
// stand-in delivers to one endpoint only, so it refuses a second with a 400.
func createEndpoint(s *Server, c *call) (any, *apiError) {
	url, types := c.form.Get("url"), c.texts("enabled_events")
	switch {
	case !strings.HasPrefix(url, "http://") && !strings.HasPrefix(url, "https://"):
		return nil, invalid("url_invalid", "url", "Invalid URL: An explicit scheme (such as https) must be provided.")
	case s.webhooks.targets() > 0:
		return nil, refused("", "The stand-in supports one webhook endpoint, and it exists already.")
	}
	secret := "whsec_" + strings.TrimPrefix(s.ids.next("x"), "x_")
	enabled := types
	if contains(types, "*") {
		enabled = nil
	}
	s.webhooks.set(url, secret)
	s.webhooks.enable(enabled)
	return map[string]any{
		"id": s.ids.next("we"), "object": "webhook_endpoint", "created": s.clock.Now().Unix(), "livemode": false, "url": url, "secret": secret,
		"enabled_events": types, "status": "enabled", "metadata": c.metadata(), "description": orNil(c.form.Get("description")),
		"api_version": orNil(c.form.Get("api_version")), "application": nil,
	}, nil
}

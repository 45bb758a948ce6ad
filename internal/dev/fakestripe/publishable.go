package fakestripe

import (
	"net/http"
	"strings"
)

// publishableCalls are the calls that a publishable key may make, and whether each needs the client secret of its object
// (docs.stripe.com/keys). Every other call needs a secret key.
var publishableCalls = map[string]bool{
	"GET /v1/payment_intents/{id}":          true,
	"POST /v1/payment_intents/{id}/confirm": true,
	"POST /v1/payment_methods":              false,
	"POST /v1/tokens":                       false,
}

// authorisePublishable accepts a publishable key for the calls of a browser.
func (c *call) authorisePublishable(pattern, secret string) *apiError {
	needsSecret, allowed := publishableCalls[pattern]
	switch {
	case !allowed:
		return &apiError{
			status: http.StatusUnauthorized, kind: "invalid_request_error", code: "secret_key_required", notStored: true,
			message: "This API call cannot be made with a publishable API key. Please use a secret API key.",
		}
	case needsSecret && secret == "":
		return &apiError{
			status: http.StatusUnauthorized, kind: "invalid_request_error", notStored: true,
			message: "You must provide a client_secret when you use a publishable API key.",
		}
	}
	c.clientKey = true
	return nil
}

// publishableFields are the fields of a PaymentIntent that a publishable key may read (docs.stripe.com/api/payment_intents/retrieve).
var publishableFields = map[string]bool{
	"id": true, "object": true, "amount": true, "amount_details": true, "automatic_payment_methods": true, "canceled_at": true,
	"cancellation_reason": true, "capture_method": true, "client_secret": true, "confirmation_method": true, "created": true, "currency": true,
	"description": true, "last_payment_error": true, "livemode": true, "next_action": true, "payment_method": true,
	"payment_method_configuration_details": true, "payment_method_types": true, "processing": true, "receipt_email": true,
	"setup_future_usage": true, "shipping": true, "status": true,
}

// forBrowser leaves out what a publishable key may not read of a PaymentIntent: in an answer, and in an error.
func forBrowser(body any) any {
	object, isObject := body.(map[string]any)
	if !isObject {
		return body
	}
	if failed, isError := object["error"].(map[string]any); isError {
		if intent, has := failed["payment_intent"]; has {
			failed["payment_intent"] = forBrowser(intent)
		}
		return object
	}
	if object["object"] != "payment_intent" {
		return object
	}
	public := map[string]any{}
	for name, value := range object {
		if publishableFields[name] {
			public[name] = value
		}
	}
	return public
}

// allowOrigins lets pages of every origin call the API, as Stripe does for Stripe.js, and answers the question of a browser before a call.
func allowOrigins(w http.ResponseWriter, r *http.Request) (answered bool) {
	if r.Header.Get("Origin") == "" {
		return false
	}
	header := w.Header()
	header.Set("Access-Control-Allow-Origin", "*")
	header.Set("Access-Control-Expose-Headers", "Request-Id, Stripe-Version")
	if r.Method != http.MethodOptions {
		return false
	}
	header.Set("Access-Control-Allow-Methods", strings.Join([]string{http.MethodGet, http.MethodPost, http.MethodOptions}, ", "))
	header.Set("Access-Control-Allow-Headers", "Authorization, Content-Type, Stripe-Version")
	header.Set("Access-Control-Max-Age", "300")
	w.WriteHeader(http.StatusOK)
	return true
}

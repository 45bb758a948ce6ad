package stripeapi

import (
	"net/http"
	"strings"
)

// endpointOf names what a request calls, for metrics and spans: its method and its path with {id} for the id.
// /v1/payment_intents/pi_1/cancel is /v1/payment_intents/{id}/cancel.
func endpointOf(request *http.Request) string {
	parts := strings.Split(request.URL.Path, "/")
	if len(parts) > 3 {
		parts[3] = "{id}"
	}
	return request.Method + " " + strings.Join(parts, "/")
}

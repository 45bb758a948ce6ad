package stripeapi

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestEndpointsNameNoObject(t *testing.T) {
	t.Parallel()
	for path, endpoint := range map[string]string{
		"/v1/payment_intents":                    "POST /v1/payment_intents",
		"/v1/payment_intents/pi_1/cancel?a=b":    "POST /v1/payment_intents/{id}/cancel",
		"/v1/balance_transactions/txn_1?expand=": "POST /v1/balance_transactions/{id}",
	} {
		require.Equal(t, endpoint, endpointOf(httptest.NewRequest(http.MethodPost, path, nil)))
	}
}

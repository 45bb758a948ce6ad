package conformance

import (
	"encoding/json"
	"io"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/stripe/stripe-go/v76/webhook"
)

func readAll(t *testing.T, r *http.Request) []byte {
	body, err := io.ReadAll(r.Body)
	assert.NoError(t, err) // in the server's goroutine, where a test cannot be ended
	return body
}

func requireSigned(t *testing.T, body []byte, signature, secret string) {
	t.Helper()
	_, err := webhook.ConstructEvent(body, signature, secret)
	require.NoError(t, err)
	_, err = webhook.ConstructEvent(body, signature, "whsec_other")
	require.Error(t, err)
}

// rowsOf a list's answer.
func rowsOf(t *testing.T, body []byte) []json.RawMessage {
	t.Helper()
	var page struct {
		Data []json.RawMessage `json:"data"`
	}
	require.NoError(t, json.Unmarshal(body, &page))
	return page.Data
}

package conformance

import (
	"bufio"
	"encoding/base64"
	"net/http"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/internal/outbound"
	"farebook/webhook"
)

// What is sent to webhook endpoints is verified by the library of the specification for Node.js: with either secret of a rotation, and not
// with another one, for another body or for another time.
func TestStandardWebhooksVerifiesWhatIsSent(t *testing.T) {
	t.Parallel()
	keys, err := webhook.ParseKeys([]byte(base64.StdEncoding.EncodeToString([]byte(strings.Repeat("k", 32)))))
	require.NoError(t, err)
	secret := func(number int) string {
		derived, err := keys.Secret("we_7K2M9QXA4T", webhook.SecretVersion{KeyID: keys.Current(), Number: number})
		require.NoError(t, err)
		return derived
	}
	node := exec.CommandContext(t.Context(), "node", "receive.js", secret(1), "4")
	node.Dir = clients(t)
	out, err := node.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, node.Start())
	lines := bufio.NewScanner(out)
	require.True(t, lines.Scan())
	address := "http://127.0.0.1:" + lines.Text() + "/"
	sender := outbound.NewSender(outbound.NewGuard(true))
	t.Cleanup(sender.Close)
	for _, c := range []struct {
		id      string
		secrets []string
		at      time.Time
		status  int
		line    string
	}{
		{"msg_1", []string{secret(1)}, time.Now(), http.StatusNoContent, "msg_1 booking.confirmed"},
		{"msg_2", []string{secret(2), secret(1)}, time.Now(), http.StatusNoContent, "msg_2 booking.confirmed"},
		{"msg_3", []string{secret(2)}, time.Now(), http.StatusBadRequest, "refused WebhookVerificationError"},
		{"msg_4", []string{secret(1)}, time.Now().Add(-time.Hour), http.StatusBadRequest, "refused WebhookVerificationError"},
	} {
		answer, err := sender.Send(t.Context(), outbound.Message{
			ID: c.id, URL: address, Body: []byte(`{"type":"booking.confirmed","data":{"note":"مرحبا"}}`), Secrets: c.secrets, Now: c.at,
		})
		require.NoError(t, err)
		require.Equal(t, c.status, answer.Status, c.id)
		require.True(t, lines.Scan())
		require.Equal(t, c.line, lines.Text())
	}
	require.NoError(t, node.Wait())
}

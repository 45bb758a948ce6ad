package conformance

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/fakestripe"
	"farebook/internal/dev/freeport"
)

// installing lets one test at a time install.
var installing sync.Mutex

// clients installs the Stripe CLI, stripe-node and standardwebhooks at the locked versions, beside the lock file. Not by `npm ci`: without
// addresses in the lock file npm leaves out the CLI's other platforms there, and then finds the file incomplete.
func clients(t *testing.T) string {
	t.Helper()
	installing.Lock()
	defer installing.Unlock()
	dir, err := filepath.Abs("clients")
	require.NoError(t, err)
	install := exec.CommandContext(t.Context(), "npm", "install", "--no-save", "--no-audit", "--no-fund", "--loglevel=error")
	install.Dir = dir
	text, err := install.CombinedOutput()
	require.NoError(t, err, "npm install: %s", text)
	return dir
}

func listening(t *testing.T) (*fakestripe.Server, string) {
	t.Helper()
	s := stand(t)
	require.NoError(t, s.Start("127.0.0.1:0"))
	return s, strings.TrimPrefix(s.URL(), "http://")
}

func TestClientsThatNobodyHereWrote(t *testing.T) {
	t.Parallel()
	dir := clients(t)
	t.Run("stripe-node", func(t *testing.T) {
		t.Parallel()
		s, address := listening(t)
		free, err := freeport.Next()
		require.NoError(t, err)
		port := strconv.Itoa(free)
		s.SetWebhook("http://127.0.0.1:"+port, "whsec_conformance")
		node := exec.CommandContext(t.Context(), "node", "drive.js", address, port)
		node.Dir = dir
		text, err := node.CombinedOutput()
		require.NoError(t, err, "%s", text)
		require.Equal(t, "ok\n", string(text))
	})
	for _, trigger := range []string{
		"payment_intent.created", "payment_intent.succeeded", "payment_intent.payment_failed", "payment_intent.canceled",
		"payment_intent.amount_capturable_updated", "charge.captured", "charge.refunded", "charge.refund.updated",
		"charge.dispute.created", "charge.dispute.updated", "charge.dispute.closed", "payout.created", "payout.updated",
	} {
		t.Run("stripe trigger "+trigger, func(t *testing.T) {
			t.Parallel()
			s, _ := listening(t)
			cli := exec.CommandContext(t.Context(), filepath.Join(dir, "node_modules", ".bin", "stripe"), "trigger", trigger,
				"--api-base", s.URL(), "--api-key", key)
			cli.Dir = t.TempDir()
			cli.Env = append(os.Environ(), "HOME="+cli.Dir, "STRIPE_CLI_TELEMETRY_OPTOUT=1")
			text, err := cli.CombinedOutput()
			require.NoError(t, err, "%s\n%v", text, s.Journal().Records())
			require.Contains(t, string(text), "Trigger succeeded")
			_, body := ask(s, http.MethodGet, "/v1/events?type="+trigger, nil)
			require.Contains(t, string(body), `"type": "`+trigger+`"`)
		})
	}
}

package conformance

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/conformance/internal/schema"
	"farebook/conformance/internal/trimmed"
)

// newer are types that Stripe has sent since later API versions than that of its specification here
// (docs.stripe.com/changelog, 2024-10-28).
var newer = []string{"refund.failed"}

// What `starter events types` says to ask of Stripe, a webhook endpoint can be asked for.
func TestEventTypesAreStripes(t *testing.T) {
	t.Parallel()
	command := exec.Command("go", "run", "./starter", "events", "types")
	command.Dir = ".."
	out, err := command.Output()
	require.NoError(t, err)
	types := strings.Fields(string(out))
	require.Contains(t, types, "payment_intent.succeeded")
	spec, err := schema.Specification()
	require.NoError(t, err)
	body := spec.Paths.Find("/v1/webhook_endpoints").Post.RequestBody.Value.Content["application/x-www-form-urlencoded"]
	offered := body.Schema.Value.Properties["enabled_events"].Value.Items.Value.Enum
	require.Contains(t, offered, "*")
	for _, name := range types {
		if !slices.Contains(newer, name) {
			require.Contains(t, offered, name)
		}
	}
}

// The events that test/ posts to the webhook are those of Stripe's document.
func TestEventsAreUpToDate(t *testing.T) {
	t.Parallel()
	want, err := trimmed.Events()
	require.NoError(t, err)
	have, err := os.ReadFile("../test/testdata/stripe_events.json")
	require.NoError(t, err)
	require.True(t, string(want) == string(have), "run `make generate`")
}

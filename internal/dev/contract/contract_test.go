package contract

import (
	"encoding/json"
	"flag"
	"maps"
	"os"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write testdata/fields.json anew")

func standIn(t *testing.T) *Target {
	t.Helper()
	target, err := StandIn()
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, target.Close()) })
	return target
}

func TestScenariosHoldAtTheStandIn(t *testing.T) {
	t.Parallel()
	for _, scenario := range Scenarios() {
		t.Run(scenario.Name, func(t *testing.T) {
			t.Parallel()
			facts, err := standIn(t).Run(t.Context(), scenario)
			require.NoError(t, err)
			require.Equal(t, scenario.Want, facts.Lines)
		})
	}
}

// testdata/fields.json contains the fields of the stand-in's objects.
func TestFieldsAreTheStandIns(t *testing.T) {
	t.Parallel()
	seen := map[string][]string{}
	for _, scenario := range Scenarios() {
		facts, err := standIn(t).Run(t.Context(), scenario)
		require.NoError(t, err)
		maps.Copy(seen, facts.Fields)
	}
	if *update {
		text, err := json.MarshalIndent(seen, "", "  ")
		require.NoError(t, err)
		require.NoError(t, os.WriteFile("testdata/fields.json", append(text, '\n'), 0o600))
	}
	want, err := Fields()
	require.NoError(t, err)
	require.Equal(t, want, seen, "run `go test ./internal/dev/contract -update`")
	require.Equal(t, []string{"balance_transaction", "charge", "dispute", "error", "event", "payment_intent", "refund"},
		slices.Sorted(maps.Keys(seen)))
}

func TestOnlyTestKeysAskStripe(t *testing.T) {
	t.Parallel()
	for _, key := range []string{"sk_live_1", "rk_live_1", "pk_test_1", "rk_test_1", "whsec_1", " sk_test_1"} {
		_, err := Stripe(key)
		require.ErrorContains(t, err, "sk_test_", key)
	}
	target, err := Stripe("sk_test_1")
	require.NoError(t, err)
	require.Equal(t, "https://api.stripe.com", target.base)
}

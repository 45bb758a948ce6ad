package command_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/fakestripe"
	"farebook/starter/command"
	"farebook/starter/inbox"
)

const endpointURL = "https://api.example.com/webhooks/stripe"

// account starts a stand-in for Stripe, and configures its key.
func account(t *testing.T) *fakestripe.Server {
	t.Helper()
	stripe := fakestripe.New(fakestripe.Options{})
	require.NoError(t, stripe.Start("127.0.0.1:0"))
	t.Cleanup(func() { require.NoError(t, stripe.Close()) })
	t.Setenv("STRIPE_API_BASE", stripe.URL())
	t.Setenv("STRIPE_SECRET_KEY", "sk_test_setup")
	t.Setenv("STRIPE_PUBLISHABLE_KEY", "pk_test_setup")
	return stripe
}

func changes(stripe *fakestripe.Server) (n int) {
	for _, record := range stripe.Journal().Records() {
		if record.Method != "GET" {
			n++
		}
	}
	return n
}

// The endpoint is made once with the version and the types of this build, its secret gets into the file alone, and a second run changes
// nothing. What somebody has changed is corrected.
func TestStripeSetupMakesTheEndpointOnce(t *testing.T) { //nolint:paralleltest // the configuration is the environment
	stripe := account(t)
	file := filepath.Join(t.TempDir(), "secret")
	planned, _, err := run(t, "stripe", "setup", "--url", endpointURL, "--dry-run")
	require.ErrorIs(t, err, command.ErrBroken)
	require.Contains(t, planned, "planned")
	require.Zero(t, changes(stripe))
	_, _, err = run(t, "stripe", "setup", "--url", endpointURL)
	require.ErrorIs(t, err, command.ErrBroken, "without a file for the secret, nothing is made")
	require.Zero(t, changes(stripe))

	made, said, err := run(t, "stripe", "setup", "--url", endpointURL, "--secret-file", file)
	require.NoError(t, err, "%s%s", made, said)
	require.Equal(t, 1, changes(stripe))
	secret, err := os.ReadFile(file)
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(string(secret), "whsec_"), "%s", secret)
	require.NotContains(t, made+said, strings.TrimSpace(string(secret)))
	info, err := os.Stat(file)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	endpoint, known := stripe.Endpoint()
	require.True(t, known)
	require.Equal(t, fakestripe.Endpoint{URL: endpointURL, APIVersion: "2023-10-16", Types: inbox.EndpointTypes()}, endpoint)

	_, _, err = run(t, "stripe", "setup", "--url", endpointURL, "--secret-file", file)
	require.ErrorContains(t, err, "exists already")
	t.Setenv("STRIPE_WEBHOOK_SECRET_FILE", file)
	for range 2 {
		again, _, err := run(t, "stripe", "setup", "--url", endpointURL)
		require.NoError(t, err, again)
		require.NotContains(t, again, "done")
	}
	require.Equal(t, 1, changes(stripe))

	stripe.EnableEvents("charge.refunded", "customer.created")
	stripe.DisableEndpoint()
	corrected, _, err := run(t, "stripe", "setup", "--url", endpointURL)
	require.NoError(t, err, corrected)
	require.Contains(t, corrected, "enable it; add balance.available")
	endpoint, _ = stripe.Endpoint()
	require.False(t, endpoint.Disabled)
	require.Contains(t, endpoint.Types, "customer.created", "another program may need it")
	for _, name := range inbox.EndpointTypes() {
		require.True(t, slices.Contains(endpoint.Types, name), name)
	}
	require.Equal(t, 2, changes(stripe))
}

// What keeps the account from taking money is named, with what to do; nothing of the keys is printed.
func TestStripeSetupSaysWhatIsMissing(t *testing.T) { //nolint:paralleltest // the configuration is the environment
	stripe := account(t)
	stripe.SetWebhook(endpointURL, "whsec_known")
	t.Setenv("STRIPE_WEBHOOK_SECRET", "whsec_known")
	stripe.SetAccount(fakestripe.Account{
		CardPayments: "inactive", CurrentlyDue: []string{"external_account", "company.tax_id"}, PastDue: []string{"company.tax_id"},
		DisabledReason: "requirements.past_due",
	})
	t.Setenv("STRIPE_PUBLISHABLE_KEY", "pk_live_setup")
	said, _, err := run(t, "stripe", "setup", "--url", endpointURL)
	require.ErrorIs(t, err, command.ErrBroken)
	for _, want := range []string{
		"STRIPE_PUBLISHABLE_KEY is of live mode and the secret key of test mode", "business details", "the account may not charge cards",
		"requirements.past_due", "the capability is inactive", "past due: company.tax_id", "due: external_account;",
	} {
		require.Contains(t, said, want)
	}
	require.NotContains(t, said, "sk_test_setup")
	require.NotContains(t, said, "whsec_known")
	require.Zero(t, changes(stripe))
}

// An endpoint of another API version is named, because Stripe changes no endpoint's version.
func TestStripeSetupNamesAnotherVersion(t *testing.T) { //nolint:paralleltest // the configuration is the environment
	stripe := account(t)
	stripe.SetWebhook(endpointURL, "whsec_known")
	stripe.SetEndpointVersion("2022-11-15")
	said, _, err := run(t, "stripe", "setup", "--url", endpointURL)
	require.ErrorIs(t, err, command.ErrBroken)
	require.Contains(t, said, "has the API version 2022-11-15 instead of 2023-10-16, which cannot be changed")
}

func TestStripeSetupRefusesWrongArguments(t *testing.T) { //nolint:paralleltest // the configuration is the environment
	stripe := account(t)
	for want, args := range map[string][]string{
		"--url is missing": nil, "invalid --url: must be like": {"--url", "api.example.com/webhooks"},
		"exists already": {"--url", endpointURL, "--secret-file", t.TempDir()},
	} {
		_, _, err := run(t, append([]string{"stripe", "setup"}, args...)...)
		require.ErrorContains(t, err, want)
	}
	missing := filepath.Join(t.TempDir(), "missing", "secret")
	_, _, err := run(t, "stripe", "setup", "--url", endpointURL, "--secret-file", missing)
	require.ErrorContains(t, err, "--secret-file cannot be made")
	require.Zero(t, changes(stripe), "an endpoint whose secret nobody has is not made")
	t.Setenv("STRIPE_SECRET_KEY", "sk_test_wrong")
	stripe.SetKey("sk_test_other")
	_, _, err = run(t, "stripe", "setup", "--url", endpointURL)
	require.ErrorContains(t, err, "STRIPE_SECRET_KEY")
	require.Zero(t, changes(stripe))
}

// The document is printed without a configuration, and is the one that the API serves.
func TestOpenAPIIsPrinted(t *testing.T) {
	t.Parallel()
	said, _, err := run(t, "openapi")
	require.NoError(t, err)
	golden, err := os.ReadFile("../api/testdata/openapi.json")
	require.NoError(t, err)
	require.JSONEq(t, string(golden), said)
}

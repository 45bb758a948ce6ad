package test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/testkit"
)

// Stripe's key and the webhook secret are rolled while API and worker run: the next booking is paid with the new ones. Files that vanish
// leave the last secrets in use, and are logged once.
func TestRotatedStripeSecretsAreUsedWithoutARestart(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{SecretFiles: true})
	events := func() int {
		return s.DB.Count(t, "SELECT COUNT(*) FROM stripe_events WHERE type = 'payment_intent.succeeded'")
	}
	s.BookAndPay("first", nil)
	s.AwaitQuiet()
	require.Equal(t, 1, events())

	s.RotateStripe("sk_test_"+"51Rolled", "whsec_"+"rolled")
	s.BookAndPay("rolled", nil)
	s.AwaitQuiet()
	require.Equal(t, 2, events(), "the event that is signed with the new secret")

	kept := "the last secret stays in use"
	require.NotContains(t, s.Logs.String(), kept)
	s.RemoveSecret("STRIPE_SECRET_KEY")
	s.RemoveSecret("STRIPE_WEBHOOK_SECRET")
	s.BookAndPay("kept", nil)
	s.AwaitQuiet()
	require.Equal(t, 3, events())
	require.Equal(t, 2, strings.Count(s.Logs.String(), kept), "once for each file")

	s.WriteSecret("STRIPE_SECRET_KEY", "sk_"+"live_51OtherMode")
	s.BookAndPay("other mode", nil)
	require.NotContains(t, s.Logs.String(), "51OtherMode")
	s.RequirePromises()
}

package reconciliation_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/reconciliation"
)

func TestOptionsOutOfBounds(t *testing.T) {
	t.Parallel()
	good := reconciliation.Options{
		LookbackDays: reconciliation.MaxLookbackDays, Limit: reconciliation.MaxLimit, Scope: reconciliation.ScopeAll,
	}
	require.NoError(t, good.Validate())
	for says, change := range map[string]func(*reconciliation.Options){
		"lookbackDays": func(o *reconciliation.Options) { o.LookbackDays = 0 },
		"from 1 to":    func(o *reconciliation.Options) { o.LookbackDays = reconciliation.MaxLookbackDays + 1 },
		"limit":        func(o *reconciliation.Options) { o.Limit = -1 },
		"from 0":       func(o *reconciliation.Options) { o.Limit = reconciliation.MaxLimit + 1 },
		"scope":        func(o *reconciliation.Options) { o.Scope = "some" },
	} {
		bad := good
		change(&bad)
		require.ErrorContains(t, bad.Validate(), says)
	}
}

// Money of a booking that was posted as nobody's is missing where it belongs, although its amount is right.
func TestABookingsMoneyPostedAsNobodysIsMissing(t *testing.T) {
	t.Parallel()
	known := reconciliation.Known{PaymentKnown: true, BookingKnown: true, Reference: "FB-7K2M9QXA"}
	for _, kind := range []string{"other_integration", "before_opening"} {
		posted := []reconciliation.Posting{posting(kind, 44539, 0, "USD")}
		found := reconciliation.Compare(payment(), posted, known, reconciliation.Rules{Now: now})
		require.NotNil(t, found, kind)
		require.Equal(t, reconciliation.MissingInLedger, found.Class)
		require.Equal(t, reconciliation.HealPayment, found.Healing)
	}
}

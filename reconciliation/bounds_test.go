package reconciliation_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/reconciliation"
)

func TestOptionsOutOfBounds(t *testing.T) {
	t.Parallel()
	good := reconciliation.Options{
		LookbackDays: reconciliation.MaxLookbackDays, Limit: reconciliation.MaxLimit, Scope: reconciliation.ScopeAll,
	}
	require.NoError(t, good.Validate())
	require.NoError(t, reconciliation.Options{LookbackDays: 1, Scope: reconciliation.ScopePayouts}.Validate(), "one day, and all payments")
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

// Await holds back what is younger than the lag, and says so behind the reason.
func TestAwaitEndsWithTheLag(t *testing.T) {
	t.Parallel()
	rules := reconciliation.Rules{Now: now, Lag: 15 * time.Minute}
	for age, class := range map[time.Duration]reconciliation.Class{
		15*time.Minute - time.Nanosecond: reconciliation.Timing,
		15 * time.Minute:                 reconciliation.MissingInLedger,
	} {
		line := payment()
		line.Created = now.Add(-age)
		found := reconciliation.Compare(line, nil, reconciliation.Known{PaymentKnown: true}, rules)
		require.Equal(t, class, found.Class, age)
		require.Contains(t, found.Reason, "Stripe settled this payment (charge) and the ledger does not have it")
		require.Equal(t, class == reconciliation.Timing, strings.HasSuffix(found.Reason, "its event may be on its way"))
	}
}

func TestNothingPostedIsNobodys(t *testing.T) {
	t.Parallel()
	require.False(t, reconciliation.PostedAsUnbooked(nil))
	require.True(t, reconciliation.PostedAsUnbooked([]reconciliation.Posting{posting("other_integration", 1, 0, "USD")}))
}

// A line that moves no money needs no posting, and none that moves some is right for it.
func TestLineWithoutMoneyIsCompared(t *testing.T) {
	t.Parallel()
	line := payment()
	line.Amount, line.Fee, line.Net = 0, 0, 0
	require.Nil(t, reconciliation.Compare(line, nil, reconciliation.Known{}, reconciliation.Rules{}))
	posted := []reconciliation.Posting{posting("payment", 7, 0, "USD")}
	found := reconciliation.Compare(line, posted, reconciliation.Known{}, reconciliation.Rules{})
	require.Equal(t, reconciliation.AmountMismatch, found.Class)
}

// Payouts and bills belong to no booking, and a payment that the books know is no orphan whatever its metadata says.
func TestWhatIsFarebooksIsNoOrphan(t *testing.T) {
	t.Parallel()
	of := func(object reconciliation.Object) reconciliation.Line {
		line := payment()
		line.Object = object
		return line
	}
	for _, c := range []struct {
		line    reconciliation.Line
		known   reconciliation.Known
		healing reconciliation.Healing
	}{
		{of(reconciliation.ObjectPayout), reconciliation.Known{}, reconciliation.HealPayout},
		{of(reconciliation.ObjectAccountFee), reconciliation.Known{}, reconciliation.HealAccountFee},
		{payment(), reconciliation.Known{PaymentKnown: true}, reconciliation.HealPayment},
		{of(reconciliation.ObjectRefund), reconciliation.Known{PaymentKnown: true}, reconciliation.HealRefund},
		{of(reconciliation.ObjectDispute), reconciliation.Known{BookingKnown: true}, reconciliation.HealDispute},
	} {
		found := reconciliation.Compare(c.line, nil, c.known, reconciliation.Rules{Now: now})
		require.Equal(t, reconciliation.MissingInLedger, found.Class, c.line.Object)
		require.Equal(t, c.healing, found.Healing, c.line.Object)
	}
}

// Fees of several postings are compared together.
func TestFeesOfPostingsAddUp(t *testing.T) {
	t.Parallel()
	parts := []reconciliation.Posting{posting("payment", 44900, 1000, "USD"), posting("stripe_fee", -361, 361, "USD")}
	require.Nil(t, reconciliation.Compare(payment(), parts, reconciliation.Known{}, reconciliation.Rules{}))
	parts[1] = posting("stripe_fee", -361, 1361, "USD")
	found := reconciliation.Compare(payment(), parts, reconciliation.Known{}, reconciliation.Rules{})
	require.Equal(t, reconciliation.FeeMismatch, found.Class)
	require.Equal(t, int64(2361), found.Here)
}

package api_test

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/access"
	"farebook/internal/dev/fakestripe"
	"farebook/internal/dev/testdb"
	"farebook/internal/stripeapi"
	"farebook/money"
	"farebook/reconciliation"
	"farebook/starter/api"
	"farebook/store/recon"
)

type shownClearing struct {
	At         time.Time
	Answered   bool
	Failure    string
	Currencies []struct {
		Books, Underway, Unposted              money.Money
		Stripe, Difference, Noted, Unexplained *money.Money
	}
	Waiting        struct{ Count int }
	Reconciliation *struct{ CorrelationID string }
}

func (s *server) clearing() (shown shownClearing) {
	s.t.Helper()
	got := s.do(http.MethodGet, "/v1/overview/clearing", nil)
	require.Equal(s.t, http.StatusOK, got.status, "%s", got.body)
	require.NoError(s.t, json.Unmarshal(got.body, &shown))
	return shown
}

// Stripe's balance now stands beside the clearing account: what payouts that are not posted explain of the difference is taken off, and the
// rest is unexplained.
func TestClearingIsComparedWithStripeNow(t *testing.T) {
	t.Parallel()
	stripe := fakestripe.New(fakestripe.Options{APIKey: stripeKey})
	require.NoError(t, stripe.Start("127.0.0.1:0"))
	t.Cleanup(func() { require.NoError(t, stripe.Close()) })
	s := serve(t, func(_ *testdb.DB, deps *api.Deps) {
		deps.Stripe = stripeapi.New(stripeapi.Config{SecretKey: stripeKey, APIBase: stripe.URL(), Log: slog.New(slog.DiscardHandler)})
	})
	s.token = s.desk(access.OperationsRead).token
	require.True(t, s.clearing().Answered)

	stripe.Adjust(-1200, "usd", "Network cost")
	s.db.Exec(t, `INSERT INTO payouts (stripe_payout_id, status, amount, currency, automatic, proof, transactions, unmatched, difference, posted,
		created_at, updated_at) VALUES ('po_1', 'in_transit', 1000, 'USD', TRUE, 'pending', 0, 0, 0, FALSE, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6)),
		('po_2', 'pending', 300, 'USD', TRUE, 'pending', 0, 0, 0, TRUE, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6))`)
	shown := s.clearing()
	require.WithinDuration(t, s.db.Clock.Now(), shown.At, time.Minute)
	require.Len(t, shown.Currencies, 1)
	usd := shown.Currencies[0]
	of := func(value int64) money.Money { return money.Money{Value: value, Currency: "USD"} }
	require.Equal(t, []money.Money{of(0), of(-1200), of(1200), of(0), of(200)},
		[]money.Money{usd.Books, *usd.Stripe, *usd.Difference, *usd.Noted, *usd.Unexplained})
	require.Equal(t, []money.Money{of(1300), of(1000)}, []money.Money{usd.Underway, usd.Unposted})
}

// A note about the whole difference of the account explains all of it, also what a payout that is not posted explains.
func TestNotedDifferenceOfTheClearingAccountIsExplained(t *testing.T) {
	t.Parallel()
	stripe := fakestripe.New(fakestripe.Options{APIKey: stripeKey})
	require.NoError(t, stripe.Start("127.0.0.1:0"))
	t.Cleanup(func() { require.NoError(t, stripe.Close()) })
	s := serve(t, func(_ *testdb.DB, deps *api.Deps) {
		deps.Stripe = stripeapi.New(stripeapi.Config{SecretKey: stripeKey, APIBase: stripe.URL(), Log: slog.New(slog.DiscardHandler)})
	})
	s.token = s.desk(access.OperationsRead).token
	stripe.Adjust(-1200, "usd", "Network cost")
	items := s.db.RunThatFound(t, "recon_noted", reconciliation.Finding{
		Class: reconciliation.AmountMismatch, Object: reconciliation.ObjectClearing, StripeID: "balance-USD", AtStripe: -1200, Currency: "USD",
	})
	require.NoError(t, recon.New(s.db.Store).ResolveItem(t.Context(), items[0].ID, "known", testdb.Tester))
	s.db.Exec(t, `INSERT INTO payouts (stripe_payout_id, status, amount, currency, automatic, proof, transactions, unmatched, difference, posted,
		created_at, updated_at) VALUES ('po_1', 'in_transit', 1000, 'USD', TRUE, 'pending', 0, 0, 0, FALSE, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6))`)
	usd := s.clearing().Currencies[0]
	require.EqualValues(t, 1200, usd.Difference.Value)
	require.EqualValues(t, 1200, usd.Noted.Value)
	require.EqualValues(t, 1000, usd.Unposted.Value)
	require.Zero(t, usd.Unexplained.Value)
}

// While Stripe is away, the answer says so, and has what the last reconciliation left instead.
func TestClearingWithoutStripeHasTheLastReconciliation(t *testing.T) {
	t.Parallel()
	s := serve(t, withoutTemporal(t))
	s.token = s.desk(access.OperationsRead).token
	shown := s.clearing()
	require.False(t, shown.Answered)
	require.Equal(t, "unavailable", shown.Failure)
	require.Nil(t, shown.Reconciliation)
	require.Empty(t, shown.Currencies)

	s.db.RunThatFound(t, "recon_last")
	s.db.Exec(t, "UPDATE reconciliation_runs SET status = 'completed', dry_run = FALSE, completed_at = started_at")
	s.db.Exec(t, `INSERT INTO financial_ledger (type, operation_key, description, posted_at, effective_at, effective_basis)
		VALUES ('correction', 'a', 'a test', UTC_TIMESTAMP(6), UTC_TIMESTAMP(6), 'person')`)
	s.db.Exec(t, `INSERT INTO ledger_entries (ledger_id, account, side, amount, currency)
		SELECT id, 'asset:stripe_clearing', 'debit', 500, 'USD' FROM financial_ledger`)
	shown = s.clearing()
	require.False(t, shown.Answered)
	require.NotNil(t, shown.Reconciliation)
	require.Equal(t, "recon_last", shown.Reconciliation.CorrelationID)
	require.Equal(t, int64(500), shown.Currencies[0].Books.Value)
	require.Nil(t, shown.Currencies[0].Stripe)
	require.NotNil(t, shown.Currencies[0].Unexplained)
}

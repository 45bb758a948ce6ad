package test

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/testkit"
)

// taken is a payment that somebody else takes on the account, by a card and with more parameters. It returns its PaymentIntent.
func taken(s *testkit.Stack, amount int, currency string, more url.Values) string {
	s.T.Helper()
	form := url.Values{
		"amount": {strconv.Itoa(amount)}, "currency": {currency}, "payment_method": {"pm_card_bypassPending"}, "confirm": {"true"},
	}
	for name, values := range more {
		form[name] = values
	}
	var intent struct{ ID string }
	require.Equal(s.T, http.StatusOK, s.PostToStripe("/v1/payment_intents", form, &intent))
	return intent.ID
}

// balanceOf an account in a currency, debits less credits.
func balanceOf(s *testkit.Stack, account, currency string) int {
	s.T.Helper()
	return s.DB.Count(s.T, `SELECT COALESCE(SUM(CASE side WHEN 'debit' THEN amount ELSE -amount END), 0) FROM ledger_entries
		WHERE account = ? AND currency = ?`, account, currency)
}

// past is an account's life before Farebook, whose webhooks nobody hears, and the first second after it.
type past struct {
	refunded, disputed, pending string // PaymentIntents
	payout                      string // on its way to the bank
	at                          time.Time
	usd, eur                    int // the balance
}

func liveBefore(s *testkit.Stack) past {
	s.T.Helper()
	t := s.T
	again := s.DropWebhooks()
	var p past
	p.refunded, p.disputed = taken(s, 30000, "usd", nil), taken(s, 20000, "usd", nil)
	_, err := s.Stripe.RefundInDashboard(p.refunded, 1000)
	require.NoError(t, err)
	p.payout, err = s.Stripe.PayOut("usd")
	require.NoError(t, err)
	p.pending = taken(s, 45900, "usd", url.Values{"payment_method": {"pm_card_visa"}})
	taken(s, 7000, "eur", nil)
	s.Stripe.Bill(250, "usd", "Radar")
	s.Stripe.SetBalanceKind("connect_reserved", "usd", 5000)
	p.usd, p.eur = int(s.Stripe.Balance("usd")), int(s.Stripe.Balance("eur"))
	p.at = time.Now().UTC().Truncate(time.Second).Add(time.Second) // after all of it
	s.Eventually(func() bool { return time.Now().After(p.at) }, "the clock stands still")
	again()
	return p
}

func open(s *testkit.Stack, at time.Time, more ...string) (string, error) {
	s.T.Helper()
	return starterWith(s, append([]string{"opening", "--at", at.Format(time.RFC3339)}, more...)...)
}

// An account that lived before: its balance of a past time is posted, in each currency and of each kind, and the clearing account equals
// Stripe's balance after it, whatever was paid since then.
func TestOpeningPostsStripesBalanceOfAPastTime(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	before := liveBefore(s)
	booked := s.BookAndPay("after", nil) // since the time, and in the books already
	s.AwaitQuiet()

	dry, err := open(s, before.at, "--dry-run")
	require.NoError(t, err, dry)
	said := strings.Join(strings.Fields(dry), " ")
	for _, want := range []string{
		"minus 1 balance transactions", "EUR available €67.67", "USD connect_reserved $50.00", "USD pending $445.39", "Nothing was posted",
		"asset:stripe_clearing €67.67 equity:opening_balance €67.67",
	} {
		require.Contains(t, said, want)
	}
	s.RequireLedger(booked.Reference, "payment")
	require.Equal(t, 1, s.DB.Count(t, "SELECT COUNT(*) FROM financial_ledger"), "a dry run posts nothing")

	posted, err := open(s, before.at)
	require.NoError(t, err, posted)
	require.NoError(t, s.ClearingEqualsStripe())
	require.Equal(t, before.eur, balanceOf(s, "asset:stripe_clearing", "EUR"))
	require.Equal(t, before.usd+44539, balanceOf(s, "asset:stripe_clearing", "USD"))
	require.Equal(t, 5000, balanceOf(s, "asset:stripe_connect_reserved", "USD"))
	require.Equal(t, -before.usd-5000, balanceOf(s, "equity:opening_balance", "USD"))
	require.Equal(t, 2, s.DB.Count(t, "SELECT COUNT(*) FROM financial_ledger WHERE type = 'opening_balance' AND effective_at = ?", before.at))
	require.Equal(t, 1, s.DB.Count(t, "SELECT COUNT(*) FROM audit_log WHERE action = 'ledger.open' AND actor <> ''"))

	digest := s.LedgerDigest()
	again, err := open(s, before.at)
	require.NoError(t, err, again)
	require.Contains(t, again, "already")
	require.Contains(t, strings.Join(strings.Fields(again), " "), "USD pending $445.39", "the same answer")
	_, err = open(s, before.at.Add(-time.Hour))
	require.ErrorContains(t, err, "the books were opened at "+before.at.Format(time.RFC3339)+" already")
	require.Equal(t, digest, s.LedgerDigest())

	require.Empty(t, reconcile(s, `{}`).Details, "what was before is neither an orphan nor missing")
	s.RequirePromises()
	out, err := starterWith(s, "verify")
	require.NoError(t, err, out)
}

// Stripe's lists are behind its balance: what they miss in the first reading is not taken for a part of the opening.
func TestOpeningIsRightWhileStripesListsAreBehind(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{ListLag: 5 * time.Second})
	before := liveBefore(s)
	s.Stripe.LagLists(4*time.Second, "/v1/balance_transactions")
	taken(s, 9900, "usd", nil)
	out, err := open(s, before.at)
	require.NoError(t, err, out)
	require.Equal(t, before.usd, balanceOf(s, "asset:stripe_clearing", "USD"), out)
}

// What becomes of payments from before that no booking has is taken from the opening balance and named; a payment from after it that
// nobody knows is still an orphan.
func TestPaymentsFromBeforeTheOpeningAreRefundedAndDisputedAfterIt(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	before := liveBefore(s)
	out, err := open(s, before.at)
	require.NoError(t, err, out)
	equity := balanceOf(s, "equity:opening_balance", "USD")

	refund, err := s.Stripe.RefundInDashboard(before.refunded, 4000)
	require.NoError(t, err)
	dispute, err := s.Stripe.Dispute(before.disputed, 0, "fraudulent")
	require.NoError(t, err)
	orphan := s.ForeignPayment(500)
	s.AwaitQuiet()
	for _, object := range []string{refund, dispute} {
		note := s.DB.Text(t, "SELECT DISTINCT note FROM stripe_events WHERE state = 'not_ours' AND object_id = ?", object)
		require.Regexp(t, `^charge ch_\w+ was paid before the opening of `+before.at.Format(time.RFC3339)+`$`, note)
	}
	require.Equal(t, "not about a booking of ours",
		s.DB.Text(t, "SELECT note FROM stripe_events WHERE type = 'payment_intent.succeeded' AND object_id = ?", orphan))

	run := reconcile(s, `{}`)
	require.Equal(t, map[string]int{"missing_in_ledger": 2, "orphan_payment": 1}, run.classes(), "%+v", run.Details)
	require.Equal(t, 2, run.Fixed, "%+v", run.Details)
	for _, item := range run.Details {
		if item.Class == "orphan_payment" {
			correct(s, item)
			continue
		}
		require.Equal(t, "record_unbooked", item.Proposed)
		require.Contains(t, item.Reason, "was paid before the opening of")
	}
	require.Equal(t, equity+4000+20000, balanceOf(s, "equity:opening_balance", "USD"))
	require.Equal(t, 1500, balanceOf(s, "expense:stripe_fees", "USD")-45, "the dispute's fee is an expense; 45 is the orphan's")
	require.Equal(t, 2, s.DB.Count(t,
		"SELECT COUNT(*) FROM financial_ledger WHERE type = 'before_opening' AND description LIKE 'charge ch_%'"))
	require.NoError(t, s.ClearingEqualsStripe())
	require.Empty(t, reconcile(s, `{}`).Details)

	require.NoError(t, s.Stripe.MoveDispute(dispute, "won")) // its money comes back to the opening balance
	require.Equal(t, 1, reconcile(s, `{}`).Fixed)
	require.Equal(t, equity+4000, balanceOf(s, "equity:opening_balance", "USD"))
	s.RequirePromises()
}

// A payout that was on its way at the opening comes back, and one from after it pays out money from before: the first is at Stripe
// again, and the second is proven.
func TestPayoutsAcrossTheOpening(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	before := liveBefore(s)
	out, err := open(s, before.at)
	require.NoError(t, err, out)
	s.BookAndPay("after", nil)
	s.AwaitQuiet()

	require.NoError(t, s.Stripe.MovePayout(before.payout, "failed"))
	s.Eventually(func() bool {
		return s.DB.Count(t, "SELECT COUNT(*) FROM payouts WHERE stripe_payout_id = ? AND status = 'failed' AND failure_posted",
			before.payout) == 1
	}, "the payout never came back; logs:\n%s", s.Logs)
	s.AwaitQuiet()
	require.NoError(t, s.ClearingEqualsStripe())
	require.Zero(t, balanceOf(s, "asset:bank", "USD"), "what left before, and came back")

	s.Stripe.SettleFunds()
	payout := provenPayout(s)
	require.Greater(t, s.DB.Count(t, "SELECT transactions FROM payouts WHERE stripe_payout_id = ?", payout), 2)
	require.NoError(t, s.Stripe.MovePayout(payout, "paid"))
	awaitPayout(s, payout, "paid", "proven")
	s.AwaitQuiet()
	require.Zero(t, balanceOf(s, "asset:stripe_clearing", "USD"))
	require.Empty(t, reconcile(s, `{}`).Details)
	s.RequirePromises()
}

// An opening that would count twice what the ledger has is refused with what it has, and so is a time that is not known yet.
func TestOpeningThatCannotBeRightIsRefused(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	s.BookAndPay("ours", nil)
	s.AwaitQuiet()
	after := time.Now().UTC().Truncate(time.Second).Add(time.Second)
	s.Eventually(func() bool { return time.Now().After(after) }, "the clock stands still")
	digest := s.LedgerDigest()
	for _, more := range [][]string{nil, {"--dry-run"}} {
		_, err := open(s, after, more...)
		require.ErrorContains(t, err, "the ledger has a payment of ")
		require.ErrorContains(t, err, "open at that time or earlier")
	}
	for at, why := range map[string]string{
		after.Add(48 * time.Hour).Format(time.RFC3339): "must be in the past",
		"2026-11-01":               "must be a time",
		"2026-11-01T00:00:00.123Z": "whole seconds",
	} {
		_, err := starterWith(s, "opening", "--at", at)
		require.ErrorContains(t, err, why)
	}
	out, err := starterWith(s, "opening")
	require.NoError(t, err)
	require.Contains(t, out, "no opening balance")
	require.Equal(t, digest, s.LedgerDigest())
}

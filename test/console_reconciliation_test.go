package test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/access"
	"farebook/internal/dev/consolekit"
	"farebook/internal/dev/testkit"
)

const runsPage = "/console/reconciliations"

// consoleOf is all of Farebook with a console, and browsers of somebody with each of some roles.
func consoleOf(t *testing.T, roles ...access.Role) (*testkit.Stack, []*consolekit.Browser) {
	t.Helper()
	issuer := consolekit.NewIssuer(t)
	s := testkit.New(t, testkit.Options{Env: issuer.Env()})
	browsers := make([]*consolekit.Browser, len(roles))
	for i, role := range roles {
		browsers[i] = consolekit.Browse(t, "http://"+s.Config.HTTPAddr, issuer)
		browsers[i].SignIn(consolekit.Somebody(role))
	}
	return s, browsers
}

// A payment whose event was lost: finance has a plan made, sees the entries that it leads to, and approves it; a viewer reads it and
// cannot approve.
func TestAPlanIsApprovedInTheConsole(t *testing.T) {
	t.Parallel()
	s, who := consoleOf(t, access.Finance, access.Viewer)
	finance, viewer := who[0], who[1]
	lost := s.Book("lost", testkit.BookingBody(nil))
	s.AwaitQuiet()
	s.DropWebhooks()
	require.Equal(t, http.StatusOK, s.Pay(lost.Payment.PaymentIntentID, "pm_card_visa"))

	shown := finance.Submit(finance.Get(runsPage).Require(http.StatusOK), `main form[method=post][action="`+runsPage+`"]`)
	shown.Require(http.StatusOK)
	require.Equal(t, "plan", s.DB.Text(t, "SELECT IF(dry_run, 'plan', 'heals') FROM reconciliation_runs"))
	run := s.DB.Text(t, "SELECT correlation_id FROM reconciliation_runs")
	require.Equal(t, runsPage+"/"+run, shown.URL.Path)
	awaitReconciliation(s, run)

	shown = finance.Get(runsPage + "/" + run + "?entries=1").Require(http.StatusOK)
	require.Contains(t, shown.Text("main"), "Missing in the ledger")
	require.Contains(t, shown.Text("main"), "liability:unearned_revenue")
	require.Contains(t, shown.Text("main"), "$459.00")
	apply := `main form[action="` + runsPage + "/" + run + `/apply"]`
	read := viewer.Get(runsPage + "/" + run).Require(http.StatusOK)
	require.Zero(t, read.Find(apply).Length())
	refused := viewer.Post(runsPage+"/"+run+"/apply", nil).Require(http.StatusForbidden)
	require.Equal(t, "Your role does not allow this", refused.Text("h1"))
	require.Equal(t, "pending_payment", s.Status(lost.Reference))

	finance.Submit(shown, apply).Require(http.StatusOK)
	applied := s.DB.Text(t, "SELECT correlation_id FROM reconciliation_runs WHERE applies = ?", run)
	require.Equal(t, 1, awaitReconciliation(s, applied).Fixed)
	require.Equal(t, "confirmed", s.Status(lost.Reference))
	require.Contains(t, finance.Get(runsPage+"/"+applied+"?part=expected").Text("main"), "Healed")
	require.Equal(t, 1, s.DB.Count(t, "SELECT COUNT(*) FROM audit_log WHERE action = 'reconciliation.apply-plan' AND actor LIKE "+
		"'Dana Finance (console ak\\_%'"))
	s.RequirePromises()
}

// Money that Stripe has taken without an event: finance sees both sides, explains one item and posts another; a viewer cannot.
func TestItemsAreResolvedAndPostedInTheConsole(t *testing.T) {
	t.Parallel()
	s, who := consoleOf(t, access.Finance, access.Viewer)
	finance, viewer := who[0], who[1]
	s.BookAndPay("adjusted", nil)
	s.AwaitQuiet()
	items := map[string]itemView{}
	first, second := s.Stripe.Adjust(-250, "usd", "A mistake of Stripe's"), s.Stripe.Adjust(-70, "usd", "Another one")
	for _, item := range reconcile(s, `{}`).Details {
		items[item.BalanceTransactionID] = item
	}
	require.Len(t, items, 2)
	posted, explained := items[first], items[second]
	page := func(id uint64) string { return "/console/reconciliation-items/" + strconv.FormatUint(id, 10) }

	shown := finance.Get(page(posted.ID) + "?account=expense:stripe_fees").Require(http.StatusOK)
	require.Contains(t, shown.Text("main"), "-$2.50")
	require.Contains(t, shown.Text("main"), "expense:stripe_fees")
	for _, action := range []string{"/resolve", "/post", "/reopen"} {
		require.Zero(t, viewer.Get(page(posted.ID)).Require(http.StatusOK).Find(`main form[method=post]`).Length())
		refused := viewer.Post(page(posted.ID)+action, map[string][]string{"note": {"n"}}).Require(http.StatusForbidden)
		require.Equal(t, "Your role does not allow this", refused.Text("h1"))
	}
	post := `main form[action="` + page(posted.ID) + `/post"]`
	shown = finance.Submit(shown, post, "note", "").Require(http.StatusUnprocessableEntity)
	require.NotEmpty(t, shown.Text(post+" .error"))
	shown = finance.Submit(shown, post, "note", "asked Stripe", "account", "expense:stripe_fees").Require(http.StatusOK)
	require.Contains(t, shown.Text("main"), "asked Stripe")
	require.Equal(t, "-250 250", s.DB.Text(t, `SELECT GROUP_CONCAT(IF(e.side = 'debit', e.amount, -e.amount) ORDER BY e.account SEPARATOR ' ')
		FROM financial_ledger l JOIN ledger_entries e ON e.ledger_id = l.id WHERE l.type = 'correction' AND e.account IN
		('asset:stripe_clearing', 'expense:stripe_fees')`))
	require.Equal(t, "resolved", s.DB.Text(t, "SELECT state FROM reconciliation_items WHERE id = ?", posted.ID))

	shown = finance.Get(page(explained.ID))
	shown = finance.Submit(shown, `main form[action="`+page(explained.ID)+`/resolve"]`, "note", "Stripe gives it back").Require(http.StatusOK)
	require.Equal(t, "resolved Stripe gives it back",
		s.DB.Text(t, "SELECT CONCAT(state, ' ', note) FROM reconciliation_items WHERE id = ?", explained.ID))
	finance.Submit(shown, `main form[action="`+page(explained.ID)+`/reopen"]`, "note", "not yet").Require(http.StatusOK)
	require.Equal(t, "found", s.DB.Text(t, "SELECT state FROM reconciliation_items WHERE id = ?", explained.ID))
	for _, action := range []string{"post-item", "resolve-item", "reopen-item"} {
		require.Equal(t, 1, s.DB.Count(t, "SELECT COUNT(*) FROM audit_log WHERE action = ? AND actor LIKE 'Dana Finance (console ak\\_%'",
			"reconciliation."+action), action)
	}
}

// Finance pauses the schedule, resumes it, and starts a run; a viewer reads it.
func TestTheScheduleIsChangedInTheConsole(t *testing.T) {
	t.Parallel()
	s, who := consoleOf(t, access.Finance, access.Viewer)
	finance, viewer := who[0], who[1]
	const page = "/console/schedule"
	removeSchedule(s)
	require.Contains(t, viewer.Get(page).Require(http.StatusOK).Text("main"), "There is no schedule yet")
	out, err := starterWith(s, "schedule", "apply", "--cron", "30 2 * * *", "--time-zone", "Asia/Dubai", "--jitter", "0s")
	require.NoError(t, err, out)
	shown := finance.Get(page).Require(http.StatusOK)
	require.Contains(t, shown.Text("main"), "Asia/Dubai")
	shown = finance.Submit(shown, `main form[action="`+page+`/pause"]`, "note", "Stripe is being upgraded").Require(http.StatusOK)
	require.Contains(t, shown.Text("main"), "Stripe is being upgraded")
	viewer.Post(page+"/resume", nil).Require(http.StatusForbidden)
	shown = finance.Submit(shown, `main form[action="`+page+`/resume"]`).Require(http.StatusOK)
	require.Equal(t, 1, shown.Find(`main form[action="`+page+`/pause"]`).Length())
	shown = finance.Submit(shown, `main form[action="`+page+`/trigger"]`).Require(http.StatusOK)
	link := shown.Find(`main a[href^="`+runsPage+`/"]`).AttrOr("href", "")
	require.NotEmpty(t, link, shown.Text("main"))
	awaitReconciliation(s, strings.TrimPrefix(link, runsPage+"/"))
}

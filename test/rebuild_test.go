package test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/testkit"
)

// rareSweeps leave a busy machine the time to record an event before the sweeper signals it again: what it tells of would be read once more
// after a test has restored the database or planted its differences.
const rareSweeps = 5 * time.Second

// lostHour is what was done at a system between its backup and the restore.
type lostHour struct {
	*testkit.Stack

	kept, paid, unpaid, refunded testkit.Booked
	body                         []byte
	refund                       refundView
	dispute, payout              string
	mails                        int // in the mailbox before the restore
	charged, returned            int // succeeded PaymentIntents and refunds at Stripe
	deaths                       []string
}

// loseAnHour takes a backup, does business of each kind, and restores the backup; before is what is done ahead of the restore.
func loseAnHour(s *testkit.Stack, before func()) *lostHour {
	s.T.Helper()
	l := &lostHour{Stack: s, body: testkit.BookingBody(nil)}
	l.kept = s.BookAndPay("kept", nil)
	s.AwaitQuiet()
	backup := s.DB.Backup(s.T)
	l.doBusiness()
	require.Equal(s.T, http.StatusOK, s.PostToStripe("/v1/payment_intents", url.Values{
		"amount": {"45900"}, "currency": {"usd"}, "metadata[booking_reference]": {"FB-7K2M9QXA"},
	}, nil))
	before()
	backup.Restore(s.T)
	return l
}

func (l *lostHour) doBusiness() {
	l.T.Helper()
	l.paid, l.unpaid, l.refunded = l.Book("paid", l.body), l.Book("unpaid", l.body), l.Book("refunded", l.body)
	for _, booked := range []testkit.Booked{l.paid, l.refunded} {
		require.Equal(l.T, http.StatusOK, l.Pay(booked.Payment.PaymentIntentID, "pm_card_visa"))
		l.AwaitStatus(booked.Reference, "confirmed")
	}
	l.refund = ask(l.Stack, l.refunded.Reference, "half", usd(20000))
	awaitRefund(l.Stack, l.refund.ID, "succeeded")
	half := ask(l.Stack, l.kept.Reference, "kept-half", usd(10000))
	awaitRefund(l.Stack, half.ID, "succeeded")
	var err error
	l.dispute, err = l.Stripe.Dispute(l.paid.Payment.PaymentIntentID, 0, "fraudulent")
	require.NoError(l.T, err)
	awaitDispute(l.Stack, l.dispute, "needs_response")
	l.Stripe.SettleFunds()
	l.payout, err = l.Stripe.PayOut("usd")
	require.NoError(l.T, err)
	l.Eventually(func() bool {
		return l.DB.Count(l.T, "SELECT COUNT(*) FROM payouts WHERE stripe_payout_id = ? AND proof = 'proven'", l.payout) == 1
	}, "the payout is not proven; logs:\n%s", l.Logs)
	l.AwaitQuiet()
	l.AwaitRest(l.WorkflowID(l.kept.Reference), l.WorkflowID(l.paid.Reference), l.WorkflowID(l.refunded.Reference),
		"Refund:"+l.refund.ID, "Refund:"+half.ID, "Dispute:"+l.dispute, "Payout:"+l.payout)
	l.mails, l.charged, l.returned = len(l.Mailbox.Messages()), l.succeeded(), len(l.Stripe.Refunds())
}

func (l *lostHour) succeeded() (n int) {
	for _, intent := range l.Stripe.PaymentIntents() {
		if intent.Status == "succeeded" {
			n++
		}
	}
	return n
}

// run is one command of the operator's, which has to succeed.
func (l *lostHour) run(args ...string) string {
	l.T.Helper()
	out, err := starterWith(l.Stack, args...)
	require.NoError(l.T, err, "%v: %s\nlogs:\n%s", args, out, l.Logs)
	return out
}

// plan makes one, and returns its number and how many items of each kind it has.
func (l *lostHour) plan() (number string, kinds map[string]int) {
	l.T.Helper()
	plan := l.planAs()
	require.Equal(l.T, 1, plan.Unowned, "a payment of somebody else's that bears a reference is nobody's to bring back")
	kinds = map[string]int{}
	for _, item := range plan.Items {
		kinds[item.Kind]++
	}
	return strconv.Itoa(plan.Plan), kinds
}

// recover follows docs/disaster.md from a raised fence to a clean reconciliation.
func (l *lostHour) recover() {
	l.T.Helper()
	number, kinds := l.plan()
	require.Equal(l.T, map[string]int{"booking": 3, "refund": 2, "dispute": 1, "payout": 1}, kinds)
	for _, point := range l.deaths {
		l.KilledAt(point, l.StarterCommand("rebuild", "--apply", number))
	}
	l.run("rebuild", "--apply", number)
	_, kinds = l.plan()
	require.Empty(l.T, kinds, "nothing is missing any more")
	l.AwaitQuiet()
	l.run("reconcile", "--lookback-days", "2", "--limit", "0")
	l.run("fence", "lower", "--note", "the books have what Stripe has")
	l.run("emails", "drop", "--all", "--note", "the mail server's log has them")
	l.AwaitQuiet()
}

// requireWhole checks that the books have everything, and that nothing was charged, refunded or mailed twice.
func (l *lostHour) requireWhole() {
	l.T.Helper()
	require.Equal(l.T, "disputed", l.Status(l.paid.Reference))
	require.Equal(l.T, "partially_refunded", l.Status(l.refunded.Reference))
	require.Equal(l.T, "partially_refunded", l.Status(l.kept.Reference))
	require.Equal(l.T, "pending_payment", l.Status(l.unpaid.Reference))
	// Whoever repeats a request under its key gets what was made of it, and the books learn customer and flight again.
	for key, booked := range map[string]testkit.Booked{"paid": l.paid, "refunded": l.refunded, "unpaid": l.unpaid} {
		require.Equal(l.T, booked.Reference, l.Book(key, l.body).Reference)
	}
	require.Equal(l.T, l.refund.ID, ask(l.Stack, l.refunded.Reference, "half", usd(20000)).ID)
	require.Zero(l.T, l.DB.Count(l.T, "SELECT COUNT(*) FROM bookings WHERE customer_email = '' OR attention IS NOT NULL"))
	l.AwaitQuiet()
	require.Equal(l.T, l.charged, l.succeeded(), "charged twice")
	require.Len(l.T, l.Stripe.PaymentIntents(), 5, "PaymentIntents made twice: four of ours, and somebody else's")
	require.Len(l.T, l.Stripe.Refunds(), l.returned, "refunded twice")
	require.Len(l.T, l.Mailbox.Messages(), l.mails, "mailed twice")
	out := l.run("verify")
	require.Contains(l.T, out, "checks hold")
	require.Contains(l.T, l.run("reconcile", "--lookback-days", "2", "--limit", "0", "--dry-run"), "differences 0")
	l.RequirePromises()
}

// A database that is restored from an hour ago gets back all that Stripe has, by one command that an operator approves, and nobody is
// charged, refunded or mailed twice. Temporal kept its workflows.
func TestRestoredDatabaseIsRebuilt(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{Sweep: rareSweeps})
	l := loseAnHour(s, func() {})
	l.run("fence", "raise", "--reason", "the database was restored")
	l.recover()
	l.requireWhole()
}

// The command that applies a rebuild plan dies before and after each step and is repeated: everything is brought back once.
func TestRebuildKilledBringsEverythingBackOnce(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{Sweep: rareSweeps})
	l := loseAnHour(s, func() {})
	l.run("fence", "raise", "--reason", "the database was restored")
	l.deaths = []string{
		"rebuild-before-booking", "rebuild-after-booking", "rebuild-after-payment-row", "rebuild-after-workflow", "rebuild-before-item-done",
		"rebuild-after-item-done",
	}
	l.recover()
	l.requireWhole()
}

// A client that was lost with the restore cannot own its bookings any more. A plan leaves them out and names it, and brings them back as
// those of the client that an operator names; bookings of clients that the books have stay theirs.
func TestBookingsOfALostClientAreRebuiltAsAnothers(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{Sweep: rareSweeps})
	s.BookAndPay("before", nil)
	s.AwaitQuiet()
	backup := s.DB.Backup(t)
	theirs := s.BookAndPay("theirs", nil)
	ours := s.API.Token
	s.API.Token = s.DB.NewKey(t, "lost client")
	orphaned := s.BookAndPay("orphaned", nil)
	s.AwaitQuiet()
	s.AwaitRest(s.WorkflowID(theirs.Reference), s.WorkflowID(orphaned.Reference))
	lost := clientOf(s, orphaned)
	kept := clientOf(s, theirs)
	backup.Restore(t)
	s.API.Token = ours
	l := &lostHour{Stack: s}
	l.run("fence", "raise", "--reason", "the database was restored")

	plan := l.planAs()
	require.Equal(t, 1, plan.Orphaned)
	require.Equal(t, []string{lost}, plan.LostClients)
	require.Len(t, plan.Items, 1, "what has no owner cannot be applied")
	require.Contains(t, l.run("rebuild"), lost)
	s.DB.NewKey(t, "made anew")
	plan = l.planAs("--client", "made anew")
	require.Zero(t, plan.Orphaned)
	require.Len(t, plan.Items, 2)
	require.Contains(t, l.run("rebuild", "--client", "made anew"), "(was "+lost+")")
	l.run("rebuild", "--apply", strconv.Itoa(plan.Plan))
	require.Equal(t, "made anew",
		s.DB.Text(t, `SELECT c.name FROM bookings b JOIN api_clients c ON c.id = b.client_id WHERE b.reference = ?`, orphaned.Reference))
	require.Equal(t, kept, clientOf(s, theirs), "its client is in the books, and is not replaced")
	require.Empty(t, l.planAs().Items, "nothing is missing any more")
	require.Equal(t, "confirmed", s.DB.Text(t, "SELECT status FROM bookings WHERE reference = ?", orphaned.Reference))
}

func clientOf(s *testkit.Stack, booked testkit.Booked) string {
	s.T.Helper()
	return s.DB.Text(s.T, "SELECT c.client_id FROM bookings b JOIN api_clients c ON c.id = b.client_id WHERE b.reference = ?",
		booked.Reference)
}

// rebuildPlan is what `rebuild --format json` prints.
type rebuildPlan struct {
	Plan, Unowned, Orphaned int
	LostClients             []string
	Items                   []struct{ Kind, StripeID, Booking, Client, LostClient string }
}

func (l *lostHour) planAs(args ...string) (plan rebuildPlan) {
	l.T.Helper()
	require.NoError(l.T, json.Unmarshal([]byte(l.run(append([]string{"rebuild", "--format", "json"}, args...)...)), &plan))
	return plan
}

package test

import (
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/testkit"
)

// planting decides which payments are made to differ. CI plants the same each time, so that a fault that it finds is the change's.
var planting = flag.Uint64("planting", 1, "the seed of the differences that TestReconciliationAmongThousands plants")

// manyPayments are in the books and at Stripe, most of them fitting.
const manyPayments = 3000

// planted is what a run has to find: class and balance transaction, or class and object.
type planted map[string]int

func (p planted) add(class, id string) { p[class+" "+id]++ }

// found is the same of a run.
func (r runView) found() planted {
	out := planted{}
	for _, item := range r.Details {
		id := item.BalanceTransactionID
		if id == "" {
			id = item.StripeID
		}
		out.add(item.Class, id)
	}
	return out
}

// plantAmong makes differences of the classes that need no workflow, at random among the filled payments, each payment at
// most once.
func plantAmong(s *testkit.Stack, random *rand.Rand) planted {
	t, db, out := s.T, s.DB, planted{}
	order := random.Perm(manyPayments)
	take := func(class string, plantOne func(n int)) {
		for range 5 + random.IntN(10) {
			n := order[0] + 1
			order = order[1:]
			plantOne(n)
			if class == "state_mismatch" {
				out.add(class, fmt.Sprintf("pi_fill_%d", n))
			} else {
				out.add(class, fmt.Sprintf("txn_fill_%d", n))
			}
		}
	}
	post := func(n int, object, transaction string, amount int) {
		db.Exec(t, `INSERT INTO financial_ledger (booking_id, type, stripe_payment_intent_id, stripe_object_id, stripe_balance_transaction_id,
			description, posted_at, effective_at, effective_basis, period)
			VALUES (?, 'stripe_fee', ?, ?, ?, 'Planted', UTC_TIMESTAMP(6), UTC_TIMESTAMP(6), 'balance_transaction', `+thisMonth+`)`, n,
			fmt.Sprintf("pi_fill_%d", n), object, transaction)
		db.Exec(t, "INSERT INTO ledger_entries (ledger_id, account, side, amount, currency) SELECT MAX(id), 'expense:stripe_fees', 'debit', "+
			"?, 'USD' FROM financial_ledger", amount)
		db.Exec(t, "INSERT INTO ledger_entries (ledger_id, account, side, amount, currency) SELECT MAX(id), 'asset:stripe_clearing', "+
			"'credit', ?, 'USD' FROM financial_ledger", amount)
	}
	take("missing_in_ledger", func(n int) { unpost(t, db, n) })
	take("amount_mismatch", func(n int) {
		db.Exec(t, "UPDATE ledger_entries SET amount = amount - 7 WHERE ledger_id = ? AND amount > 40000", n)
	})
	take("fee_mismatch", func(n int) {
		db.Exec(t, "UPDATE ledger_entries SET amount = amount + 9 WHERE ledger_id = ? AND amount < 40000", n)
	})
	take("currency_mismatch", func(n int) { db.Exec(t, "UPDATE ledger_entries SET currency = 'EUR' WHERE ledger_id = ?", n) })
	take("duplicate", func(n int) {
		for _, object := range []string{"once", "twice"} {
			post(n, object, fmt.Sprintf("txn_fill_%d", n), 5)
		}
	})
	take("state_mismatch", func(n int) {
		// Nothing is due for a hold that is still running: the sweeper leaves it to reconciliation.
		db.Exec(t, "UPDATE payments SET status = 'requires_action' WHERE booking_id = ?", n)
		db.Exec(t, "UPDATE bookings SET status = 'pending_payment', hold_expires_at = UTC_TIMESTAMP(6) + INTERVAL 1 DAY WHERE id = ?", n)
	})
	for i := range 5 + random.IntN(10) {
		invented := fmt.Sprintf("txn_invented_%d", i)
		post(order[i]+1, invented, invented, 11)
		out.add("missing_in_stripe", invented)
	}
	return out
}

// plantHoursAgo plants what needs workflows, as if it had happened before anything could still be on its way.
func plantHoursAgo(s *testkit.Stack) map[string]int {
	const ago = 3 * time.Hour
	s.Stripe.Advance(-ago)
	classes := plant(s)
	s.Stripe.Advance(ago)
	return classes
}

// payUnheard pays bookings whose events Stripe has not sent yet. Each is two items: an open payment, and its balance
// transaction.
func payUnheard(s *testkit.Stack, expected planted, classes map[string]int) {
	var young []testkit.Booked
	for i := range 5 {
		s.BookAndPay(fmt.Sprintf("young-and-heard-%d", i), nil)
		young = append(young, s.Book(fmt.Sprintf("young-%d", i), testkit.BookingBody(nil)))
	}
	s.AwaitQuiet()
	s.Stripe.HoldWebhooks()
	for _, booked := range young {
		require.Equal(s.T, http.StatusOK, s.Pay(booked.Payment.PaymentIntentID, "pm_card_visa"))
		expected.add("timing", booked.Payment.PaymentIntentID)
	}
	classes["timing"] = 2 * len(young)
}

// Differences of every class among thousands of payments, most of which came within some hours: all are found, none is
// invented, the dry run changes nothing, what may be healed is healed, what was on its way arrives, an operator's corrections
// are posted, and then a run finds nothing, and the clearing account is Stripe's balance.
func TestReconciliationAmongThousands(t *testing.T) {
	t.Parallel()
	t.Logf("seed %d", *planting)
	s := testkit.New(t, testkit.Options{Lag: time.Hour, Sweep: rareSweeps})
	fillLedger(t, s.DB, manyPayments, "pi_fill_", "txn_fill_")
	s.DB.Exec(t, "UPDATE payments SET created_at = created_at - INTERVAL 4 HOUR") // filled by SQL, which no clock moves
	s.Stripe.Fill(manyPayments, filledAfter(s.DB), time.Now().Add(-12*time.Hour), time.Now().Add(-4*time.Hour))
	expected := plantAmong(s, rand.New(rand.NewPCG(*planting, 0)))
	classes := plantHoursAgo(s)
	for id, count := range expected {
		var class string
		_, _ = fmt.Sscan(id, &class) // the first word, which is there
		classes[class] += count
	}
	payUnheard(s, expected, classes)

	before, posts := everythingElse(s), s.StripePosts()
	dry := reconcile(s, `{"dryRun":true,"limit":0}`)
	require.Equal(t, classes, dry.classes(), "%+v", dry.Details)
	for id := range expected {
		require.Equal(t, 1, dry.found()[id], id)
	}
	require.Equal(t, before, everythingElse(s), "a dry run writes its report and nothing else")
	require.Equal(t, posts, s.StripePosts(), "and asks Stripe for nothing but answers")

	applied := applyPlan(s, dry.CorrelationID)
	require.Zero(t, applied.Failed, "%+v\n%s", applied.Details, s.Logs)
	for _, item := range applied.Details {
		if item.Class == "missing_in_ledger" || item.Class == "state_mismatch" {
			// What is missing and the state that is wrong may be two items of one payment, and heal together.
			require.True(t, item.State == "fixed" || strings.Contains(item.Note, "agree by now"), "%+v", item)
		}
	}
	s.Stripe.ReleaseWebhooks()
	s.AwaitQuiet()
	after := reconcile(s, `{"limit":0}`)
	person := maps.Clone(classes)
	delete(person, "missing_in_ledger")
	delete(person, "state_mismatch")
	delete(person, "timing")
	require.Equal(t, person, after.classes(), "%+v", after.Details)

	for _, item := range after.Details {
		correct(s, item)
	}
	_, err := starterWith(s, "reconcile", "resolve", fmt.Sprint(after.Details[0].ID), "--note", "again", "--post")
	require.ErrorContains(t, err, "is resolved already")
	last := reconcile(s, `{"limit":0}`)
	require.Empty(t, last.Details)
	require.NoError(t, s.BooksPromises())
	require.NoError(t, s.ClearingEqualsStripe())
}

// correct has the command post what an operator decides about an item: what a traveller's debt was posted wrong by goes back
// on the debt, all else to suspense, for the accountant.
func correct(s *testkit.Stack, item itemView) {
	s.T.Helper()
	account := "equity:suspense"
	if item.Class == "amount_mismatch" || item.Class == "currency_mismatch" {
		account = "liability:unearned_revenue"
	}
	out, err := starterWith(s, "reconcile", "resolve", fmt.Sprint(item.ID), "--note", "corrected in the test", "--post", "--account", account)
	require.NoError(s.T, err, "%+v: %s", item, out)
}

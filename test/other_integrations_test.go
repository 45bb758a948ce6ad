package test

import (
	"fmt"
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/fakestripe"
	"farebook/internal/dev/testkit"
	"farebook/workflows"
)

// chargeOfIntent is the charge of a PaymentIntent at Stripe.
func chargeOfIntent(s *testkit.Stack, intent string) string {
	s.T.Helper()
	for _, known := range s.Stripe.PaymentIntents() {
		if known.ID == intent {
			return known.LatestCharge
		}
	}
	s.T.Fatalf("Stripe does not have %s", intent)
	return ""
}

// shopLives is what another integration does on the account: payments by metadata and by descriptor, a refund, a dispute, a late fee
// and an adjustment. It returns the PaymentIntents.
func shopLives(s *testkit.Stack) (byMetadata, byDescriptor string) {
	s.T.Helper()
	t := s.T
	byMetadata = taken(s, 30000, "usd", url.Values{"metadata[shop_order]": {"4711"}})
	byDescriptor = taken(s, 20000, "eur", url.Values{"statement_descriptor": {"Acme Shop 12"}})
	_, err := s.Stripe.RefundInDashboard(byMetadata, 4000)
	require.NoError(t, err)
	_, err = s.Stripe.Dispute(byDescriptor, 0, "fraudulent")
	require.NoError(t, err)
	charge := chargeOfIntent(s, byMetadata)
	s.Stripe.Book(fakestripe.BalanceTransaction{Amount: -35, Currency: "usd", Type: "stripe_fee", Category: "fee", Source: charge})
	s.Stripe.Book(fakestripe.BalanceTransaction{
		Amount: -60, Currency: "usd", Type: "adjustment", Category: "other_adjustment",
		Source: charge,
	})
	return byMetadata, byDescriptor
}

const shopRules = "metadata:shop_order, descriptor:ACME SHOP"

// Money of another integration is posted as theirs, all of it: the clearing account is Stripe's balance, a payout of both is proven,
// their events name the rule, and what nobody knows is still an orphan.
func TestMoneyOfAnotherIntegrationIsPostedAsTheirs(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{Others: shopRules})
	booked := s.BookAndPay("ours", nil)
	byMetadata, byDescriptor := shopLives(s)
	orphan := s.ForeignPayment(500)
	s.AwaitQuiet()
	for object, rule := range map[string]string{byMetadata: "metadata:shop_order", byDescriptor: "descriptor:ACME SHOP"} {
		require.Equal(t, fmt.Sprintf("charge %s is another integration's, by the rule %s", chargeOfIntent(s, object), rule),
			s.DB.Text(t, "SELECT note FROM stripe_events WHERE state = 'not_ours' AND type = 'payment_intent.succeeded' AND object_id = ?", object))
	}
	require.Equal(t, 2, s.DB.Count(t, `SELECT COUNT(DISTINCT object_id) FROM stripe_events
		WHERE state = 'not_ours' AND note LIKE '%another integration%' AND (object_id LIKE 're_%' OR object_id LIKE 'dp_%')`),
		"the refund's and the dispute's")
	require.Equal(t, "not about a booking of ours",
		s.DB.Text(t, "SELECT note FROM stripe_events WHERE type = 'payment_intent.succeeded' AND object_id = ?", orphan))

	dry := reconcile(s, `{"dryRun":true}`)
	require.Equal(t, map[string]int{"missing_in_ledger": 6, "orphan_payment": 1}, dry.classes(), "%+v", dry.Details)
	require.Equal(t, 1, s.DB.Count(t, "SELECT COUNT(*) FROM financial_ledger"), "a dry run posts nothing")
	run := reconcile(s, `{}`)
	require.Equal(t, 6, run.Fixed, "%+v\n%s", run.Details, s.Logs)
	for _, item := range run.Details {
		if item.Class == "orphan_payment" {
			require.Equal(t, orphan, item.StripeID)
			correct(s, item)
		}
	}
	require.Equal(t, 6, s.DB.Count(t, "SELECT COUNT(*) FROM financial_ledger WHERE type = 'other_integration'"))
	first := s.DB.Text(t, "SELECT MIN(stripe_balance_transaction_id) FROM financial_ledger WHERE type = 'other_integration'")
	s.SaveRun(workflows.UnbookedWorkflowID(first), "unbooked")
	require.NoError(t, s.ClearingEqualsStripe())
	// 300.00 less the fee of 9.00, the refund, what was billed later and the adjustment; the disputed euros less both fees.
	require.Equal(t, -(30000 - 900 - 4000 - 35 - 60), balanceOf(s, "asset:other_integrations", "USD"))
	require.Equal(t, 610+1500, balanceOf(s, "asset:other_integrations", "EUR"))
	require.Equal(t, 1361+45, balanceOf(s, "expense:stripe_fees", "USD"), "their fees are theirs: these are the booking's and the orphan's")

	s.Stripe.SettleFunds()
	provenPayout(s)
	s.RequireLedger(booked.Reference, "payment")
	require.Empty(t, reconcile(s, `{}`).Details)
	s.AwaitQuiet()
	s.RequirePromises()
	out, err := starterWith(s, "verify")
	require.NoError(t, err, out)
}

// No rule, however broad, takes what is a booking's: by its PaymentIntent in the books, although its metadata is gone, and by our
// metadata, although the books do not know it.
func TestNoRuleTakesABookingsMoney(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{Others: "payment_intent:pi_3,descriptor:FAREBOOK,metadata:shop_order"})
	booked := s.Book("lost", testkit.BookingBody(nil))
	again := s.DropWebhooks()
	intent := booked.Payment.PaymentIntentID
	require.NoError(t, s.Stripe.EditMetadata(intent, map[string]string{"booking_reference": "", "shop_order": "4711"}))
	require.Equal(t, http.StatusOK, s.Pay(intent, "pm_card_visa"))
	s.Stripe.Book(fakestripe.BalanceTransaction{
		Amount: -35, Currency: "usd", Type: "stripe_fee", Category: "fee",
		Source: chargeOfIntent(s, intent),
	})
	unknown := s.PaymentBeside(700, "FB-7K2M9QXA")
	again()
	run := reconcile(s, `{}`)
	require.Equal(t, map[string]int{"missing_in_ledger": 2, "state_mismatch": 1, "orphan_payment": 1}, run.classes(), "%+v", run.Details)
	s.AwaitStatus(booked.Reference, "confirmed")
	s.AwaitQuiet()
	s.RequireLedger(booked.Reference, "payment")
	require.Zero(t, s.DB.Count(t, "SELECT COUNT(*) FROM financial_ledger WHERE type = 'other_integration'"))
	require.Equal(t, 1361+35, balanceOf(s, "expense:stripe_fees", "USD"))
	for _, item := range run.Details {
		if item.Class == "orphan_payment" {
			require.Equal(t, unknown, item.StripeID)
			correct(s, item)
		}
	}
	require.Empty(t, reconcile(s, `{}`).Details)
	s.RequirePromises()
}

// What was posted as another integration's and is a booking's after all is found by the next run, and recorded as the booking's: its
// record takes the place of the posting.
func TestMoneyThatWasPostedAsTheirsAndIsOursIsRecorded(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{Others: "metadata:shop_order"})
	booked := s.Book("mistaken", testkit.BookingBody(nil))
	intent := booked.Payment.PaymentIntentID
	again := s.DropWebhooks()
	// The books forget whose it is for a while, as a restored database does, and its metadata was edited.
	s.DB.Exec(t, "UPDATE payments SET stripe_payment_intent_id = 'pi_forgotten' WHERE stripe_payment_intent_id = ?", intent)
	require.NoError(t, s.Stripe.EditMetadata(intent, map[string]string{"booking_reference": "", "shop_order": "4711"}))
	require.Equal(t, http.StatusOK, s.Pay(intent, "pm_card_visa"))
	run := reconcile(s, `{"scope":"ledger"}`)
	require.Equal(t, 1, run.Fixed, "%+v", run.Details)
	require.Equal(t, -44539, balanceOf(s, "asset:other_integrations", "USD"))
	s.DB.Exec(t, "UPDATE payments SET stripe_payment_intent_id = ? WHERE stripe_payment_intent_id = 'pi_forgotten'", intent)
	again()
	require.Error(t, s.BooksPromises(), "a booking's money is posted as theirs")

	found := reconcile(s, `{"scope":"ledger"}`)
	require.Equal(t, map[string]int{"missing_in_ledger": 1}, found.classes(), "%+v", found.Details)
	require.Contains(t, found.Details[0].Reason, "is booking "+booked.Reference+"'s, and the ledger has it as other integration")
	require.Equal(t, 1, found.Fixed, "%+v\n%s", found.Details, s.Logs)
	s.AwaitStatus(booked.Reference, "confirmed")
	s.AwaitQuiet()
	s.RequireLedger(booked.Reference, "payment")
	require.Equal(t, 1, s.DB.Count(t,
		"SELECT COUNT(*) FROM financial_ledger WHERE type = 'reversal' AND operation_key LIKE 'reversal/unbooked/txn_%'"))
	require.Zero(t, balanceOf(s, "asset:other_integrations", "USD"))
	require.Equal(t, 44539, balanceOf(s, "asset:stripe_clearing", "USD"))
	require.Empty(t, reconcile(s, `{}`).Details)
	s.RequirePromises()
}

// The worker dies before and after it posts money of no booking: it is posted once, and the run completes.
func TestWorkerKilledOnTheWayToMoneyOfAnotherIntegration(t *testing.T) {
	t.Parallel()
	for _, point := range []string{"before-record-unbooked", "after-record-unbooked"} {
		t.Run(point, func(t *testing.T) {
			t.Parallel()
			s := testkit.New(t, testkit.Options{Processes: true, WorkerFailpoint: point, Others: shopRules})
			taken(s, 30000, "usd", url.Values{"metadata[shop_order]": {"4711"}})
			require.Equal(t, 1, reconcile(s, `{}`).Fixed)
			s.RequireDeaths("worker", 1)
			require.Equal(t, 1, s.DB.Count(t, "SELECT COUNT(*) FROM financial_ledger WHERE type = 'other_integration'"))
			s.RequirePromises()
		})
	}
}

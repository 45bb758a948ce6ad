package browser

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/testkit"
)

// A refund that the bank returns is loud on the page of its booking.
func TestAFailedRefundIsLoud(t *testing.T) {
	t.Parallel()
	s := open(t)
	booked := s.Book("failing", testkit.BookingBody(nil))
	require.Equal(t, http.StatusOK, s.Pay(booked.Payment.PaymentIntentID, "pm_card_refundFail"))
	s.AwaitStatus(booked.Reference, "confirmed")
	answer := s.Post("/v1/bookings/"+booked.Reference+"/refunds", "all", []byte(`{}`))
	require.Equal(t, http.StatusCreated, answer.Status, "%s", answer.Body)
	s.AwaitStatus(booked.Reference, "refunded")
	require.NoError(t, s.Stripe.FailRefund(s.Stripe.Refunds()[0].ID, ""))
	s.AwaitStatus(booked.Reference, "confirmed")
	x := s.as(newTab(t, s.API.URL()), "support")
	x.open("/console/bookings/" + booked.Reference)
	x.await("has failed: the traveller has not got this money")
	require.NotZero(t, x.count(".notice-bad"))
}

// A viewer reads a booking, is offered nothing that moves money, and cannot send the form of a colleague either.
func TestAViewerChangesNothing(t *testing.T) {
	t.Parallel()
	s := open(t)
	booked := s.BookAndPay("viewed", nil)
	x := s.as(newTab(t, s.API.URL()), "viewer")
	x.expect(http.StatusForbidden)
	x.open("/console/bookings/" + booked.Reference)
	x.await("Booking " + booked.Reference)
	require.Zero(t, x.count(`main form[method="post"]`), x.text())
	require.Zero(t, x.count(`nav a[href="/console/clients"], nav a[href="/console/audit"]`))
	status := ask[int](x, `fetch("/console/bookings/`+booked.Reference+`/refund", {method: "POST", headers: {"Content-Type":
		"application/x-www-form-urlencoded"}, body: "amount.value=1.00&confirm=1.00&key=forged"}).then(r => r.status)`)
	require.Equal(t, http.StatusForbidden, status)
	require.Zero(t, s.DB.Count(t, "SELECT COUNT(*) FROM refunds"))
}

// Finance approves the plan of a dry run, and the books agree with Stripe.
func TestFinanceApprovesAPlan(t *testing.T) {
	t.Parallel()
	s := open(t)
	lost := s.Book("lost", testkit.BookingBody(nil))
	s.AwaitQuiet()
	again := s.DropWebhooks()
	require.Equal(t, http.StatusOK, s.Pay(lost.Payment.PaymentIntentID, "pm_card_visa"))
	again()
	plan := s.run(`{"dryRun":true}`)
	x := s.as(newTab(t, s.API.URL()), "finance")
	x.open("/console/reconciliations/" + plan)
	x.follow("Approve and carry out this plan")
	s.AwaitStatus(lost.Reference, "confirmed")
	s.AwaitQuiet()
	s.RequirePromises()
}

// Money that Stripe has taken without an event: finance posts one item, as the page has shown the entries of, and explains the other.
func TestFinancePostsAnItemAndExplainsAnother(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.BookAndPay("adjusted", nil)
	s.AwaitQuiet()
	first, second := s.Stripe.Adjust(-250, "usd", "A mistake of Stripe's"), s.Stripe.Adjust(-70, "usd", "Another one")
	s.run(`{}`)
	item := func(transaction string) string {
		return s.DB.Text(t, "SELECT id FROM reconciliation_items WHERE stripe_balance_transaction_id = ?", transaction)
	}
	state := func(transaction string) string {
		return s.DB.Text(t, "SELECT CONCAT_WS(' ', state, note) FROM reconciliation_items WHERE stripe_balance_transaction_id = ?", transaction)
	}
	x := s.as(newTab(t, s.API.URL()), "finance")
	x.open("/console/reconciliation-items/" + item(first) + "?account=expense:stripe_fees")
	x.await("-$2.50", "expense:stripe_fees")
	x.write("#f-post-note", "asked Stripe")
	x.follow("Post a correction")
	x.until(func() bool { return state(first) == "resolved asked Stripe" }, "does not post the item")
	x.open("/console/reconciliation-items/" + item(second))
	x.write("#f-resolve-note", "Stripe gives it back")
	x.follow("Resolve with a note")
	x.until(func() bool { return state(second) == "resolved Stripe gives it back" }, "does not resolve the item")
	require.Equal(t, "-250 250", s.DB.Text(t, `SELECT GROUP_CONCAT(IF(e.side = 'debit', e.amount, -e.amount) ORDER BY e.account SEPARATOR ' ')
		FROM financial_ledger l JOIN ledger_entries e ON e.ledger_id = l.id WHERE l.type = 'correction'`))
}

package test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/access"
)

// Support refunds in the console, is refused above its limit, and follows the link to propose it with the same fields; finance types the
// amount and sends it. Support cannot send, and withdraws another one.
func TestARefundAboveTheLimitIsProposedInTheConsole(t *testing.T) {
	t.Parallel()
	s, who := consoleOf(t, access.Support, access.Finance)
	support, finance := who[0], who[1]
	booked := s.BookAndPay("paid", nil)
	s.AwaitQuiet()
	story := "/console/bookings/" + booked.Reference
	form := `main form[action="` + story + `/refund"]`
	above := support.Submit(support.Get(story+"/refund").Require(http.StatusOK), form, "amount.value", "200.00", "confirm", "200.00", "note",
		"twice")
	above.Require(http.StatusUnprocessableEntity)
	require.Contains(t, above.Text("#problem"), "Above your limit")
	link, found := above.Find(`#problem a`).Attr("href")
	require.True(t, found, "%s", above.Body)

	propose := support.Get(link).Require(http.StatusOK)
	wrong := support.Submit(propose, `main form[method=post]`, "amount.value", "two").Require(http.StatusUnprocessableEntity)
	require.Contains(t, wrong.Text("main"), "is not an amount in this currency")
	shown := support.Submit(propose, `main form[method=post]`).Require(http.StatusOK)
	code := s.DB.Text(t, "SELECT code FROM proposals WHERE amount = 20000 AND note = 'twice' AND state = 'proposed'")
	path := "/console/proposals/" + code
	require.Equal(t, path, shown.URL.Path)
	require.Zero(t, shown.Find(`main form[action="`+path+`/send"]`).Length())
	require.Equal(t, 1, shown.Find(`main form[action="`+path+`/withdraw"]`).Length())
	support.Post(path+"/send", map[string][]string{"confirm": {"200.00"}}).Require(http.StatusForbidden)

	listed := finance.Get("/console/proposals?state=proposed").Require(http.StatusOK)
	require.Contains(t, listed.Text("main"), "$200.00")
	send := `main form[action="` + path + `/send"]`
	finance.Submit(finance.Get(path), send, "confirm", "20.00").Require(http.StatusUnprocessableEntity)
	require.Zero(t, s.DB.Count(t, "SELECT COUNT(*) FROM refunds"))
	sent := finance.Submit(finance.Get(path), send, "confirm", "200.00").Require(http.StatusOK)
	require.Contains(t, sent.Text("main"), "Sent by")
	s.AwaitStatus(booked.Reference, "partially_refunded")
	require.Len(t, s.Stripe.Refunds(), 1)

	support.Submit(support.Get(link), `main form[method=post]`, "amount.value", "100.00").Require(http.StatusOK)
	other := "/console/proposals/" + s.DB.Text(t, "SELECT code FROM proposals WHERE state = 'proposed'")
	withdrawn := support.Submit(support.Get(other), `main form[action="`+other+`/withdraw"]`, "note", "a mistake").Require(http.StatusOK)
	require.Contains(t, withdrawn.Text("main"), "a mistake")
	arabic := finance.Get(other + "?lang=ar").Require(http.StatusOK)
	require.Contains(t, arabic.Text("main"), "مسحوب")
	s.AwaitQuiet()
	s.RequirePromises()
}

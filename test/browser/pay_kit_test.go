package browser

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"

	"farebook/internal/dev/testkit"
)

// Test cards by their numbers (docs.stripe.com/testing).
const (
	goodCard         = "4242424242424242"
	noFundsCard      = "4000000000009995"
	threeDSecureCard = "4000002500003155"
)

// till is a shop with a payment page.
type till struct{ *testkit.Stack }

// openTill starts one; change may alter it.
func openTill(t *testing.T, change func(*testkit.Options)) till {
	t.Helper()
	options := testkit.Options{PayPage: true}
	if change != nil {
		change(&options)
	}
	return till{testkit.New(t, options)}
}

// held makes a booking and returns it with the path of its payment page. change edits the request, and may be nil.
func (s till) held(change func(map[string]any)) (booked testkit.Booked, path string) {
	s.T.Helper()
	booked = s.Book("held", testkit.BookingBody(change))
	path, ours := strings.CutPrefix(booked.Payment.URL, s.API.URL())
	require.True(s.T, ours, "%s", booked.Payment.URL)
	return booked, path
}

// at opens a payment page in a new tab and waits until the card can be typed in.
func (s till) at(path string) *tab {
	s.T.Helper()
	x := newTab(s.T, s.API.URL())
	// A decline is an answer with 402 of Stripe's, and what cannot be confirmed any more one with 400.
	x.expect(http.StatusPaymentRequired)
	x.expect(http.StatusBadRequest)
	x.expect(http.StatusConflict) // what is paid already has no client secret any more
	require.EqualValues(s.T, http.StatusOK, x.open(path))
	x.ready()
	return x
}

// ready waits for the form of the payment.
func (x *tab) ready() {
	x.t.Helper()
	x.until(func() bool { return glance[bool](x, `!document.getElementById("button").disabled`) }, "has no form to pay with")
}

// typeCard types a card by the keyboard alone, from the link before the form: the card is in a frame of Stripe's.
func (x *tab) typeCard(number string) {
	x.t.Helper()
	x.do("type the card", chromedp.Focus(`nav a`), chromedp.KeyEvent(kb.Tab+number+kb.Tab+"1234"+kb.Tab+"123"))
}

// pay types a card and presses the button with the keyboard.
func (x *tab) pay(number string) {
	x.t.Helper()
	x.typeCard(number)
	x.do("press the button", chromedp.KeyEvent(kb.Tab+kb.Enter))
}

// shows waits until the page shows a state, whatever its address says.
func (x *tab) shows(state string) {
	x.t.Helper()
	x.until(func() bool {
		return glance[bool](x, fmt.Sprintf(`!document.querySelector("#status [data-shows=%s]").hidden`, state))
	}, "does not show %s", state)
}

// charges are the charges of a PaymentIntent at Stripe: those that took money, and all.
func (s till) charges(intent string) (paid, all int) {
	s.T.Helper()
	request, err := http.NewRequestWithContext(s.T.Context(), http.MethodGet,
		s.Stripe.URL()+"/v1/charges?"+url.Values{"payment_intent": {intent}}.Encode(), nil)
	require.NoError(s.T, err)
	request.Header.Set("Authorization", "Bearer "+s.Stripe.Key())
	response, err := http.DefaultClient.Do(request)
	require.NoError(s.T, err)
	defer func() { _ = response.Body.Close() }()
	var list struct{ Data []struct{ Paid bool } }
	require.NoError(s.T, json.NewDecoder(response.Body).Decode(&list))
	for _, charge := range list.Data {
		if charge.Paid {
			paid++
		}
	}
	return paid, len(list.Data)
}

// requirePaidOnce requires one charge at Stripe, one payment in the ledger with the amount of the booking, and these emails.
func (s till) requirePaidOnce(booked testkit.Booked, emails ...string) {
	s.T.Helper()
	s.AwaitStatus(booked.Reference, "confirmed")
	s.AwaitQuiet()
	paid, _ := s.charges(booked.Payment.PaymentIntentID)
	require.Equal(s.T, 1, paid, "charges that took money")
	require.Equal(s.T, 1, s.CreatedPaymentIntents())
	require.Equal(s.T, "payment 45900 USD", s.DB.Text(s.T, `SELECT GROUP_CONCAT(l.type, ' ', e.amount, ' ', e.currency) FROM financial_ledger l
		JOIN ledger_entries e ON e.ledger_id = l.id AND e.side = 'credit' AND e.account = 'liability:unearned_revenue'
		WHERE l.booking_id = (SELECT id FROM bookings WHERE reference = ?)`, booked.Reference))
	s.RequireMails(booked.Reference, emails...)
	s.RequirePromises()
}

// requireNothingPaid requires the same of a booking that was not paid.
func (s till) requireNothingPaid(booked testkit.Booked, emails ...string) {
	s.T.Helper()
	s.AwaitQuiet()
	paid, _ := s.charges(booked.Payment.PaymentIntentID)
	require.Zero(s.T, paid, "charges that took money")
	require.Zero(s.T, s.DB.Count(s.T, "SELECT COUNT(*) FROM financial_ledger"))
	s.RequireMails(booked.Reference, emails...)
	s.RequirePromises()
}

// requireNoTrace requires that neither card nor client secret nor link is in the page, its address, the database's tables or the log.
func (s till) requireNoTrace(x *tab, booked testkit.Booked, card string) {
	s.T.Helper()
	token := booked.Payment.URL[strings.LastIndex(booked.Payment.URL, "/")+1:]
	for _, secret := range []string{card, booked.Payment.ClientSecret} {
		require.NotContains(s.T, ask[string](x, `document.documentElement.outerHTML + location.href`), secret)
		require.NotContains(s.T, s.Logs.String(), secret)
	}
	require.NotContains(s.T, s.Logs.String(), token)
	require.Zero(s.T, s.DB.Count(s.T,
		"SELECT COUNT(*) FROM idempotency_keys WHERE answer_body LIKE '%fpl\\_%' OR answer_body LIKE '%\\_secret\\_%'"))
}

// shortHold lets a minute of a hold pass in a second.
func shortHold(o *testkit.Options) { o.HoldMinute = time.Second }

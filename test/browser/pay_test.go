package browser

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"

	"farebook/access"
	"farebook/internal/dev/testkit"
)

// A traveller pays by the keyboard alone, and is led back to the shop by an address that the shop has registered.
func TestPayByKeyboard(t *testing.T) {
	t.Parallel()
	s := openTill(t, nil)
	client, err := s.DB.Store.Client(t.Context(), "test")
	require.NoError(t, err)
	_, err = s.DB.Store.AddReturnURL(t.Context(), client, "https://shop.example/paid", access.Actor{Name: "test"})
	require.NoError(t, err)
	booked, path := s.held(func(body map[string]any) { body["returnUrl"] = "https://shop.example/paid?order=7" })
	x := s.at(path)
	x.await("$459.00", "Layla Haddad", "EK002", booked.Reference, "Time left:")
	require.Equal(t, "https://shop.example/paid?order=7", ask[string](x, `document.getElementById("return").href`))
	require.Empty(t, x.violations(), "axe-core")
	x.pay(goodCard)
	x.shows("paid")
	require.Empty(t, x.violations(), "axe-core")
	s.requirePaidOnce(booked, "booking_confirmed")
	s.requireNoTrace(x, booked, goodCard)
	x.follow("Receipt")
	x.await("Receipt for your booking", "$459.00", booked.Payment.PaymentIntentID)
	require.Empty(t, x.violations(), "axe-core")
}

func TestPayAfterADecline(t *testing.T) {
	t.Parallel()
	s := openTill(t, nil)
	booked, path := s.held(nil)
	x := s.at(path)
	x.pay(noFundsCard)
	x.shows("declined")
	x.await("the balance does not cover it") // as the books have it, in the words of the email
	s.Eventually(func() bool { return len(s.Mails(booked.Reference)) == 1 }, "no email about the decline")
	require.Contains(t, s.Mails(booked.Reference)[0].Text, "Pay now: "+booked.Payment.URL)
	x.open(path) // as from the email
	x.ready()
	x.await("The payment did not go through")
	x.pay(goodCard)
	x.shows("paid")
	s.requirePaidOnce(booked, "payment_failed", "booking_confirmed")
}

// A further payment is paid for on a page that says what it is for, in place of seats that are held.
func TestPayForABag(t *testing.T) {
	t.Parallel()
	s := openTill(t, nil)
	of := s.BookAndPay("booked", nil)
	body := []byte(`{"amount":{"value":4500,"currency":"USD"},"purpose":"baggage","description":"one bag of 23 kg"}`)
	answer := s.Post("/v1/bookings/"+of.Reference+"/payments", "bag", body)
	require.Equal(t, http.StatusCreated, answer.Status, "%s", answer.Body)
	var bag testkit.Booked
	answer.Into(t, &bag)
	x := s.at(strings.TrimPrefix(bag.Payment.URL, s.API.URL()))
	x.await("Further payment for your booking", "$45.00", "one bag of 23 kg", of.Reference, "You can pay until")
	require.Empty(t, x.violations(), "axe-core")
	x.pay(noFundsCard)
	x.shows("declined")
	x.ready()
	x.pay(goodCard)
	x.shows("paid")
	x.await("Paid: we have received your payment")
	require.Empty(t, x.violations(), "axe-core")
	s.AwaitStatus(bag.Reference, "confirmed")
}

func TestPayWithThreeDSecure(t *testing.T) {
	t.Parallel()
	s := openTill(t, nil)
	booked, path := s.held(nil)
	x := s.at(path)
	x.pay(threeDSecureCard)
	x.press("Fail authentication")
	x.shows("declined")
	require.NotContains(t, x.address(), "secret", "what Stripe adds to the address")
	require.NotContains(t, x.address(), "redirect_status")
	x.ready()
	x.pay(threeDSecureCard)
	x.press("Complete authentication")
	x.shows("paid")
	s.requirePaidOnce(booked, "payment_failed", "booking_confirmed")
	s.requireNoTrace(x, booked, threeDSecureCard)
}

// The address says nothing about the booking: a query string that claims success shows what the books have.
func TestPayStateIsNotTakenFromTheAddress(t *testing.T) {
	t.Parallel()
	s := openTill(t, nil)
	booked, path := s.held(nil)
	x := s.at(path + "?" + url.Values{
		"redirect_status": {"succeeded"}, "payment_intent": {booked.Payment.PaymentIntentID}, "state": {"paid"},
	}.Encode())
	x.shows("open")
	require.Equal(t, path+"?lang=en", ask[string](x, `location.pathname + location.search`))
	s.requireNothingPaid(booked)
}

func TestPayHoldExpiresWhileThePageIsOpen(t *testing.T) {
	t.Parallel()
	s := openTill(t, shortHold)
	booked, path := s.held(func(body map[string]any) { body["holdMinutes"] = 20 }) // seconds
	x := s.at(path)
	x.typeCard(goodCard)
	x.shows("expired")
	x.until(func() bool { return glance[bool](x, `document.getElementById("form").hidden`) }, "still has the form")
	s.AwaitStatus(booked.Reference, "expired")
	s.requireNothingPaid(booked, "hold_expired")
}

func TestPayDoubleClick(t *testing.T) {
	t.Parallel()
	s := openTill(t, nil)
	booked, path := s.held(nil)
	x := s.at(path)
	x.typeCard(goodCard)
	x.do("press twice", chromedp.Evaluate[chromedp.Void](`(() => { const b = document.getElementById("button"); b.click(); b.click(); })()`))
	x.do("press a third time", chromedp.KeyEvent(kb.Tab+kb.Enter))
	x.shows("paid")
	s.requirePaidOnce(booked, "booking_confirmed")
	_, all := s.charges(booked.Payment.PaymentIntentID)
	require.Equal(t, 1, all)
}

// What is paid in one tab is shown by the other; a tab that was not told yet cannot pay again.
func TestPayInTwoTabs(t *testing.T) {
	t.Parallel()
	s := openTill(t, nil)
	booked, path := s.held(nil)
	first, second := s.at(path), s.at(path)
	second.typeCard(goodCard)
	s.Stripe.HoldWebhooks() // Farebook does not know it yet, nor do the tabs
	first.pay(goodCard)
	first.shows("processing")
	second.do("press the button", chromedp.KeyEvent(kb.Tab+kb.Enter))
	second.shows("processing") // Stripe says that it is paid
	s.Stripe.ReleaseWebhooks()
	first.shows("paid")
	second.shows("paid")
	s.requirePaidOnce(booked, "booking_confirmed")
}

// Back from the bank, and back again after the payment.
func TestPayBackButton(t *testing.T) {
	t.Parallel()
	s := openTill(t, nil)
	booked, path := s.held(nil)
	x := s.at(path)
	x.pay(threeDSecureCard)
	x.await("3-D Secure test page")
	x.do("go back", chromedp.NavigateBack())
	x.ready()
	x.pay(goodCard)
	x.shows("paid")
	x.follow("Receipt")
	x.await("Receipt for your booking")
	x.do("go back", chromedp.NavigateBack())
	x.shows("paid")
	require.True(t, ask[bool](x, `document.getElementById("form").hidden`))
	s.requirePaidOnce(booked, "booking_confirmed")
}

func TestPayInArabic(t *testing.T) {
	t.Parallel()
	s := openTill(t, nil)
	booked, path := s.held(func(body map[string]any) {
		body["customer"] = map[string]any{"name": "ليلى حداد", "email": "layla.haddad@canary-mail.example", "locale": "ar"}
	})
	x := s.at(path)
	x.size(phone, 800)
	require.Equal(t, "ar rtl", ask[string](x, `document.documentElement.lang + " " + document.documentElement.dir`))
	x.await("ادفع لتأكيد حجزك", "الوقت المتبقي:")
	var f faults
	x.fits(&f, path)
	require.Empty(t, f.found)
	require.Empty(t, ask[[]string](x, bare), "not kept from left to right")
	require.NotRegexp(t, `[٠-٩]`, x.text(), "digits are Latin, as in emails")
	x.scheme("dark")
	require.Empty(t, x.violations(), "axe-core")
	x.follow("English")
	x.ready()
	x.await("Pay to confirm your booking")
	x.follow("العربية")
	x.ready()
	x.pay(goodCard)
	x.shows("paid")
	x.await("تم الدفع: حجزك مؤكد")
	s.requirePaidOnce(booked, "booking_confirmed")
	x.follow("الإيصال")
	x.await("إيصال حجزك")
	require.Empty(t, ask[[]string](x, bare), "not kept from left to right")
}

// Without script the page says until when the seats are held, in words with the time zone, and what is missing.
func TestPayPageWithoutScript(t *testing.T) {
	t.Parallel()
	s := openTill(t, nil)
	_, path := s.held(nil)
	x := newTab(t, s.API.URL())
	x.withoutScript()
	require.EqualValues(t, http.StatusOK, x.open(path))
	text := x.text()
	require.Contains(t, text, "Your seats are held until")
	require.Contains(t, text, " UTC")
	require.Contains(t, text, "needs JavaScript")
	require.NotContains(t, text, "Time left")
}

func TestPayLinkThatIsCutOrForged(t *testing.T) {
	t.Parallel()
	s := openTill(t, nil)
	_, path := s.held(nil)
	x := newTab(t, s.API.URL())
	x.expect(http.StatusNotFound)
	for _, wrong := range []string{path[:len(path)-3], strings.Replace(path, "fpl_", "fpl_x", 1), "/pay/fpl_"} {
		require.EqualValues(t, http.StatusNotFound, x.open(wrong))
		x.await("This link is not valid")
	}
	require.Empty(t, x.violations(), "axe-core")
}

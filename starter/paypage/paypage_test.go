package paypage_test

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/access"
	"farebook/internal/dev/testkit"
	"farebook/internal/stripeapi"
	"farebook/starter/limit"
	"farebook/starter/paypage"
	"farebook/store"
)

// shop is a stack with a payment page, and a booking.
type shop struct {
	*testkit.Stack
	booked testkit.Booked
}

func open(t *testing.T, change func(map[string]any)) *shop {
	t.Helper()
	s := &shop{Stack: testkit.New(t, testkit.Options{PayPage: true})}
	s.booked = s.Book("booked", testkit.BookingBody(change))
	return s
}

// page is an answer of the payment page.
type page struct {
	status int
	header http.Header
	body   string
}

// ask sends a request to something below the page of the booking. headers are pairs.
func (s *shop) ask(method, below string, headers ...string) page {
	s.T.Helper()
	return request(s.T, method, s.booked.Payment.URL+below, headers...)
}

// request sends one, and again while the page says that the database has not answered in time.
func request(t testing.TB, method, address string, headers ...string) (answer page) {
	t.Helper()
	_, err := testkit.UntilInTime(func() (testkit.Answer, error) {
		answer = requestOnce(t, method, address, headers...)
		return testkit.Answer{Status: answer.status}, nil
	})
	require.NoError(t, err)
	return answer
}

func requestOnce(t testing.TB, method, address string, headers ...string) page {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, address, nil)
	require.NoError(t, err)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	answer, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	return page{answer.StatusCode, answer.Header, string(body)}
}

func (s *shop) state() (state, reason string) {
	s.T.Helper()
	answer := s.ask(http.MethodGet, "/state")
	require.Equal(s.T, http.StatusOK, answer.status, answer.body)
	var body struct{ State, Reason string }
	require.NoError(s.T, json.Unmarshal([]byte(answer.body), &body))
	return body.State, body.Reason
}

func (s *shop) secret() (int, string) {
	s.T.Helper()
	answer := s.ask(http.MethodPost, "/secret", "Sec-Fetch-Site", "same-origin")
	var body struct{ ClientSecret string }
	require.NoError(s.T, json.Unmarshal([]byte(answer.body), &body))
	return answer.status, body.ClientSecret
}

func TestAnswersAreKeptNowhereAndShowNoSecret(t *testing.T) {
	t.Parallel()
	s := open(t, nil)
	for _, below := range []string{"", "/state", "/receipt", "?lang=ar"} {
		answer := s.ask(http.MethodGet, below)
		require.Equal(t, "no-store", answer.header.Get("Cache-Control"))
		require.Equal(t, "no-referrer", answer.header.Get("Referrer-Policy"))
		require.Contains(t, answer.header.Get("Content-Security-Policy"), "frame-ancestors 'none'")
		require.NotContains(t, answer.header.Get("Content-Security-Policy"), "unsafe")
		require.NotContains(t, answer.body, s.booked.Payment.ClientSecret)
		require.NotContains(t, answer.body, "style=", "the policy refuses inline styles")
		require.NotContains(t, answer.body, "layla.haddad@", "the page needs no address")
	}
	status, secret := s.secret()
	require.Equal(t, http.StatusOK, status)
	require.Equal(t, s.booked.Payment.ClientSecret, secret)
	require.Equal(t, "no-store", s.ask(http.MethodPost, "/secret").header.Get("Cache-Control"))
	for _, wrong := range []page{
		s.ask(http.MethodGet, "/secret"),
		s.ask(http.MethodPost, "/secret", "Sec-Fetch-Site", "cross-site"),
		s.ask(http.MethodPost, "/secret", "Origin", "https://evil.example"),
	} {
		require.Contains(t, []int{http.StatusMethodNotAllowed, http.StatusForbidden}, wrong.status)
		require.NotContains(t, wrong.body, "_secret_")
	}
	token := s.booked.Payment.URL[strings.LastIndex(s.booked.Payment.URL, "/")+1:]
	require.Contains(t, s.Logs.String(), "payment page answered")
	require.NotContains(t, s.Logs.String(), token)
	require.NotContains(t, s.Logs.String(), secret)
}

// The page follows the books: declined, processing, paid, refunded.
func TestThePageShowsWhatTheBooksHave(t *testing.T) {
	t.Parallel()
	s := open(t, nil)
	state, _ := s.state()
	require.Equal(t, "open", state)
	require.Equal(t, http.StatusNotFound, s.ask(http.MethodGet, "/receipt").status)
	require.Equal(t, http.StatusPaymentRequired, s.Pay(s.booked.Payment.PaymentIntentID, "pm_card_visa_chargeDeclinedStolenCard"))
	s.Eventually(func() bool { state, _ = s.state(); return state == "declined" }, "not declined")
	_, reason := s.state()
	require.Contains(t, reason, "gave no reason", "whoever uses a stolen card does not learn that it is known")
	s.Stripe.HoldWebhooks()
	require.Equal(t, http.StatusOK, s.Pay(s.booked.Payment.PaymentIntentID, "pm_card_visa"))
	status, secret := s.secret()
	require.Equal(t, http.StatusConflict, status, "it is paid, and the books do not know it yet")
	require.Empty(t, secret)
	s.Stripe.ReleaseWebhooks()
	s.AwaitStatus(s.booked.Reference, "confirmed")
	state, _ = s.state()
	require.Equal(t, "paid", state)
	status, _ = s.secret()
	require.Equal(t, http.StatusConflict, status)
	receipt := s.ask(http.MethodGet, "/receipt")
	require.Equal(t, http.StatusOK, receipt.status)
	require.Contains(t, receipt.body, s.booked.Payment.PaymentIntentID)
	require.Contains(t, receipt.body, "Paid on")
	answer := s.Post("/v1/bookings/"+s.booked.Reference+"/refunds", "all", []byte(`{}`))
	require.Equal(t, http.StatusCreated, answer.Status, "%s", answer.Body)
	s.AwaitStatus(s.booked.Reference, "refunded")
	state, _ = s.state()
	require.Equal(t, "refunded", state)
	require.Contains(t, s.ask(http.MethodGet, "/receipt").body, "Refunded so far")
}

// The page of a further payment says what is paid for, and promises no seats and no booking.
func TestThePageOfAFurtherPaymentSaysWhatItIsFor(t *testing.T) {
	t.Parallel()
	s := &shop{Stack: testkit.New(t, testkit.Options{PayPage: true})}
	of := s.BookAndPay("booked", nil)
	body := []byte(`{"amount":{"value":4500,"currency":"USD"},"purpose":"baggage","description":"one bag of 23 kg"}`)
	answer := s.Post("/v1/bookings/"+of.Reference+"/payments", "bag", body)
	require.Equal(t, http.StatusCreated, answer.Status, "%s", answer.Body)
	answer.Into(t, &s.booked)
	shown := s.ask(http.MethodGet, "")
	require.Equal(t, http.StatusOK, shown.status)
	for _, want := range []string{
		"Further payment for your booking", "Payment for", "one bag of 23 kg", of.Reference, "45.00", "You can pay until",
	} {
		require.Contains(t, shown.body, want)
	}
	require.NotContains(t, shown.body, "seats")
	require.NotContains(t, shown.body, ">"+s.booked.Reference+"<", "the traveller knows the booking's reference")
	require.Contains(t, s.ask(http.MethodGet, "?lang=ar").body, "دفعة إضافية لحجزك")
	require.Equal(t, http.StatusOK, s.Pay(s.booked.Payment.PaymentIntentID, "pm_card_visa"))
	s.AwaitStatus(s.booked.Reference, "confirmed")
	require.Contains(t, s.ask(http.MethodGet, "").body, "Paid: we have received your payment")
	receipt := s.ask(http.MethodGet, "/receipt")
	require.Equal(t, http.StatusOK, receipt.status)
	require.Contains(t, receipt.body, "Receipt for a further payment")
	require.Contains(t, receipt.body, "one bag of 23 kg")
}

func TestALinkEndsAndIsMadeAgain(t *testing.T) {
	t.Parallel()
	s := open(t, nil)
	s.Stripe.Advance(31*time.Minute + 72*time.Hour)
	expired := s.ask(http.MethodGet, "", "Accept-Language", "ar")
	require.Equal(t, http.StatusGone, expired.status)
	require.Contains(t, expired.body, "انتهت صلاحية هذا الرابط")
	require.NotContains(t, expired.body, "Layla")
	require.Equal(t, http.StatusGone, s.ask(http.MethodGet, "/state").status)
	require.Equal(t, http.StatusGone, s.ask(http.MethodPost, "/secret").status)
	answer := s.Post("/v1/bookings/"+s.booked.Reference+"/payment-link", "again", []byte(`{}`))
	require.Equal(t, http.StatusOK, answer.Status, "%s", answer.Body)
	var link struct{ URL string }
	answer.Into(t, &link)
	require.Equal(t, http.StatusOK, request(t, http.MethodGet, link.URL).status)
}

// An address that the shop has taken off its list is led to no more, and one that is not on it is refused.
func TestThePageLeadsBackToRegisteredAddressesOnly(t *testing.T) {
	t.Parallel()
	s := &shop{Stack: testkit.New(t, testkit.Options{PayPage: true})}
	named := func(address string) func(map[string]any) {
		return func(body map[string]any) { body["returnUrl"] = address }
	}
	client, err := s.DB.Store.Client(t.Context(), "test")
	require.NoError(t, err)
	by := access.Actor{Name: "test"}
	_, err = s.DB.Store.AddReturnURL(t.Context(), client, "https://shop.example/paid", by)
	require.NoError(t, err)
	for _, wrong := range []string{
		"https://evil.example/paid", "https://shop.example/paid/more", "https://shop.example.evil.example/paid", "https://shop.example/",
		"javascript:alert(1)", "http://shop.example/paid",
	} {
		answer := s.Post("/v1/bookings", "wrong "+wrong, testkit.BookingBody(named(wrong)))
		require.Equal(t, http.StatusUnprocessableEntity, answer.Status, wrong)
		require.Contains(t, string(answer.Body), "body.returnUrl")
	}
	require.Zero(t, s.DB.Count(t, "SELECT COUNT(*) FROM bookings"))
	s.booked = s.Book("booked", testkit.BookingBody(named("https://shop.example/paid?order=7&x=%22%3E")))
	require.Contains(t, s.ask(http.MethodGet, "").body, `href="https://shop.example/paid?order=7&amp;x=%22%3E"`)
	_, err = s.DB.Store.RemoveReturnURL(t.Context(), client, "https://shop.example/paid", by)
	require.NoError(t, err)
	require.NotContains(t, s.ask(http.MethodGet, "").body, "shop.example")
}

// limited is the payment page of the stack with other limits and another log.
func (s *shop) limited(limits paypage.Limits, log slog.Handler) http.Handler {
	s.T.Helper()
	pages, err := paypage.New(paypage.Deps{
		Store: s.DB.Store, Links: s.Config.PayLinks(), PublishableKey: testkit.PublishableKey, ScriptURL: s.Config.Pay.ScriptURL,
		Stripe: stripeapi.New(s.Config.StripeAPI(slog.New(slog.DiscardHandler))), Log: slog.New(log), Limits: limits,
	})
	require.NoError(s.T, err)
	return pages
}

func TestTheClientSecretIsLimited(t *testing.T) {
	t.Parallel()
	s := open(t, nil)
	other := &shop{Stack: s.Stack, booked: s.Book("other", testkit.BookingBody(nil))}
	web := httptest.NewServer(s.limited(paypage.Limits{
		SecretsOfBooking: limit.Rate{PerSecond: 1.0 / 3600, Burst: 2}, SecretsOfAddress: limit.Rate{PerSecond: 1.0 / 3600, Burst: 4},
	}, slog.DiscardHandler))
	t.Cleanup(web.Close)
	secret := func(b testkit.Booked) int {
		answer := request(t, http.MethodPost, strings.Replace(b.Payment.URL, s.API.URL(), web.URL, 1)+"/secret")
		if answer.status == http.StatusTooManyRequests {
			require.NotEmpty(t, answer.header.Get("Retry-After"))
		}
		return answer.status
	}
	require.Equal(t, []int{200, 200, 429}, []int{secret(s.booked), secret(s.booked), secret(s.booked)}, "of a booking")
	require.Equal(t, []int{200, 429}, []int{secret(other.booked), secret(other.booked)}, "of an address")
}

// A request that is refused before a page sees it is logged with its route, and never with its path, which has the token.
func TestARefusedRequestIsLoggedWithItsRoute(t *testing.T) {
	t.Parallel()
	s := open(t, nil)
	var logged bytes.Buffer
	pages := s.limited(paypage.Limits{Requests: limit.Rate{PerSecond: 1.0 / 3600, Burst: 1}}, slog.NewTextHandler(&logged, nil))
	path := strings.TrimPrefix(s.booked.Payment.URL, s.API.URL())
	for _, status := range []int{http.StatusOK, http.StatusTooManyRequests} {
		logged.Reset()
		answer := httptest.NewRecorder()
		pages.ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
		require.Equal(t, status, answer.Code)
		require.Contains(t, logged.String(), `route="GET /pay/{token}" status=`+strconv.Itoa(status))
		require.NotContains(t, logged.String(), path)
	}
}

// While a fence is up, no money moves: the page shows the booking and gives no client secret.
func TestAFenceStopsThePayment(t *testing.T) {
	t.Parallel()
	s := open(t, nil)
	_, _, err := s.DB.Store.RaiseFence(t.Context(), store.NewFence{Reason: "a drill", Now: s.DB.Store.Now()})
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, s.ask(http.MethodGet, "").status)
	answer := s.ask(http.MethodPost, "/secret")
	require.Equal(t, http.StatusServiceUnavailable, answer.status)
	require.NotContains(t, answer.body, "_secret_")
}

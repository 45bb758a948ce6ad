package api_test

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/access"
	"farebook/booking"
	"farebook/internal/dev/testdb"
	"farebook/internal/paylink"
	"farebook/starter/api"
)

// register puts an address on the list of the client of the tests.
func (s *server) register(address string) {
	s.t.Helper()
	client, err := s.db.Store.Client(s.t.Context(), "test")
	require.NoError(s.t, err)
	_, err = s.db.Store.AddReturnURL(s.t.Context(), client, address, access.Actor{Name: "test"})
	require.NoError(s.t, err)
}

// entries counts the entries of an action in the audit log.
func (s *server) entries(action string) int {
	s.t.Helper()
	return s.db.Count(s.t, "SELECT COUNT(*) FROM audit_log WHERE action = ?", action)
}

// payLinks makes links as an installation with a payment page does.
func payLinks(t *testing.T) *paylink.Links {
	t.Helper()
	keys, err := paylink.ParseKeys("test:" + base64.StdEncoding.EncodeToString([]byte(strings.Repeat("k", 32))))
	require.NoError(t, err)
	return &paylink.Links{URL: "https://pay.example", Readable: time.Hour, Keys: func() []paylink.Key { return keys }}
}

func TestAPaymentLinkIsMadeAgainAndStoredNowhere(t *testing.T) {
	t.Parallel()
	links := payLinks(t)
	away := withoutTemporal(t)
	s := serve(t, func(db *testdb.DB, deps *api.Deps) { away(db, deps); deps.PayLinks = links })
	s.book([]byte(validBody()))
	reference := s.db.Text(t, "SELECT reference FROM bookings")
	var first, second, other struct {
		Reference, URL string
		ExpiresAt      time.Time
	}
	path := "/v1/bookings/" + reference + "/payment-link"
	s.act(http.StatusOK, path, "", "link", &first)
	s.db.Clock.Advance(10 * time.Minute)
	replayed := s.act(http.StatusOK, path, "{}", "link", &second)
	require.Equal(t, "true", replayed.header.Get("Idempotent-Replayed"))
	require.Equal(t, first, second, "the same key has the same link")
	claimed, err := links.Claim(strings.TrimPrefix(first.URL, "https://pay.example/pay/"), s.db.Store.Now())
	require.NoError(t, err)
	require.Equal(t, booking.Reference(reference), claimed)
	s.db.Clock.Advance(2 * time.Hour)
	s.act(http.StatusOK, path, "", "another", &other)
	require.WithinDuration(t, s.db.Store.Now().Add(time.Hour), other.ExpiresAt, time.Minute, "after the hold, from now on")
	require.Equal(t, 2, s.entries("booking.payment-link"))
	for table, column := range map[string]string{"idempotency_keys": "answer_body", "audit_log": "CONCAT(subject, detail)"} {
		require.Zero(t, s.db.Count(t, "SELECT COUNT(*) FROM "+table+" WHERE "+column+" LIKE '%fpl\\_%'"), table)
	}
	require.Equal(t, http.StatusUnprocessableEntity, s.do(http.MethodPost, path, []byte(`{"days":3}`)).status)
	s.token = s.db.NewKey(t, "another shop")
	require.Equal(t, http.StatusNotFound, s.do(http.MethodPost, path, []byte(`{}`)).status, "of another client")
}

// The list has the link of each booking that is still to be paid, the same as the booking has.
func TestBookingsThatAreToBePaidAreListedWithTheirLinks(t *testing.T) {
	t.Parallel()
	away := withoutTemporal(t)
	s := serve(t, func(db *testdb.DB, deps *api.Deps) { away(db, deps); deps.PayLinks = payLinks(t) })
	s.book([]byte(validBody()))
	url := func() string {
		var list struct {
			Bookings []struct{ Payment struct{ URL string } }
		}
		got := s.do(http.MethodGet, "/v1/bookings", nil)
		require.Equal(t, http.StatusOK, got.status, "%s", got.body)
		require.NoError(t, json.Unmarshal(got.body, &list))
		require.Len(t, list.Bookings, 1)
		return list.Bookings[0].Payment.URL
	}
	require.Empty(t, url(), "there is no PaymentIntent yet")
	reference := booking.Reference(s.db.Text(t, "SELECT reference FROM bookings"))
	require.NoError(t, s.db.Store.RecordPaymentIntent(t.Context(), reference, booking.PaymentSnapshot{
		PaymentIntentID: "pi_listed", StripeStatus: "requires_payment_method", Reference: reference, Amount: 45900, Currency: "USD",
	}, false))
	var shown struct{ Payment struct{ URL string } }
	require.NoError(t, json.Unmarshal(s.do(http.MethodGet, "/v1/bookings/"+string(reference), nil).body, &shown))
	require.NotEmpty(t, shown.Payment.URL)
	require.Equal(t, shown.Payment.URL, url())
	s.db.Exec(t, "UPDATE bookings SET status = 'confirmed'")
	require.Empty(t, url(), "it is paid")
}

func TestWithoutAPaymentPageThereIsNoLink(t *testing.T) {
	t.Parallel()
	s := serve(t, withoutTemporal(t))
	s.book([]byte(validBody()))
	path := "/v1/bookings/" + s.db.Text(t, "SELECT reference FROM bookings") + "/payment-link"
	refused := s.do(http.MethodPost, path, []byte(`{}`))
	require.Equal(t, http.StatusConflict, refused.status)
	require.Contains(t, refused.problem(t).Detail, "PAY_URL")
	require.Zero(t, s.entries("booking.payment-link"))
}

func TestReturnURLsAreRegisteredByAdministrators(t *testing.T) {
	t.Parallel()
	s := serve(t, withoutTemporal(t))
	admin := s.asAdmin()
	client, err := s.db.Store.Client(t.Context(), "test")
	require.NoError(t, err)
	path := "/v1/clients/" + client.ClientID + "/return-urls"
	listed := func() string {
		answer := admin.do(http.MethodGet, path, nil)
		require.Equal(t, http.StatusOK, answer.status)
		return string(answer.body)
	}
	for _, wrong := range []string{`{"url":"http://shop.example/paid"}`, `{"url":"https://shop.example/paid?order=1"}`, `{"url":1}`, `{}`} {
		require.Equal(t, http.StatusUnprocessableEntity, admin.do(http.MethodPost, path, []byte(wrong)).status, wrong)
	}
	for range 2 {
		answer := admin.do(http.MethodPost, path, []byte(`{"url":"https://Shop.example/paid"}`))
		require.Equal(t, http.StatusOK, answer.status, "%s", answer.body)
	}
	require.Equal(t, 1, s.entries("client.return-url-add"), "a repetition changes nothing")
	require.Contains(t, listed(), `"https://shop.example/paid"`)
	require.Equal(t, http.StatusNotFound, admin.do(http.MethodPost, path+"/remove", []byte(`{"url":"https://shop.example/other"}`)).status)
	for range 2 {
		require.Equal(t, http.StatusOK, admin.do(http.MethodPost, path+"/remove", []byte(`{"url":"https://shop.example/paid"}`)).status)
	}
	require.Equal(t, 1, s.entries("client.return-url-remove"))
	require.NotContains(t, listed(), "shop.example")
	for at := range 20 {
		s.register("https://shop.example/" + strings.Repeat("a", at+1))
	}
	full := admin.do(http.MethodPost, path, []byte(`{"url":"https://shop.example/one-more"}`))
	require.Equal(t, http.StatusConflict, full.status)
	require.Contains(t, full.problem(t).Detail, "20 return URLs")
}

package metrics_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/booking"
	"farebook/internal/metrics"
	"farebook/money"
	"farebook/notice"
	"farebook/reconciliation"
	"farebook/store/gauges"
)

func scraped(t *testing.T, r *metrics.Registry) string {
	t.Helper()
	answer := httptest.NewRecorder()
	r.Handler().ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	require.Equal(t, http.StatusOK, answer.Code)
	return answer.Body.String()
}

// Whatever Stripe or a caller sends, the number of series stays bounded, and nothing of it is in a label.
func TestValuesOutsideTheClosedSetBecomeOther(t *testing.T) {
	t.Parallel()
	r := metrics.NewRegistry()
	stripe, bookings, emails, http := r.Stripe(), r.Bookings(), r.Emails(), r.HTTP([]string{"POST /v1/bookings"})
	for _, id := range []string{"canary1", "canary2"} {
		stripe.Called("POST /v1/payment_intents/{id}/cancel", 200, time.Millisecond)
		stripe.Called("POST /v1/"+id, 299, time.Millisecond)
		bookings.PaymentDeclined(id)
		bookings.BookingEntered(booking.Status(id))
		bookings.MoneyCaptured(money.Money{Value: 500, Currency: money.Currency(id)})
		emails.Failed(notice.Kind(id))
		http.Answered("GET /"+id, 299, time.Millisecond)
		http.Limited(id)
	}
	text := scraped(t, r)
	require.NotContains(t, text, "canary")
	for _, line := range []string{
		`farebook_stripe_request_duration_seconds_count{endpoint="POST /v1/payment_intents/{id}/cancel",status="200"} 2`,
		`farebook_stripe_request_duration_seconds_count{endpoint="other",status="other"} 2`,
		`farebook_payment_declines_total{code="other"} 2`,
		`farebook_bookings_total{status="other"} 2`,
		`farebook_captured_minor_units_total{currency="other"} 1000`,
		`farebook_emails_total{kind="other",outcome="failed"} 2`,
		`farebook_http_request_duration_seconds_count{route="other",status="other"} 2`,
		`farebook_http_limited_requests_total{limit="other"} 2`,
	} {
		require.Contains(t, text, line+"\n")
	}
}

// A rate over a series that appears with its first event misses that event.
func TestBookingsBeginAtZero(t *testing.T) {
	t.Parallel()
	r := metrics.NewRegistry()
	r.Bookings()
	text := scraped(t, r)
	for status := range booking.BookingTransitions {
		require.Contains(t, text, `farebook_bookings_total{status="`+string(status)+`"} 0`)
	}
}

// Commands expose no metrics, and count nothing.
func TestNilCountsNothing(t *testing.T) {
	t.Parallel()
	var emails *metrics.Emails
	var http *metrics.HTTP
	emails.Sent(notice.Confirmed, time.Second)
	emails.Failed(notice.Confirmed)
	emails.Retried(notice.Confirmed)
	http.Answered("", 0, 0)
	http.Key("first")
	http.Limited("reads")
	http.Webhook("stored")
	http.ClientSecret(0)
}

// After a failed reading the last values stay, ages grow, and the failure shows: an alert must not clear because the database is away.
func TestBooksKeepTheirLastReading(t *testing.T) {
	t.Parallel()
	now := time.Date(2027, 3, 1, 12, 0, 0, 0, time.UTC)
	var failure error
	read := func(context.Context) (gauges.Reading, error) {
		return gauges.Reading{
			Emails:             []gauges.Open{{State: "queued", Count: 3, Oldest: now.Add(-time.Minute)}},
			Attention:          []gauges.Open{{State: "newer", Count: 1}, {State: "newest", Count: 2}},
			Imbalance:          map[money.Currency]int64{"USD": -5, "XXX": 1, "XXY": 1},
			Findings:           map[reconciliation.Class]int64{reconciliation.Duplicate: 4},
			LastReconciliation: now.Add(-time.Hour),
		}, failure
	}
	r, clock := metrics.NewRegistry(), now
	fresh := r.Books(read, func() time.Time { return clock }, slog.New(slog.DiscardHandler))
	text := scraped(t, r)
	for _, line := range []string{
		"farebook_books_read_success 1",
		`farebook_books_outbox_emails{state="queued"} 3`,
		`farebook_books_outbox_emails_oldest_age_seconds{state="queued"} 60`,
		`farebook_books_attention_items{kind="other"} 3`,
		`farebook_books_ledger_imbalance_minor_units{currency="USD"} -5`,
		`farebook_books_ledger_imbalance_minor_units{currency="other"} 2`,
		`farebook_books_findings_open{class="duplicate"} 4`,
		"farebook_books_reconciliation_age_seconds 3600",
	} {
		require.Contains(t, text, line+"\n")
	}
	require.NotContains(t, text, "farebook_books_seal_age_seconds ", "there is no seal yet")
	failure, clock = errors.New("the database is away"), now.Add(time.Minute)
	fresh()
	text = scraped(t, r)
	require.Contains(t, text, "farebook_books_read_success 0\n")
	require.Contains(t, text, `farebook_books_outbox_emails_oldest_age_seconds{state="queued"} 120`)
}

func TestNamesAreWellFormed(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, d := range metrics.Definitions() {
		require.True(t, strings.HasPrefix(d.Name, "farebook_"), d.Name)
		require.False(t, seen[d.Name], "%s is defined twice", d.Name)
		seen[d.Name] = true
		require.Equal(t, d.Kind == metrics.KindCounter, strings.HasSuffix(d.Name, "_total"), "%s: counters end in _total", d.Name)
		require.Equal(t, d.Kind == metrics.KindHistogram, strings.HasSuffix(d.Name, "_seconds") && d.Kind != metrics.KindGauge, d.Name)
		require.NotEmpty(t, d.Processes, d.Name)
		require.True(t, strings.HasSuffix(d.Help, "."), "%s: the help is a sentence", d.Name)
		for _, label := range d.Labels {
			require.NotEmpty(t, label.Describe(), "%s, %s", d.Name, label.Name)
		}
	}
}

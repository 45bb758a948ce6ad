package console_test

import (
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/stretchr/testify/require"

	"farebook/access"
	"farebook/internal/dev/consolekit"
)

// The first page has today's figures, each of which leads to the list of what it counts, and the same money as a chart and as a table.
func TestOverviewShowsTheDay(t *testing.T) {
	t.Parallel()
	p := plant(consolekit.New(t, nil))
	reference := p.disputed("dp_1", p.DB.Store.Now().AddDate(0, 0, 5)).Reference
	p.matter("refund_failed", reference)
	p.event("evt_1", "{}")
	viewer := p.As(access.Viewer)
	shown := viewer.Get("/console/").Require(http.StatusOK)
	main := shown.Text("main")
	require.Contains(t, main, "100 %")
	require.Contains(t, main, "$459.00")
	require.Contains(t, main, "4 days left")
	require.Equal(t, 1, shown.Find(`a[href="/console/disputes/dp_1"]`).Length())
	require.Equal(t, "1", shown.Text(`a[href="/console/attention?kind=refund_failed"]`))
	require.Equal(t, "1", shown.Text(`a[href="/console/events?state=failed"]`))
	require.NotZero(t, shown.Find(`tr:contains("Bookings") a[href^="/console/bookings?from="]`).Length())

	for _, attribute := range []struct{ selector, name string }{{"img.chart", "src"}, {"picture source", "srcset"}} {
		at, found := shown.Find(attribute.selector).Attr(attribute.name)
		require.True(t, found)
		chart := viewer.Get(at).Require(http.StatusOK)
		require.Equal(t, "image/svg+xml", chart.Header.Get("Content-Type"))
		require.NotContains(t, chart.Body, "<script")
		requireXML(t, chart.Body)
		require.Contains(t, chart.Body, "Captured")
		require.Contains(t, chart.Body, p.DB.Store.Now().Format("01-02"))
	}
	require.NotEmpty(t, shown.Find("img.chart").AttrOr("alt", ""))
	require.Equal(t, 14, shown.Find(`caption:contains("Money in USD")`).Parent().Find("tbody tr").Length())
	viewer.Get("/console/overview/money.svg?currency=nonsense").Require(http.StatusNotFound)
}

func requireXML(t *testing.T, text string) {
	t.Helper()
	decoder := xml.NewDecoder(strings.NewReader(text))
	for {
		_, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return
		}
		require.NoError(t, err)
	}
}

// In Arabic, the page is written from right to left, and the chart is the same image with Arabic words: it is not mirrored.
func TestOverviewInArabic(t *testing.T) {
	t.Parallel()
	p := plant(consolekit.New(t, nil))
	p.paid()
	viewer := p.As(access.Viewer)
	viewer.Language = "ar"
	shown := viewer.Get("/console/").Require(http.StatusOK)
	require.Equal(t, "rtl", shown.Find("html").AttrOr("dir", ""))
	require.NotContains(t, shown.Text("main"), "overview.")
	chart := viewer.Get(shown.Find("img.chart").AttrOr("src", "")).Require(http.StatusOK)
	require.Contains(t, chart.Body, "المحصّل")
	require.NotContains(t, chart.Body, "scale(-1")
}

// Days begin in the time zone of the browser's choice: a booking of now is one of today there, whatever the date is in UTC.
func TestOverviewHasTheDaysOfTheChosenZone(t *testing.T) {
	t.Parallel()
	p := plant(consolekit.New(t, nil))
	p.paid()
	now, name := p.DB.Store.Now(), "Pacific/Pago_Pago" // 11 hours behind UTC
	if now.Hour() >= 11 {
		name = "Pacific/Kiritimati" // 14 hours ahead of it
	}
	zone, err := time.LoadLocation(name)
	require.NoError(t, err)
	require.NotEqual(t, now.Day(), now.In(zone).Day())
	viewer := p.As(access.Viewer)
	for path, date := range map[string]string{
		"/console/?tz=UTC": now.Format(time.DateOnly), "/console/?tz=" + name: now.In(zone).Format(time.DateOnly),
	} {
		days := viewer.Get(path).Require(http.StatusOK).Find(`caption:contains("Money in USD")`).Parent().Find("tbody tr")
		require.Contains(t, strings.Join(strings.Fields(days.Last().Text()), " "), date+"11$459.00")
	}
}

// Each number of the overview leads to a list with as many rows, and each amount to rows only if it is not zero.
func TestEachNumberLeadsToWhatItCounts(t *testing.T) {
	t.Parallel()
	p := plant(consolekit.New(t, nil))
	for range 5 {
		p.paid()
	}
	p.DB.Exec(t, `UPDATE payments SET amount_captured = 0, status = 'pending', decline_code = IF(booking_id = 1, 'do_not_honor', 'insufficient_funds')
		WHERE booking_id <= 3`)
	p.DB.Exec(t, "UPDATE payments SET decline_code = 'do_not_honor' WHERE booking_id = 4") // paid by a later attempt
	for id, status := range map[string]string{"RF-1": "failed", "RF-2": "canceled", "RF-3": "succeeded", "RF-4": "pending"} {
		p.DB.Exec(t, `INSERT INTO refunds (refund_id, booking_id, stripe_payment_intent_id, origin, amount, currency, reason, status, correlation_id,
			created_at, updated_at) VALUES (?, 5, 'pi_5', 'request', 100, 'USD', 'duplicate', ?, 'c', UTC_TIMESTAMP(6), UTC_TIMESTAMP(6))`, id, status)
	}
	p.matter("refund_failed", "")
	p.event("evt_1", "{}")
	finance := p.As(access.Finance)
	shown := finance.Get("/console/").Require(http.StatusOK)
	rows := func(href string) int {
		return finance.Get(href).Require(http.StatusOK).Find("main tbody tr").Length()
	}
	counted := map[int]int{}
	shown.Find("main td a").Each(func(_ int, link *goquery.Selection) {
		href, text := link.AttrOr("href", ""), strings.TrimSpace(link.Text())
		count, err := strconv.Atoi(text)
		switch {
		case err == nil && !strings.HasPrefix(href, "/console/disputes/"):
			counted[count]++
			require.Equal(t, count, rows(href), href)
		case strings.HasPrefix(text, "$") && strings.Contains(href, "from="):
			require.Equal(t, text != "$0.00", rows(href) > 0, "%s: %s", text, href)
		}
	})
	for _, count := range []int{0, 1, 2, 4, 5} { // declines, failed refunds and paid bookings, refunds, bookings
		require.NotZero(t, counted[count], "no number is %d: %v", count, counted)
	}
	require.Equal(t, 1, shown.Find(`a[href="/console/books/statements/asset:stripe_clearing?currency=USD"]`).Length())
	require.Zero(t, p.As(access.Viewer).Get("/console/").Find(`a[href^="/console/books"]`).Length())
}

// Stripe is asked where a button says so. Without an answer, the page says so and has what the last reconciliation left.
func TestClearingBesideStripeNow(t *testing.T) {
	t.Parallel()
	p := plant(consolekit.New(t, nil))
	p.paid()
	viewer := p.As(access.Viewer)
	at := viewer.Get("/console/").Require(http.StatusOK).Find("#clearing a").AttrOr("href", "")
	shown := viewer.Get(at).Require(http.StatusOK)
	require.Contains(t, shown.Text("main"), "Stripe could not be asked")
	require.Contains(t, shown.Text("main"), "$459.00")
}

// A chart has the days of the overview that shows it, without reading them again.
func TestAChartHasTheDaysOfItsPage(t *testing.T) {
	t.Parallel()
	p := plant(consolekit.New(t, nil))
	p.paid()
	viewer := p.As(access.Viewer)
	at := viewer.Get("/console/").Find("img.chart").AttrOr("src", "")
	drawn := viewer.Get(at).Require(http.StatusOK).Body
	p.DB.Exec(t, "UPDATE payments SET amount_captured = 1")
	require.Equal(t, drawn, viewer.Get(at).Body, "the same figures as in the table beside it")
	require.NotEqual(t, drawn, viewer.Get(strings.Replace(at, "at=", "at=1", 1)).Body, "an overview that nobody has shown is read")
	stranger := p.Stranger().Get(at)
	require.Contains(t, stranger.URL.Path, "/signin")
}

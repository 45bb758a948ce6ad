package console_test

import (
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

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

package overview

import (
	"fmt"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/go-analyze/charts"

	"farebook/access"
	"farebook/money"
	"farebook/starter/console/caller"
	"farebook/starter/console/page"
)

const (
	chartWidth  = 960
	chartHeight = 300
)

// chart draws what was captured and refunded a day in one currency. The image is the same in every direction of writing.
func chart(r *page.Request, w http.ResponseWriter, shown *recentDays) error {
	currency, err := money.ParseCurrency(r.Q("currency"))
	if err != nil {
		return caller.Missing()
	}
	days, err := daysOf(r, shown)
	if err != nil {
		return err
	}
	image, err := draw(days, currency, []string{r.T("overview.captured"), r.T("overview.refunded")}, r.Q("scheme") == "dark")
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "image/svg+xml")
	// The library writes the style of each element into it; the image can load nothing and has no script.
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'")
	_, _ = w.Write(image) // the browser may have gone
	return nil
}

// daysOf are the days of the overview that has the chart. Those of one that was shown a while ago, or by another process, are read again.
func daysOf(r *page.Request, shown *recentDays) ([]day, error) {
	at, err := strconv.ParseInt(r.Q("at"), 10, 64)
	if err == nil && r.Person.May(access.OperationsRead) {
		if days := shown.find(r.Zone.String(), time.UnixMicro(at)); days != nil {
			return days, nil
		}
	}
	var found struct{ Days []day }
	err = r.API.Get(r.Context(), "/v1/overview/days", url.Values{"zone": {r.Zone.String()}}, &found)
	return found.Days, err
}

func draw(days []day, currency money.Currency, names []string, dark bool) ([]byte, error) {
	values, dates := [][]float64{make([]float64, len(days)), make([]float64, len(days))}, make([]string, len(days))
	unit := math.Pow10(currency.Digits())
	for i, d := range days {
		t := d.of(currency)
		// The heights of bars are no amounts: the table beside the chart has those.
		values[0][i], values[1][i] = float64(t.Captured.Value)/unit, float64(t.Refunded.Value)/unit
		dates[i] = d.Date[len("2006-"):]
	}
	theme := charts.GetTheme(charts.ThemeLight).WithBackgroundColor(charts.ColorWhite)
	if dark {
		theme = charts.GetTheme(charts.ThemeDark).WithBackgroundColor(charts.ColorRGB(0x16, 0x1b, 0x21)) // --paper of the stylesheet
	}
	option := charts.NewBarChartOptionWithData(values)
	option.Theme = theme
	option.CategoryAxis.Labels = dates
	option.CategoryAxis.LabelCount = len(dates)
	option.Legend.SeriesNames = names
	painter := charts.NewPainter(charts.PainterOptions{OutputFormat: charts.ChartOutputSVG, Width: chartWidth, Height: chartHeight})
	if err := painter.BarChart(option); err != nil {
		return nil, fmt.Errorf("draw the money of the last days: %w", err)
	}
	return painter.Bytes()
}

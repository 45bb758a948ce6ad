// Package overview is the first page of the console: today beside last week, what is due, the money of 14 days as a chart and a table, and
// what is open. It imports access, money, caller and page of the console, and the library that draws the chart.
package overview

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/a-h/templ"

	"farebook/access"
	"farebook/money"
	"farebook/starter/console/page"
)

// moneyPath is where the chart is, and clearingPath has Stripe's balance beside the books.
const (
	moneyPath    = page.Root + "/overview/money.svg"
	clearingPath = page.Root + "/overview/clearing"
)

// Routes adds the page, its chart, and the question to Stripe.
func Routes(site *page.Site) {
	shownDays := &recentDays{}
	site.Nav(10, "overview.title", page.Home, access.OperationsRead)
	site.Get(page.Home, func(r *page.Request) (templ.Component, error) { return show(r, shownDays) })
	site.Get(clearingPath, showClearing)
	site.Download(moneyPath, func(r *page.Request, w http.ResponseWriter) error { return chart(r, w, shownDays) })
}

// overview is what the page shows of GET /v1/overview.
type overview struct {
	At                         time.Time
	Today, WeekAgo             day
	Days                       []day
	DisputesDue                []dispute
	EvidenceDrafts             []evidenceDraft
	Clearing                   []clearing
	Reconciliation             *reconciliation
	Inbox, Outgoing, Attention []open
}

type day struct {
	Date                                   string
	From, To                               time.Time
	Bookings, Paid, Refunds, FailedRefunds int64
	Declines                               []decline
	Money                                  []taken
	Capped                                 bool
}

type decline struct {
	Code  string
	Count int64
}

type taken struct{ Captured, Refunded money.Money }

type dispute struct {
	ID, Reference, Reason string
	Amount                money.Money
	DueBy                 time.Time
}

// evidenceDraft is evidence that somebody prepares.
type evidenceDraft struct {
	DisputeID, Reference, State, Reason, EditedBy string
	DueBy                                         *time.Time
	EditedAt                                      time.Time
	Refused                                       bool
}

type clearing struct {
	Books       money.Money
	Unexplained *money.Money
}

type reconciliation struct {
	CorrelationID string
	CompletedAt   time.Time
	Open          int64
}

type open struct {
	State  string
	Count  int64
	Oldest *time.Time
}

// clearingNow is what the page shows of GET /v1/overview/clearing.
type clearingNow struct {
	At             time.Time
	Answered       bool
	Failure        string
	Currencies     []clearingBeside
	Waiting        open
	Reconciliation *reconciliation
}

type clearingBeside struct {
	Books, Underway, Unposted              money.Money
	Stripe, Difference, Noted, Unexplained *money.Money
}

func showClearing(r *page.Request) (templ.Component, error) {
	var c clearingNow
	if err := r.API.Get(r.Context(), "/v1/overview/clearing", nil, &c); err != nil {
		return nil, err
	}
	return r.Page(r.T("overview.clearingNow"), clearingPage(r, c)), nil
}

func show(r *page.Request, days *recentDays) (templ.Component, error) {
	var o overview
	if err := r.API.Get(r.Context(), "/v1/overview", url.Values{"zone": {r.Zone.String()}}, &o); err != nil {
		return nil, err
	}
	days.keep(r.Zone.String(), o.At, o.Days)
	return r.Page(r.T("overview.title"), overviewPage(r, o)), nil
}

// of is the money of a day in one currency.
func (d day) of(currency money.Currency) taken {
	for _, t := range d.Money {
		if t.Captured.Currency == currency {
			return t
		}
	}
	return taken{money.Money{Currency: currency}, money.Money{Currency: currency}}
}

// declined counts the bookings of a day with a decline code.
func (d day) declined(code string) int64 {
	for _, one := range d.Declines {
		if one.Code == code {
			return one.Count
		}
	}
	return 0
}

// share is the paid share of a day's bookings; empty for a day without one.
func (d day) share() string {
	if d.Bookings == 0 {
		return ""
	}
	return strconv.FormatInt((200*d.Paid+d.Bookings)/(2*d.Bookings), 10) + " %"
}

// list is the list of what was made on a day, narrowed by further filters: names and values in pairs.
func (d day) list(path string, filters ...string) string {
	query := url.Values{"from": {d.From.UTC().Format(time.RFC3339Nano)}, "to": {d.To.UTC().Format(time.RFC3339Nano)}}
	for i := 0; i+1 < len(filters); i += 2 {
		query.Set(filters[i], filters[i+1])
	}
	return path + "?" + query.Encode()
}

// paid narrows a list of bookings to those whose payment was captured.
var paid = []string{"paid", "yes"}

// captured lists the bookings whose captured amounts are a day's in a currency, and refunded its refunds without those that failed.
func (d day) captured(currency money.Currency) string {
	return d.list(bookingsPath, "paid", "yes", "currency", string(currency))
}

func (d day) refunded(currency money.Currency) string {
	return d.list(refundsPath, "failed", "no", "currency", string(currency))
}

// lists of other groups of pages that numbers link to.
const (
	bookingsPath        = page.Root + "/bookings"
	refundsPath         = page.Root + "/refunds"
	disputesPath        = page.Root + "/disputes"
	eventsPath          = page.Root + "/events"
	emailsPath          = page.Root + "/emails"
	attentionPath       = page.Root + "/attention"
	reconciliationsPath = page.Root + "/reconciliations"
	clearingStatement   = page.Root + "/books/statements/asset:stripe_clearing"
)

// codes are the decline codes of either day, those of today first.
func (o overview) codes() (codes []string) {
	for _, one := range append(append([]decline{}, o.Today.Declines...), o.WeekAgo.Declines...) {
		if !slices.Contains(codes, one.Code) {
			codes = append(codes, one.Code)
		}
	}
	return codes
}

// currencies are those in which money moved on one of the days.
func currencies(days ...day) (found []money.Currency) {
	for _, d := range days {
		for _, t := range d.Money {
			if !slices.Contains(found, t.Captured.Currency) {
				found = append(found, t.Captured.Currency)
			}
		}
	}
	return found
}

// capped reports whether a day has more than was counted.
func (o overview) capped() bool {
	for _, d := range append(o.Days, o.WeekAgo) {
		if d.Capped {
			return true
		}
	}
	return false
}

// age is how long a duration is, in its largest unit.
func age(r *page.Request, d time.Duration) string {
	switch {
	case d < time.Hour:
		return r.T("overview.age.minutes", "Count", int(d/time.Minute))
	case d < 48*time.Hour:
		return r.T("overview.age.hours", "Count", int(d/time.Hour))
	}
	return r.T("overview.age.days", "Count", int(d/(24*time.Hour)))
}

// left is how much time is left until a deadline.
func left(r *page.Request, deadline time.Time) string {
	if d := deadline.Sub(r.Now()); d >= 0 {
		return r.T("overview.left", "Age", age(r, d))
	}
	return r.T("overview.past", "Age", age(r, r.Now().Sub(deadline)))
}

// chartOf is where the chart of a currency is, of the days as an overview has shown them.
func chartOf(at time.Time, currency money.Currency, scheme string) string {
	return moneyPath + "?" + url.Values{
		"currency": {string(currency)}, "scheme": {scheme}, "at": {strconv.FormatInt(at.UnixMicro(), 10)},
	}.Encode()
}

// shown is a text, or a dash for an empty one.
func shown(text string) string {
	if text == "" {
		return "–"
	}
	return text
}

package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"farebook/access"
	"farebook/money"
	"farebook/starter/recon"
	"farebook/starter/view"
	"farebook/store/drafts"
	"farebook/store/gauges"
	"farebook/store/report"
)

const (
	overviewPath = "/v1/overview"
	// overviewDays is how many days an overview has.
	overviewDays = 14
	// soonest is how many disputes an overview has.
	soonest = 5
	// draftsShown is how many drafts of evidence an overview has.
	draftsShown = 20
)

func (a *api) addOverview(spec huma.API) {
	register(a, spec, a.guard(spec, huma.Operation{
		OperationID: "get-overview", Method: http.MethodGet, Path: overviewPath, Tags: []string{operationsTag},
		Summary: "Read how the business and the books are today",
		Description: "Today beside the same weekday last week, the last 14 days, and what is open, of every client. Nothing is asked of " +
			"Stripe. Of a day or a state with more than " + gauges.CapText + " entries, as many are counted.",
		Errors: []int{422},
	}, access.OperationsRead), a.getOverview)
	register(a, spec, a.guard(spec, huma.Operation{
		OperationID: "get-overview-days", Method: http.MethodGet, Path: overviewPath + "/days", Tags: []string{operationsTag},
		Summary: "Read the days of the overview", Description: "The last 14 days, the oldest first and today last.", Errors: []int{422},
	}, access.OperationsRead), a.getOverviewDays)
	a.addClearing(spec)
	register(a, spec, a.guard(spec, huma.Operation{
		OperationID: "list-disputes-due", Method: http.MethodGet, Path: disputesPath + "/due", Tags: []string{operationsTag},
		Summary: "List the disputes whose evidence is due", Description: "The soonest deadline first, of every client.", Errors: []int{422},
	}, access.OperationsRead), a.listDisputesDue)
}

type overviewInput struct {
	Zone string `query:"zone" maxLength:"64" doc:"The time zone in which days begin. Default: that of the books." example:"Asia/Dubai"`
}

// overview answers GET /v1/overview.
type overview struct {
	At      time.Time `json:"at"`
	Zone    string    `json:"zone" doc:"In which days begin." example:"Asia/Dubai"`
	Today   dayView   `json:"today" doc:"Since midnight."`
	WeekAgo dayView   `json:"weekAgo" doc:"The same weekday last week, until the same time of the day."`
	Days    []dayView `json:"days" nullable:"false" doc:"The last 14 days, the oldest first and today last."`

	DisputesDue    []DisputeView       `json:"disputesDue" nullable:"false" doc:"The soonest deadlines for evidence; GET /v1/disputes/due has all."`
	EvidenceDrafts []view.OpenDraft    `json:"evidenceDrafts" nullable:"false" doc:"Evidence that somebody prepares for a dispute, the soonest deadline first."`
	Clearing       []clearingView      `json:"clearing" nullable:"false"`
	Reconciliation *reconciliationView `json:"reconciliation,omitempty" doc:"The last full one that completed."`
	Inbox          []openView          `json:"inbox" nullable:"false" doc:"Events of Stripe's that are not processed, by state."`
	Outgoing       []openView          `json:"outgoing" nullable:"false" doc:"Emails that are not sent, by state."`
	Attention      []openView          `json:"attention" nullable:"false" doc:"Open matters, by kind; kinds without one are left out."`
}

// dayView is a day of an overview.
type dayView struct {
	Date     string        `json:"date" doc:"In the time zone of the overview." example:"2026-11-26"`
	From     time.Time     `json:"from" doc:"Included. Lists of bookings and refunds with the same from and to have what is counted."`
	To       time.Time     `json:"to" doc:"Excluded."`
	Bookings int64         `json:"bookings"`
	Paid     int64         `json:"paid" doc:"Those of them whose payment was captured."`
	Refunds  int64         `json:"refunds" doc:"That were asked for."`
	Failed   int64         `json:"failedRefunds" doc:"Those of them that failed or were cancelled."`
	Declines []declineView `json:"declines" nullable:"false" doc:"Bookings that are not paid, by why the last attempt was declined, the most frequent first."`
	Money    []takenView   `json:"money" nullable:"false" doc:"By currency."`
	Capped   bool          `json:"capped,omitempty" doc:"There are more than were counted."`
}

type declineView struct {
	Code  string `json:"code" example:"insufficient_funds"`
	Count int64  `json:"count"`
}

// takenView is money in one currency.
type takenView struct {
	Captured money.Money `json:"captured" doc:"For the bookings of the day."`
	Refunded money.Money `json:"refunded" doc:"What was asked back on the day, without what failed."`
}

// clearingView is the clearing account in one currency.
type clearingView struct {
	Books       money.Money  `json:"books" doc:"The balance of the clearing account now: what Stripe holds according to the books."`
	Unexplained *money.Money `json:"unexplained,omitempty" doc:"The part of the clearing account less Stripe's balance that the last reconciliation could not explain. Absent before the first one."`
}

// reconciliationView is the last full reconciliation.
type reconciliationView struct {
	recon.Summary

	Open int64 `json:"open" doc:"Its differences that nobody has resolved."`
}

// openView is open work of one state or kind.
type openView struct {
	State  string     `json:"state" example:"received"`
	Count  int64      `json:"count"`
	Oldest *time.Time `json:"oldest,omitempty" doc:"Since when the oldest waits."`
}

type overviewOutput struct{ Body overview }

func (a *api) getOverview(ctx context.Context, in *overviewInput) (*overviewOutput, error) {
	zone, err := a.zone(ctx, in.Zone)
	if err != nil {
		return nil, err
	}
	out := &overviewOutput{overview{At: a.Store.Now(), Zone: zone.String()}}
	for _, add := range []func(context.Context, *overview) error{
		func(ctx context.Context, o *overview) error { return a.addDays(ctx, o, zone) },
		a.addDue, a.addOpen,
	} {
		if err := add(ctx, &out.Body); err != nil {
			return nil, err
		}
	}
	return out, nil
}

type overviewDaysOutput struct {
	Body struct {
		Zone string    `json:"zone" example:"Asia/Dubai"`
		Days []dayView `json:"days" nullable:"false"`
	}
}

func (a *api) getOverviewDays(ctx context.Context, in *overviewInput) (*overviewDaysOutput, error) {
	zone, err := a.zone(ctx, in.Zone)
	if err != nil {
		return nil, err
	}
	out := &overviewDaysOutput{}
	out.Body.Zone = zone.String()
	out.Body.Days, err = a.days(ctx, a.Store.Now().In(zone))
	return out, err
}

// zone is a time zone by its name; that of the books without one.
func (a *api) zone(ctx context.Context, name string) (*time.Location, error) {
	if name == "" {
		return report.New(a.Store).Zone(ctx)
	}
	zone, err := time.LoadLocation(name)
	if err != nil || name == time.Local.String() {
		return nil, invalid(ctx, &huma.ErrorDetail{
			Location: "query.zone", Message: "is no time zone: send a name of the IANA database, such as Asia/Dubai",
		})
	}
	return zone, nil
}

func (a *api) addDays(ctx context.Context, o *overview, zone *time.Location) (err error) {
	now := o.At.In(zone)
	if o.Days, err = a.days(ctx, now); err != nil {
		return err
	}
	o.Today = o.Days[overviewDays-1]
	sameTime := time.Date(now.Year(), now.Month(), now.Day()-7, now.Hour(), now.Minute(), now.Second(), now.Nanosecond(), zone)
	o.WeekAgo, err = a.day(ctx, midnight(now, -7), sameTime)
	return err
}

// days are the last days, in the time zone of now.
func (a *api) days(ctx context.Context, now time.Time) ([]dayView, error) {
	days := make([]dayView, overviewDays)
	for i := range days {
		ago := i - overviewDays + 1
		var err error
		if days[i], err = a.day(ctx, midnight(now, ago), midnight(now, ago+1)); err != nil {
			return nil, err
		}
	}
	return days, nil
}

// midnight is the beginning of a day, so many days after that of a time.
func midnight(at time.Time, days int) time.Time {
	return time.Date(at.Year(), at.Month(), at.Day()+days, 0, 0, 0, 0, at.Location())
}

func (a *api) day(ctx context.Context, from, to time.Time) (dayView, error) {
	day, err := a.figures.Day(ctx, from, to)
	shown := dayView{
		Date: from.Format(time.DateOnly), From: from.UTC(), To: to.UTC(), Bookings: day.Bookings, Paid: day.Paid, Refunds: day.Refunds,
		Failed: day.FailedRefunds, Capped: day.Capped, Declines: []declineView{}, Money: []takenView{},
	}
	for _, decline := range day.Declines {
		shown.Declines = append(shown.Declines, declineView(decline))
	}
	for _, taken := range day.Money {
		shown.Money = append(shown.Money, takenView{
			Captured: money.Money{Value: taken.Captured, Currency: taken.Currency},
			Refunded: money.Money{Value: taken.Refunded, Currency: taken.Currency},
		})
	}
	return shown, err
}

func (a *api) addDue(ctx context.Context, o *overview) error {
	due, err := a.Store.DisputesDue(ctx, soonest)
	o.DisputesDue = shownOf(due, listedDisputeOf)
	if err != nil {
		return err
	}
	open, err := drafts.New(a.Store).ListOpen(ctx, draftsShown)
	o.EvidenceDrafts = shownOf(open, view.OpenDraftOf)
	return err
}

// addOpen adds what is open, and the clearing account.
func (a *api) addOpen(ctx context.Context, o *overview) error {
	reading, err := a.figures.Read(ctx)
	if err != nil {
		return err
	}
	o.Inbox, o.Outgoing, o.Attention = shownOf(reading.Events, openViewOf), shownOf(reading.Emails, openViewOf), []openView{}
	for _, open := range reading.Attention {
		if open.Count > 0 {
			o.Attention = append(o.Attention, openViewOf(open))
		}
	}
	if o.Reconciliation, err = a.lastReconciliation(ctx, reading); err != nil {
		return err
	}
	books, err := a.Store.ClearingAccount(ctx)
	o.Clearing = []clearingView{}
	for _, currency := range currencies(books, reading.Clearing) {
		clearing := clearingView{Books: money.Money{Value: books[currency], Currency: currency}}
		if o.Reconciliation != nil {
			clearing.Unexplained = &money.Money{Value: reading.Clearing[currency], Currency: currency}
		}
		o.Clearing = append(o.Clearing, clearing)
	}
	return err
}

func openViewOf(open gauges.Open) openView {
	shown := openView{State: open.State, Count: open.Count}
	if open.Count > 0 {
		shown.Oldest = &open.Oldest
	}
	return shown
}

type disputesDueInput struct {
	Limit int `query:"limit" minimum:"1" maximum:"100" default:"100" doc:"The maximum number of entries."`
}

type disputesDueOutput struct {
	Body struct {
		Disputes []DisputeView `json:"disputes" nullable:"false"`
		HasMore  bool          `json:"hasMore"`
	}
}

func (a *api) listDisputesDue(ctx context.Context, in *disputesDueInput) (*disputesDueOutput, error) {
	due, err := a.Store.DisputesDue(ctx, in.Limit+1)
	if err != nil {
		return nil, err
	}
	out := &disputesDueOutput{}
	out.Body.HasMore = len(due) > in.Limit
	out.Body.Disputes = shownOf(due[:min(len(due), in.Limit)], listedDisputeOf)
	return out, nil
}

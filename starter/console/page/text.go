package page

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"farebook/starter/console/caller"
)

func withRequest(ctx context.Context, r *Request) context.Context {
	return context.WithValue(ctx, requestKey{}, r)
}

// timeLayout is short, sorts as text, and is read the same in every language.
const timeLayout = "2006-01-02 15:04"

// DayLayout is that of a date in a form and in a table.
const DayLayout = "2006-01-02"

// At is a time in the time zone of the request.
func (r *Request) At(t time.Time) string { return t.In(r.Zone).Format(timeLayout) }

// zoneName is the short name of the time zone at a time, such as CEST or +04.
func (r *Request) zoneName(t time.Time) string {
	name, _ := t.In(r.Zone).Zone()
	return name
}

// exactTime is the whole time, for a tooltip.
func exactTime(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05.000 UTC") }

// Day reads a date of a form as the beginning of that day in the time zone of the request, in the form that the API takes; after adds days.
// What is no date is passed on, so that the API says what is wrong with it.
func (r *Request) Day(text string, after int) string {
	day, err := time.ParseInLocation(DayLayout, text, r.Zone)
	if err != nil {
		return text
	}
	return day.AddDate(0, 0, after).UTC().Format(time.RFC3339)
}

// Instant reads a time of a form, which has no offset, as one in the time zone of the request, in the form that the API takes. What is no
// time is passed on, as a date is by Day.
func (r *Request) Instant(text string) string {
	for _, layout := range []string{"2006-01-02T15:04", "2006-01-02T15:04:05"} {
		if at, err := time.ParseInLocation(layout, text, r.Zone); err == nil {
			return at.Format(time.RFC3339Nano)
		}
	}
	return text
}

// Days sets the filters from and to of a list, where the URL has them, to the beginnings of these days.
func (r *Request) Days(query url.Values) {
	for _, end := range []string{"from", "to"} {
		if value := r.Q(end); value != "" {
			query.Set(end, r.Day(value, 0))
		}
	}
}

// problemTitle is the heading of a problem.
func (r *Request) problemTitle(p *caller.Problem) string {
	return r.Words.Or(r.Words.Or(p.Title, "problem.status."+strings.ReplaceAll(http.StatusText(p.Status), " ", "")), "problem.title."+p.Kind())
}

// problemText says what was wrong: in the language of the request where the console has words for this kind, otherwise as the API says it.
func (r *Request) problemText(p *caller.Problem) string {
	return r.Words.Or(p.Detail, "problem.text."+p.Kind())
}

// kinds of a status decide its colour and its sign: the text says the same.
const (
	good    = "good"
	bad     = "bad"
	waiting = "wait"
	neutral = "none"
)

var statusKinds = map[string]string{
	"confirmed": good, "captured": good, "succeeded": good, "paid": good, "sent": good, "completed": good, "processed": good, "won": good,
	"posted": good, "delivered": good, "enabled": good, "approved": good, "active": good, "resolved": good, "closed": good, "matched": good,
	"failed": bad, "payment_failed": bad, "lost": bad, "declined": bad, "needs_response": bad, "warning_needs_response": bad,
	"unknown": bad, "unknown_booking": bad, "disputed": bad, "overdue": bad, "refused": bad,
	"pending": waiting, "held": waiting, "queued": waiting, "processing": waiting, "received": waiting, "running": waiting, "open": waiting,
	"authorized": waiting, "in_transit": waiting, "under_review": waiting, "warning_under_review": waiting, "requires_action": waiting,
	"proposed": waiting, "awaiting_payment": waiting, "requested": waiting,
}

func statusKind(status string) string {
	if kind, known := statusKinds[status]; known {
		return kind
	}
	return neutral
}

// statusText is a status in words; one without a translation has its underscores removed.
func (r *Request) statusText(status string) string {
	return r.Words.Or(strings.ReplaceAll(status, "_", " "), "status."+status)
}

// entryShown is a line of the navigation, for one request.
type entryShown struct {
	text, path string
	current    bool
}

// navigation is what the person may open.
func (r *Request) navigation() []entryShown {
	var shown []entryShown
	for _, e := range r.site.nav {
		if e.scope != "" && !r.Person.May(e.scope) {
			continue
		}
		current := r.URL.Path == e.path || e.path != Home && strings.HasPrefix(r.URL.Path, strings.TrimSuffix(e.path, "/")+"/")
		shown = append(shown, entryShown{r.T(e.id), e.path, current})
	}
	return shown
}

// otherLanguage is the language that the switch offers.
func (r *Request) otherLanguage() string {
	if r.Words.Language() == "en" {
		return "ar"
	}
	return "en"
}

// currentURL is the page that shows a form, so that it can be shown again.
func (r *Request) currentURL() string { return relative(r.URL) }

// keyNow is the idempotency key of the forms of this page. A form that was refused keeps its key where its outcome is not known: sent
// again, it acts once.
func (r *Request) keyNow() string {
	if r != nil && r.Problem != nil && r.Problem.Safe() && r.sent.Get(keyField) != "" {
		return usableKey(r.sent.Get(keyField))
	}
	return usableKey("")
}

package bookings

import (
	"net/url"
	"strings"
	"time"

	"github.com/a-h/templ"

	"farebook/starter/console/caller"
	"farebook/starter/console/page"
)

// Attributes of fields: what is written from left to right in every language, and amounts.
var (
	ltr    = templ.Attributes{"dir": "ltr", "spellcheck": "false"}
	number = templ.Attributes{"dir": "ltr", "inputmode": "decimal"}
)

func statusOptions(r *page.Request, statuses []string) []page.Option {
	return page.Choices(r.T("bookings.any"), statuses, func(status string) string {
		return r.Words.Or(strings.ReplaceAll(status, "_", " "), "status."+status)
	})
}

// yesOrNo are the options of a filter, whose texts begin with an id.
func yesOrNo(r *page.Request, id string) []page.Option {
	return page.Choices(r.T("bookings.any"), []string{"yes", "no"}, func(value string) string { return r.T(id + value) })
}

// dateFilter is the field of a day. Links from the overview have a time instead, which a field for days would not show.
func dateFilter(r *page.Request, problem *caller.Problem, name string) page.Input {
	field := page.Input{Problem: problem, Name: name, Label: r.T("bookings." + name), Value: r.Q(name), Type: "date"}
	_, err := time.Parse(page.DayLayout, r.Q(name))
	if r.Q(name) != "" && err != nil {
		field.Type, field.More = "text", ltr
	}
	return field
}

func reasonOptions(r *page.Request) []page.Option {
	reasons := []string{"requested_by_customer", "duplicate", "fraudulent"}
	return page.Choices("", reasons, func(reason string) string { return r.T("bookings.reason." + reason) })
}

// refusalText says why an action is not possible.
func refusalText(r *page.Request, a action) string {
	return r.Words.Or(a.Text, "bookings.refusal."+a.Reason)
}

// momentText is what happened, in the language of the request where there are words for it.
func momentText(r *page.Request, m moment) string {
	return r.Words.Or(m.Text, "bookings.moment."+m.What)
}

// ruleText is a posting rule in the language of the request.
func ruleText(r *page.Request, why place) string {
	return r.Words.Or(why.Text, "bookings.rule."+why.ID)
}

// doneText is what an action has done, which the URL of the page after it names.
func doneText(r *page.Request) string {
	switch done := r.Q("done"); done {
	case "refund", "cancel", "capture", "resend":
		return r.T("bookings.done." + done)
	}
	return ""
}

// notes are what somebody who opens the story has to see first, beside refunds that failed.
func notes(r *page.Request, of told) (notes []string) {
	if of.Figures.Exceeds {
		notes = append(notes, r.T("bookings.exceeds"))
	}
	for _, m := range of.Attention {
		if m.ClosedAt == nil {
			notes = append(notes, m.Text)
		}
	}
	if len(of.ChargedAlso) > 0 {
		notes = append(notes, r.T("bookings.twice", "References", strings.Join(of.ChargedAlso, ", ")))
	}
	return notes
}

// emailQuery lists the bookings of an address.
func emailQuery(address string) string { return url.Values{"email": {address}}.Encode() }

// adviceDo is the id of what helps after a decline.
func adviceDo(a advice) string {
	if a.Confidential {
		return "bookings.advice.confidential.do"
	}
	return "bookings.advice." + a.ID + ".do"
}

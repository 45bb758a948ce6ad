// Package emails shows the emails that were written, their text, what the mail server said, and sends one again. It imports access, and
// lists and page of the console.
package emails

import (
	"net/http"
	"strconv"
	"time"

	"github.com/a-h/templ"

	"farebook/access"
	"farebook/starter/console/lists"
	"farebook/starter/console/page"
)

const (
	path    = page.Root + "/emails"
	apiPath = "/v1/emails"
)

// Routes adds the pages.
func Routes(site *page.Site) {
	site.Nav(54, "emails.title", path, access.OperationsRead)
	site.Get(path, list)
	site.Get(path+"/{number}", show)
	site.Post(path+"/{number}/resend", resend)
}

// email is what the pages show of one. Its text is shown as text and never as HTML.
type email struct {
	Number, ResentOf                                      uint64
	Booking, Kind, Audience, Status, MessageID, LastError string
	Language, Subject, Text, Answer                       string
	Attempts                                              int
	WrittenAt                                             time.Time
	SentAt                                                *time.Time
}

type emails struct {
	Emails  []email
	HasMore bool
	Next    string
}

var statuses = []string{"queued", "sent", "failed", "suppressed", "held"}

func statusOptions(r *page.Request) []page.Option {
	return page.Choices(r.T("emails.anyStatus"), statuses, func(status string) string { return r.T("emails.status." + status) })
}

func list(r *page.Request) (templ.Component, error) {
	query := r.Query("status", "booking", "after")
	r.Days(query)
	bar, err := lists.Bar(r, "emails", query)
	if err != nil {
		return nil, err
	}
	query.Set("limit", "50")
	var found emails
	if err := r.API.Get(r.Context(), apiPath, query, &found); err != nil {
		return nil, err
	}
	return r.Page(r.T("emails.title"), listPage(r, bar, found)), nil
}

func show(r *page.Request) (templ.Component, error) {
	var found email
	if err := r.API.Get(r.Context(), apiPath+"/"+r.PathValue("number"), nil, &found); err != nil {
		return nil, err
	}
	return r.Page(r.T("emails.one", "Number", number(found.Number)), showPage(r, found)), nil
}

// resend goes to the copy.
func resend(r *page.Request) (string, error) {
	var copied email
	err := r.API.Send(r.Context(), http.MethodPost, apiPath+"/"+r.PathValue("number")+"/resend", r.Key(), nil, &copied)
	return path + "/" + number(copied.Number), err
}

func number(n uint64) string { return strconv.FormatUint(n, 10) }

// direction is that of the language of an email.
func (e email) direction() string {
	if e.Language == "ar" {
		return "rtl"
	}
	return "ltr"
}

// answer is what the mail server said last. A list has no answers of servers that took an email.
func (e email) answer(r *page.Request) string {
	switch {
	case e.Answer != "":
		return e.Answer
	case e.LastError != "":
		return e.LastError
	case e.SentAt != nil:
		return r.T("emails.accepted")
	}
	return ""
}

package page

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/a-h/templ"
	"github.com/google/uuid"

	"farebook/starter/console/caller"
	"farebook/starter/console/words"
)

// Request is a request for a page of the console by somebody who has signed in.
type Request struct {
	*http.Request

	Person Person
	API    *caller.API
	Words  *words.Words
	// Zone is the time zone in which times are shown.
	Zone *time.Location
	// Problem is why the form that this page shows again was refused; nil otherwise.
	Problem *caller.Problem

	site *Site
	// sent are the fields of that form, and action is where it was sent.
	sent   url.Values
	action string
}

// requestKey is the context key of the Request, which components find there.
type requestKey struct{}

// From is the request that a component belongs to.
func From(ctx context.Context) *Request {
	r, _ := ctx.Value(requestKey{}).(*Request)
	return r
}

// T is a text in the language of the request. args are pairs of a name and its value; Count also decides the form of the plural.
func (r *Request) T(id string, args ...any) string { return r.Words.T(id, args...) }

// Page puts the content of a page into the frame of the console.
func (r *Request) Page(title string, body templ.Component) templ.Component {
	return frame(r, title, body)
}

// Q is a value of the URL without spaces around it.
func (r *Request) Q(name string) string { return strings.TrimSpace(r.URL.Query().Get(name)) }

// Query returns those values of the URL that have one of the names and are not empty, such as the filters that the API takes.
func (r *Request) Query(names ...string) url.Values {
	query := url.Values{}
	for _, name := range names {
		if value := r.Q(name); value != "" {
			query.Set(name, value)
		}
	}
	return query
}

// Field is a field of the form that was posted, without spaces around it.
func (r *Request) Field(name string) string { return strings.TrimSpace(r.PostFormValue(name)) }

// Key is the idempotency key of the form that was posted: the form sent twice acts once. A form without a usable one gets a new key.
func (r *Request) Key() string { return usableKey(r.PostFormValue(keyField)) }

// keyField is the hidden field of the idempotency key, pageField that of the page which has the form.
const (
	keyField  = "_key"
	pageField = "_page"
)

func usableKey(text string) string {
	if _, err := uuid.Parse(text); err == nil {
		return text
	}
	return uuid.NewString()
}

// ProblemOf is why the form that is sent to this path was refused; nil for every other form of the page.
func (r *Request) ProblemOf(action string) *caller.Problem {
	if r.action == "" || r.action != pathOf(action) {
		return nil
	}
	return r.Problem
}

func pathOf(target string) string {
	at, _, _ := strings.Cut(target, "?")
	return at
}

// Old is what a field had when its form was refused, or another value.
func (r *Request) Old(problem *caller.Problem, name, otherwise string) string {
	if problem == nil || !r.sent.Has(name) {
		return otherwise
	}
	return r.sent.Get(name)
}

// Chosen reports whether a form that was refused had this value among those of a field.
func (r *Request) Chosen(problem *caller.Problem, name, value string) bool {
	return problem != nil && slices.Contains(r.sent[name], value)
}

// With is the URL of this page with one value of its query replaced; an empty value removes it.
func (r *Request) With(name, value string) string {
	query := r.URL.Query()
	if value == "" {
		query.Del(name)
	} else {
		query.Set(name, value)
	}
	return to(r.URL.Path, query)
}

func to(path string, query url.Values) string {
	if len(query) == 0 {
		return path
	}
	return path + "?" + query.Encode()
}

// AtStripe is the address of an object in Stripe's dashboard, such as payments/pi_3Pabc.
func (r *Request) AtStripe(object string) string { return r.site.Links.Stripe + "/" + object }

// AtTemporal is the address of a workflow in Temporal's UI; empty where the console does not know the UI.
func (r *Request) AtTemporal(workflowID string) string {
	if r.site.Links.Temporal == "" {
		return ""
	}
	return r.site.Links.Temporal + "/workflows?query=" + url.QueryEscape(`WorkflowId="`+workflowID+`"`)
}

// Now is the time of the books.
func (r *Request) Now() time.Time { return r.site.Now() }

// Live reports whether money is real.
func (r *Request) Live() bool { return r.site.Live }

// BooksZone is the time zone of the books' months.
func (r *Request) BooksZone() *time.Location { return r.site.BooksZone }

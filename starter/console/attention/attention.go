// Package attention shows what needs an operator, the oldest first, and closes it: one matter or many. It imports access, and caller,
// lists and page of the console.
package attention

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"farebook/access"
	"farebook/starter/console/caller"
	"farebook/starter/console/lists"
	"farebook/starter/console/page"
)

const (
	path      = page.Root + "/attention"
	closePath = path + "/close"
	apiPath   = "/v1/attention"
)

// Routes adds the pages.
func Routes(site *page.Site) {
	site.Nav(15, "attention.title", path, access.OperationsRead)
	site.Get(path, list)
	site.Post(closePath, closeSelected)
}

// matter is what the page shows of one.
type matter struct {
	ID                           uint64
	Booking, Kind, Subject, Text string
	OpenedAt                     time.Time
	ClosedAt                     *time.Time
	ClosedBy, Note               string
}

type matters struct {
	Matters []matter
	HasMore bool
	Next    string
}

func list(r *page.Request) (templ.Component, error) {
	query := r.Query("state", "kind", "booking", "after")
	query.Set("order", "oldest")
	bar, err := lists.Bar(r, "attention", query)
	if err != nil {
		return nil, err
	}
	query.Set("limit", "50")
	var found matters
	if err := r.API.Get(r.Context(), apiPath, query, &found); err != nil {
		return nil, err
	}
	return r.Page(r.T("attention.title"), listPage(r, bar, found, answers(r.Q("answers")))), nil
}

// kinds are those that can be chosen, in the order of the words of the API.
var kinds = []string{
	"payment_mismatch", "payment_refused", "other_payment", "late_money", "refund_postponed", "refund_held", "refund_failed", "refund_made",
	"refund_mismatch", "refund_copied", "dispute_rest", "unknown_state", "departed", "rebuilt", "earlier", "sealing_overdue",
}

func kindOptions(r *page.Request) []page.Option {
	return page.Choices(r.T("attention.anyKind"), kinds, func(kind string) string { return r.T("attention.kind." + kind) })
}

func stateOptions(r *page.Request) []page.Option {
	return page.Choices("", []string{"open", "closed", "all"}, func(state string) string { return r.T("attention.state." + state) })
}

// most is how many matters one form closes at most: those of a page.
const most = 50

// closeSelected closes each matter that was selected by its own call, so that each has its own audit entry, and one that is refused does
// not keep the others open. What became of each is in the URL of the page that follows. The form sent twice closes each once: the key of
// a matter's call is that of the form with the matter's number.
func closeSelected(r *page.Request) (next string, err error) {
	note := map[string]string{"note": r.Field("note")}
	selected := r.PostForm["matter"]
	if len(selected) == 0 || len(selected) > most {
		return "", refused("matter", r.T("attention.nothingSelected"))
	}
	if note["note"] == "" {
		return "", refused("note", r.T("page.required"))
	}
	var became []string
	for _, id := range selected {
		if _, err := strconv.ParseUint(id, 10, 63); err != nil {
			return "", refused("matter", r.T("attention.nothingSelected"))
		}
		err := r.API.Send(r.Context(), http.MethodPost, apiPath+"/"+id+"/close", r.Key()+"-"+id, note, nil)
		answer, err := answerOf(err)
		if err != nil {
			return "", err
		}
		became = append(became, id+"."+answer)
	}
	back := url.Values{"answers": {strings.Join(became, "_")}}
	for _, filter := range []string{"state", "kind", "booking"} {
		if value := r.Field("filter-" + filter); value != "" {
			back.Set(filter, value)
		}
	}
	return path + "?" + back.Encode(), nil
}

func refused(field, message string) error {
	return &caller.Problem{
		Status: http.StatusUnprocessableEntity, Title: http.StatusText(http.StatusUnprocessableEntity), Type: "invalid-request",
		Errors: []caller.Field{{Location: "body." + field, Message: message}},
	}
}

// answerOf is the answer about one matter. The right and the note are the same for all: what is wrong with them is an error of the form.
func answerOf(err error) (string, error) {
	var problem *caller.Problem
	switch {
	case err == nil:
		return "closed", nil
	case !errors.As(err, &problem):
		return "failed", nil
	case problem.Status == http.StatusConflict:
		return "already", nil
	case problem.Status == http.StatusNotFound:
		return "missing", nil
	case problem.Status == http.StatusForbidden || problem.Status == http.StatusUnprocessableEntity:
		return "", err
	}
	return "failed", nil
}

// answer is what became of a matter.
type answer struct{ number, became string }

// answers reads what closeSelected has written; anything else is left out.
func answers(text string) (all []answer) {
	for _, one := range strings.Split(text, "_") {
		number, became, found := strings.Cut(one, ".")
		_, err := strconv.ParseUint(number, 10, 63)
		if err != nil || !found {
			continue
		}
		switch became {
		case "closed", "already", "missing", "failed":
			all = append(all, answer{number, became})
		}
	}
	return all
}

func (a answer) kind() string {
	if a.became == "closed" {
		return "good"
	}
	return "bad"
}

func columns(r *page.Request, choose bool) (columns []page.Column) {
	if choose {
		columns = append(columns, page.Column{Text: "✓"})
	}
	for _, id := range []string{"opened", "kind", "known", "proposed", "why"} {
		columns = append(columns, page.Column{Text: r.T("attention." + id)})
	}
	return columns
}

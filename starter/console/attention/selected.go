package attention

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"farebook/starter/console/caller"
	"farebook/starter/console/page"
)

// verb is what a form does about the matters that were selected.
type verb struct {
	// name is the end of the form's address, and api that of the operation.
	name, api string
	// done is the answer about a matter for which it was done.
	done string
	// body is that of the operation.
	body func(r *page.Request) any
	// field is where the operation has the form's note; empty for a verb without one.
	field string
}

var (
	take     = verb{name: "take", api: "take", done: "taken", body: takeBody}
	giveBack = verb{name: "give-back", api: "give-back", done: "given", body: func(*page.Request) any { return nil }}
	comment  = verb{
		name: "comment", api: "comments", done: "commented", field: "text",
		body: func(r *page.Request) any { return map[string]string{"text": r.Field("note")} },
	}
	closing = verb{
		name: "close", api: "close", done: "closed", field: "note",
		body: func(r *page.Request) any { return map[string]string{"note": r.Field("note")} },
	}
	verbs = []verb{take, giveBack, comment, closing}
)

func takeBody(r *page.Request) any { return map[string]bool{"takeOver": r.Field("over") == "true"} }

func (v verb) path() string { return path + "/" + v.name }

// problemOf is why one of the forms was refused.
func problemOf(r *page.Request) *caller.Problem {
	for _, v := range verbs {
		if problem := r.ProblemOf(v.path()); problem != nil {
			return problem
		}
	}
	return nil
}

// most is how many matters one form names at most: those of a page.
const most = 50

// selected does it for each matter that was selected by its own call, so that each has its own audit entry, and one that is refused does
// not keep the others from it. What became of each is in the URL of the page that follows. The form sent twice acts once: the key of a
// matter's call is that of the form with the verb and the matter's number.
func (v verb) selected(r *page.Request) (next string, err error) {
	matters := r.PostForm["matter"]
	if len(matters) == 0 || len(matters) > most {
		return "", caller.RefusedField("matter", r.T("attention.nothingSelected"))
	}
	if v.field != "" && r.Field("note") == "" {
		return "", caller.RefusedField("note", r.T("page.required"))
	}
	var became []string
	for _, id := range matters {
		if _, err := strconv.ParseUint(id, 10, 63); err != nil {
			return "", caller.RefusedField("matter", r.T("attention.nothingSelected"))
		}
		err := r.API.Send(r.Context(), http.MethodPost, apiPath+"/"+id+"/"+v.api, r.Key()+"-"+v.name+"-"+id, v.body(r), nil)
		answer, err := v.answerTo(err)
		if err != nil {
			return "", err
		}
		became = append(became, id+"."+answer)
	}
	back := url.Values{"answers": {strings.Join(became, "_")}}
	if one := r.Field("one"); one == matters[0] {
		return path + "/" + one + "?" + back.Encode(), nil
	}
	for _, filter := range []string{"state", "kind", "booking", "takenBy"} {
		if value := r.Field("filter-" + filter); value != "" {
			back.Set(filter, value)
		}
	}
	return path + "?" + back.Encode(), nil
}

// answerTo is the answer about one matter. The right and the note are the same for all: what is wrong with them is an error of the form. So
// is an outcome that is not known: the form is shown again with its key, and acts once when it is sent again.
func (v verb) answerTo(err error) (string, error) {
	var problem *caller.Problem
	switch {
	case err == nil:
		return v.done, nil
	case !errors.As(err, &problem) || problem.Safe():
		return "", err
	case problem.Kind() == "matter-taken":
		return "held", nil
	case problem.Kind() == "too-many-steps":
		return "full", nil
	case problem.Kind() == "matter-closed" && v.name != closing.name:
		return "over", nil
	case problem.Status == http.StatusConflict:
		return "already", nil
	case problem.Status == http.StatusNotFound:
		return "missing", nil
	case problem.Status == http.StatusForbidden || problem.Status == http.StatusUnprocessableEntity:
		return "", v.ofForm(problem)
	}
	return "failed", nil
}

// ofForm names the form's field instead of the operation's.
func (v verb) ofForm(problem *caller.Problem) *caller.Problem {
	for i, field := range problem.Errors {
		if v.field != "" && field.Location == "body."+v.field {
			problem.Errors[i].Location = "body.note"
		}
	}
	return problem
}

// answer is what became of a matter.
type answer struct{ number, became string }

// good are the answers about what was done, and bad those about what was not.
var (
	good = []string{"taken", "given", "commented", "closed"}
	bad  = []string{"already", "over", "held", "full", "missing", "failed"}
)

// answers reads what selected has written; anything else is left out.
func answers(text string) (all []answer) {
	for _, one := range strings.Split(text, "_") {
		number, became, found := strings.Cut(one, ".")
		_, err := strconv.ParseUint(number, 10, 63)
		if err == nil && found && slices.Contains(slices.Concat(good, bad), became) {
			all = append(all, answer{number, became})
		}
	}
	return all
}

func (a answer) kind() string {
	if slices.Contains(good, a.became) {
		return "good"
	}
	return "bad"
}

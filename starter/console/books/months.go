package books

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"farebook/access"
	"farebook/money"
	"farebook/starter/console/page"
)

// periods are the months of the books.
type periods struct {
	FirstOpen, TimeZone string
	Proposals           []proposal
	Closings            []closing
	HasMore             bool
	Next                string
}

type closing struct {
	Number, Transactions                                   uint64
	Period, Action, ProposedBy, ApprovedBy, Reason, Digest string
	ApprovedAt                                             time.Time
	Notes                                                  []note
}

type note struct{ Item, Text, By string }

// proposal is what one operator has proposed and another one approves.
type proposal struct {
	Kind, Subject, ProposedBy, Reason, Digest string
	ProposedAt                                time.Time
	Notes                                     []note
	Journal                                   *journal
}

// monthEnd is what a close is decided on.
type monthEnd struct {
	Holds        bool
	Checks       []check
	Transactions uint64
	TrialBalance []trialLine
}

type check struct {
	Check, Detail string
	Held, More    bool
	Findings      []finding
}

type finding struct {
	Item, Text string
	Firm       bool
	Note       *note
}

type trialLine struct {
	Account, Currency                            string
	Opening, Debit, Credit, Closing, MonthBefore int64
}

func (l trialLine) money(value int64) money.Money {
	return money.Money{Value: value, Currency: money.Currency(l.Currency)}
}

func readPeriods(r *page.Request) (periods, error) {
	query := r.Query("after")
	query.Set("limit", "20")
	var shown periods
	err := r.API.Get(r.Context(), ledgerAPI+"/periods", query, &shown)
	return shown, err
}

// of are the proposals of some kinds.
func (p periods) of(kinds ...string) []proposal {
	var chosen []proposal
	for _, one := range p.Proposals {
		for _, kind := range kinds {
			if one.Kind == kind {
				chosen = append(chosen, one)
			}
		}
	}
	return chosen
}

func listMonths(r *page.Request) (templ.Component, error) {
	shown, err := readPeriods(r)
	if err != nil {
		return nil, err
	}
	return r.Page(r.T("books.months"), monthsPage(r, shown)), nil
}

// month is what the page of a month shows. review is nil until somebody has the month checked, which reads all of it.
type month struct {
	name     string
	waiting  []proposal
	closings []closing
	review   *monthEnd
	// last says that the month is the last one that is closed, which can be reopened.
	last bool
}

func showMonth(r *page.Request) (templ.Component, error) {
	all, err := readPeriods(r)
	if err != nil {
		return nil, err
	}
	name := r.PathValue("month")
	if name == "open" { // the form of the list cannot put the month into the path
		name = r.Q("month")
	}
	shown := month{name: name}
	for _, one := range all.of("close", "reopen") {
		if one.Subject == shown.name {
			shown.waiting = append(shown.waiting, one)
		}
	}
	for _, one := range all.Closings {
		if one.Period == shown.name {
			shown.closings = append(shown.closings, one)
		}
	}
	shown.last = r.Q("after") == "" && lastClosed(all.Closings) == shown.name
	if r.Q("check") != "" && mayDecide(r) {
		shown.review = &monthEnd{}
		err := r.API.Send(r.Context(), http.MethodPost, apiMonth(shown.name)+"/close", "", map[string]any{"dryRun": true}, shown.review)
		if err != nil {
			return nil, err
		}
	}
	return r.Page(r.T("books.month", "Month", shown.name), monthPage(r, shown)), nil
}

// lastClosed is the last month that is closed: the newest close whose month was not reopened after it.
func lastClosed(newestFirst []closing) string {
	reopened := map[string]bool{}
	for _, one := range newestFirst {
		switch {
		case one.Action == "reopen":
			reopened[one.Period] = true
		case !reopened[one.Period]:
			return one.Period
		default:
			delete(reopened, one.Period) // this close is the one that was reopened
		}
	}
	return ""
}

// mayDecide reports whether the person may propose and approve.
func mayDecide(r *page.Request) bool { return r.Person.May(access.FinanceWrite) }

func apiMonth(name string) string { return ledgerAPI + "/periods/" + name }

func monthPath(name string) string { return monthsPath + "/" + url.PathEscape(name) }

// maxNotes is how many notes a close has at most.
const maxNotes = 100

func proposeClose(r *page.Request) (string, error) {
	notes := []map[string]string{}
	for n := range maxNotes {
		number := strconv.Itoa(n)
		item, text := r.Field("item-"+number), r.Field("note-"+number)
		if item != "" && text != "" {
			notes = append(notes, map[string]string{"item": item, "text": text})
		}
	}
	err := r.API.Send(r.Context(), http.MethodPost, apiMonth(r.PathValue("month"))+"/close", r.Key(), map[string]any{"notes": notes}, nil)
	return monthPath(r.PathValue("month")), err
}

func proposeReopen(r *page.Request) (string, error) {
	body := map[string]string{"note": r.Field("note")}
	err := r.API.Send(r.Context(), http.MethodPost, apiMonth(r.PathValue("month"))+"/reopen", r.Key(), body, nil)
	return monthPath(r.PathValue("month")), err
}

func approveMonth(action string) func(*page.Request) (string, error) {
	return func(r *page.Request) (string, error) {
		err := r.API.Send(r.Context(), http.MethodPost, apiMonth(r.PathValue("month"))+action, r.Key(), nil, nil)
		return monthPath(r.PathValue("month")), err
	}
}

// statement are the entries of the account in the month.
func (l trialLine) statement(month string) string {
	at := place{statementKind, url.Values{"month": {month}}, true}
	return at.statement(l.Account, l.Currency)
}

// own reports whether the person has made a proposal, and so cannot approve it.
func own(r *page.Request, one proposal) bool {
	return r.Person.Key != "" && strings.Contains(one.ProposedBy, r.Person.Key)
}

// held is the state of a check for its sign.
func held(one check) string {
	if one.Held {
		return "holds"
	}
	return "blocks"
}

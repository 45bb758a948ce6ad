// Package proposals has the console's pages of what is above the limit of a role: propose it, and send, decline or withdraw it. It imports
// access, money, templ, and caller, lists and page of the console.
package proposals

import (
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/a-h/templ"

	"farebook/access"
	"farebook/money"
	"farebook/starter/console/caller"
	"farebook/starter/console/lists"
	"farebook/starter/console/page"
)

const (
	listPath = page.Root + "/proposals"
	newPath  = page.ProposePath
	onePath  = listPath + "/{code}"
)

// apiPath is where the API has proposals.
const apiPath = "/v1/proposals"

// navOrder is the place of the pages in the navigation.
const navOrder = 45

// Routes adds the pages.
func Routes(site *page.Site) {
	site.Nav(navOrder, "proposals.title", listPath, access.OperationsRead)
	site.Get(listPath, list)
	site.Post(listPath, create)
	site.Get(newPath, propose)
	site.Get(onePath, show)
	site.Post(onePath+"/send", send)
	site.Post(onePath+"/decline", decline)
	site.Post(onePath+"/withdraw", withdraw)
}

// proposal has what the pages show of a proposal.
type proposal struct {
	Code         string      `json:"code"`
	Kind         string      `json:"kind"`
	State        string      `json:"state"`
	Booking      string      `json:"booking"`
	Item         uint64      `json:"item"`
	Amount       money.Money `json:"amount"`
	Reason       string      `json:"reason"`
	Account      string      `json:"account"`
	Note         string      `json:"note"`
	ProposedBy   string      `json:"proposedBy"`
	ProposedAt   time.Time   `json:"proposedAt"`
	DecidedBy    string      `json:"decidedBy"`
	DecidedAt    time.Time   `json:"decidedAt"`
	DecisionNote string      `json:"decisionNote"`
	RefundID     string      `json:"refundId"`
	Refusal      *refusal    `json:"refusal"`
	Mine         bool        `json:"mine"`
}

type refusal struct {
	By   string    `json:"by"`
	At   time.Time `json:"at"`
	Text string    `json:"text"`
}

type listed struct {
	Proposals []proposal `json:"proposals"`
	HasMore   bool       `json:"hasMore"`
	Next      string     `json:"next"`
}

func (p proposal) path() string { return listPath + "/" + p.Code }

func (p proposal) open() bool { return p.State == "proposed" }

// subject is the booking or the item, and where it is shown.
func (p proposal) subject() (text, href string) {
	if p.Booking != "" {
		return p.Booking, page.Root + "/bookings/" + p.Booking
	}
	return "", ""
}

func list(r *page.Request) (templ.Component, error) {
	var found listed
	if err := r.API.Get(r.Context(), apiPath, r.Query("state", "booking", "after"), &found); err != nil {
		return nil, err
	}
	bar, err := lists.Bar(r, "proposals", r.Query("state", "booking"))
	if err != nil {
		return nil, err
	}
	return r.Page(r.T("proposals.title"), listPage(r, bar, found)), nil
}

func show(r *page.Request) (templ.Component, error) {
	var found proposal
	if err := r.API.Get(r.Context(), apiPath+"/"+url.PathEscape(r.PathValue("code")), nil, &found); err != nil {
		return nil, err
	}
	return r.Page(r.T("proposals.one", "Code", found.Code), showPage(r, found)), nil
}

// propose shows the form. The page that was refused with above-limit leads here, with what was asked for in the URL.
func propose(r *page.Request) (templ.Component, error) {
	return r.Page(r.T("proposals.new"), newPage(r, r.Q("kind") == "correction")), nil
}

func create(r *page.Request) (string, error) {
	body := map[string]any{"kind": r.Field("kind"), "note": r.Field("note")}
	if r.Field("kind") == "correction" {
		item, err := strconv.ParseUint(r.Field("item"), 10, 53)
		if err != nil {
			return "", caller.RefusedField("item", r.T("proposals.wrong.item"))
		}
		body["item"], body["account"] = item, r.Field("account")
	} else {
		var known struct {
			Amount money.Money `json:"amount"`
		}
		if err := r.API.Get(r.Context(), "/v1/bookings/"+url.PathEscape(r.Field("booking")), nil, &known); err != nil {
			return "", caller.RefusedField("booking", r.T("proposals.wrong.booking"))
		}
		amount, err := money.ParseDecimal(r.Field("amount.value"), known.Amount.Currency)
		if err != nil {
			return "", caller.RefusedField("amount.value", r.T("proposals.wrong.amount"))
		}
		body["booking"], body["amount"], body["reason"] = r.Field("booking"), amount, r.Field("reason")
	}
	var made proposal
	if err := r.API.Send(r.Context(), http.MethodPost, apiPath, r.Key(), body, &made); err != nil {
		return "", err
	}
	return made.path(), nil
}

// send needs the amount once more, so that nobody sends another one than they have read.
func send(r *page.Request) (string, error) {
	var known proposal
	if err := r.API.Get(r.Context(), apiPath+"/"+url.PathEscape(r.PathValue("code")), nil, &known); err != nil {
		return "", err
	}
	again, err := money.ParseDecimal(r.Field("confirm"), known.Amount.Currency)
	if known.open() && (err != nil || again != known.Amount) {
		return "", caller.RefusedField("confirm", r.T("proposals.wrong.confirm"))
	}
	return decide(r, "send", nil)
}

func decline(r *page.Request) (string, error) { return decide(r, "decline", note(r)) }

func withdraw(r *page.Request) (string, error) { return decide(r, "withdraw", note(r)) }

func note(r *page.Request) any { return map[string]string{"note": r.Field("note")} }

func decide(r *page.Request, decision string, body any) (string, error) {
	var decided proposal
	path := apiPath + "/" + url.PathEscape(r.PathValue("code"))
	err := r.API.Send(r.Context(), http.MethodPost, path+"/"+decision, r.Key(), body, &decided)
	return decided.path(), err
}

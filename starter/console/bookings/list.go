package bookings

import (
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"farebook/money"
	"farebook/starter/console/caller"
	"farebook/starter/console/lists"
	"farebook/starter/console/page"
)

// statuses are those of bookings and refunds, as the filters offer them.
var (
	bookingStatuses = []string{
		"pending_payment", "confirmed", "payment_failed", "expired", "cancelled", "partially_refunded", "refunded", "disputed",
	}
	refundStatuses = []string{"requested", "pending", "requires_action", "succeeded", "failed", "canceled", "unknown"}
)

// kept is one of the two lists: where the API has it, and the filters that the other one does not take.
type kept struct {
	name, path string
	own        []string
}

var (
	bookingList = kept{"bookings", "/v1/bookings", []string{"paid", "declineCode"}}
	refundList  = kept{"refunds", "/v1/refunds", []string{"failed"}}
)

// query is what the URL of a list asks the API for. Amounts are written in major units there, and dates as days of the time zone.
func (l kept) query(r *page.Request) (url.Values, *caller.Problem) {
	names := []string{"q", "status", "email", "paymentIntent", "charge", "flight", "currency", "attention", "after"}
	asked := r.Query(append(names, l.own...)...)
	if from := r.Q("from"); from != "" {
		asked.Set("from", r.Day(from, 0))
	}
	if to := r.Q("to"); to != "" {
		asked.Set("to", r.Day(to, 1)) // the whole last day
	}
	var wrong []caller.Field
	for _, name := range []string{"amountFrom", "amountTo"} {
		text := r.Q(name)
		if text == "" {
			continue
		}
		amount, err := money.ParseDecimal(text, money.Currency(strings.ToUpper(r.Q("currency"))))
		switch {
		case r.Q("currency") == "":
			wrong = append(wrong, caller.Field{Location: "query.currency", Message: r.T("bookings.wrong.currency")})
		case err != nil || amount.Value < 1:
			wrong = append(wrong, caller.Field{Location: "query." + name, Message: r.T("bookings.wrong.amount", "Currency", r.Q("currency"))})
		default:
			asked.Set(name, strconv.FormatInt(amount.Value, 10))
		}
	}
	if wrong != nil {
		return asked, caller.Refused(wrong...)
	}
	return asked, nil
}

// read reads a page of a list. What is wrong with a filter is shown beside it, and is no error.
func (l kept) read(r *page.Request, into any) (*caller.Problem, error) {
	asked, problem := l.query(r)
	if problem != nil {
		return problem, nil
	}
	err := r.API.Get(r.Context(), l.path, asked, into)
	if errors.As(err, &problem) && problem.Status == http.StatusUnprocessableEntity {
		return problem, nil
	}
	return nil, err
}

// bar is shown beside the filters of a list.
func (l kept) bar(r *page.Request) (templ.Component, error) {
	asked, _ := l.query(r) // a filter that is wrong is left out, and is shown beside its field
	return lists.Bar(r, l.name, asked)
}

func showList(r *page.Request) (templ.Component, error) {
	var found bookingsPage
	problem, err := bookingList.read(r, &found)
	if err != nil {
		return nil, err
	}
	beside, err := bookingList.bar(r)
	if err != nil {
		return nil, err
	}
	return r.Page(r.T("bookings.title"), list(r, problem, found, beside)), nil
}

func showRefunds(r *page.Request) (templ.Component, error) {
	var found refundsPage
	problem, err := refundList.read(r, &found)
	if err != nil {
		return nil, err
	}
	beside, err := refundList.bar(r)
	if err != nil {
		return nil, err
	}
	return r.Page(r.T("bookings.refunds.title"), listedRefunds(r, problem, found, beside)), nil
}

func showRefund(r *page.Request) (templ.Component, error) {
	var found listedRefund
	if err := r.API.Get(r.Context(), "/v1/refunds/"+r.PathValue("id"), nil, &found); err != nil {
		return nil, err
	}
	var of told
	if err := r.API.Get(r.Context(), apiPath(found.Reference)+"/story", nil, &of); err != nil {
		return nil, err
	}
	for _, part := range of.Refunds {
		if part.ID == found.ID {
			return r.Page(r.T("bookings.refund.page", "ID", found.ID), refundPage(r, of, part)), nil
		}
	}
	return nil, caller.Missing()
}

// ours are references and ids of ours, which people may type in lower case.
var ours = regexp.MustCompile(`(?i)^(FB|RF)-[0-9A-Z]{8}$`)

// search opens what a reference or an id names. An email address lists its bookings.
func search(r *page.Request, w http.ResponseWriter) error {
	q := r.Q("q")
	if ours.MatchString(q) {
		q = strings.ToUpper(q)
	}
	next, err := find(r, q)
	if err != nil {
		return err
	}
	http.Redirect(w, r.Request, next, http.StatusSeeOther)
	return nil
}

func find(r *page.Request, q string) (next string, err error) {
	switch {
	case q == "":
		return listPath, nil
	case strings.Contains(q, "@"):
		return listPath + "?" + url.Values{"email": {q}}.Encode(), nil
	case strings.HasPrefix(q, "po_"):
		return page.Root + "/payouts/" + url.PathEscape(q), nil
	case isRefund(q):
		var found refundsPage
		if err := r.API.Get(r.Context(), "/v1/refunds", url.Values{"q": {q}}, &found); err != nil && !isRefusal(err) {
			return "", err
		}
		if len(found.Refunds) == 1 {
			return refundsPath + "/" + found.Refunds[0].ID, nil
		}
	}
	var found bookingsPage
	if err := r.API.Get(r.Context(), "/v1/bookings", url.Values{"q": {q}}, &found); err != nil && !isRefusal(err) {
		return "", err
	}
	if len(found.Bookings) == 1 {
		return storyPath(found.Bookings[0].Reference), nil
	}
	if strings.HasPrefix(q, "evt_") {
		return page.Root + "/events/" + url.PathEscape(q), nil
	}
	return listPath + "?" + url.Values{"q": {q}}.Encode(), nil // which says that nothing was found, or what is wrong
}

func isRefund(q string) bool {
	for _, prefix := range []string{"RF-", "re_", "pyr_"} {
		if strings.HasPrefix(q, prefix) {
			return true
		}
	}
	return false
}

func isRefusal(err error) bool {
	var problem *caller.Problem
	return errors.As(err, &problem) && problem.Status == http.StatusUnprocessableEntity
}

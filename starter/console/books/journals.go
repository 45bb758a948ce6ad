package books

import (
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/a-h/templ"

	"farebook/money"
	"farebook/starter/console/caller"
	"farebook/starter/console/page"
)

// journal is a manual journal.
type journal struct {
	Key         string         `json:"key"`
	Reason      string         `json:"reason"`
	EffectiveAt time.Time      `json:"effectiveAt"`
	Entries     []journalEntry `json:"entries"`
}

type journalEntry struct {
	Account string      `json:"account"`
	Side    string      `json:"side"`
	Amount  money.Money `json:"amount"`
}

const (
	// usualLines is how many lines the form has at first, and how many more it gets at once. The API takes maxLines.
	usualLines = 4
	maxLines   = 100
)

// lines is how many lines the form has.
func lines(r *page.Request) int {
	asked, err := strconv.Atoi(r.Q("lines"))
	if err != nil {
		return usualLines
	}
	return min(max(asked, usualLines), maxLines)
}

func showJournals(r *page.Request) (templ.Component, error) {
	shown, err := readPeriods(r)
	if err != nil {
		return nil, err
	}
	return r.Page(r.T("books.journals"), journalsPage(r, shown.of("journal"))), nil
}

// field is a field of a line, as the API names it.
func field(line int, name string) string { return fmt.Sprintf("entries[%d].%s", line, name) }

func postJournal(r *page.Request) (string, error) {
	asked, err := journalOf(r)
	if err != nil {
		return "", err
	}
	var posted struct {
		LedgerID uint64
		Waits    bool
	}
	err = r.API.Send(r.Context(), http.MethodPost, ledgerAPI+"/journals", r.Key(), asked, &posted)
	if posted.Waits || err != nil {
		return journalsPath, err
	}
	return entriesPath + "/" + strconv.FormatUint(posted.LedgerID, 10), nil
}

// journalBody is a journal as it is sent: the time may be one that the API refuses.
type journalBody struct {
	Key         string         `json:"key"`
	Reason      string         `json:"reason"`
	EffectiveAt string         `json:"effectiveAt"`
	Entries     []journalEntry `json:"entries"`
}

// journalOf reads the form; lines without an amount are left out.
func journalOf(r *page.Request) (journalBody, error) {
	asked := journalBody{
		Key: r.Field("key"), Reason: r.Field("reason"), EffectiveAt: r.Instant(r.Field("effectiveAt")), Entries: []journalEntry{},
	}
	var wrong []caller.Field
	for line := range maxLines {
		text := r.Field(field(line, "amount.value"))
		if text == "" {
			continue
		}
		currency := money.Currency(r.Field(field(line, "amount.currency")))
		amount, err := money.ParseDecimal(text, currency)
		if err != nil {
			wrong = append(wrong, caller.Field{
				Location: "body." + field(line, "amount.value"),
				Message:  r.T("books.journal.amount.wrong", "Amount", text, "Currency", string(currency)),
			})
		}
		asked.Entries = append(asked.Entries, journalEntry{r.Field(field(line, "account")), r.Field(field(line, "side")), amount})
	}
	if len(wrong) > 0 {
		return asked, caller.Refused(wrong...)
	}
	return asked, nil
}

func approveJournal(r *page.Request) (string, error) {
	var posted struct{ LedgerID uint64 }
	path := ledgerAPI + "/journals/" + r.PathValue("key") + "/approve"
	if err := r.API.Send(r.Context(), http.MethodPost, path, r.Key(), nil, &posted); err != nil {
		return "", err
	}
	return entriesPath + "/" + strconv.FormatUint(posted.LedgerID, 10), nil
}

// usualSide has the first line debited and the others credited.
func usualSide(line int) string {
	if line == 0 {
		return "debit"
	}
	return "credit"
}

// entries are the lines of the journal as a page shows entries.
func (j journal) entries() []entry {
	all := make([]entry, len(j.Entries))
	for i, one := range j.Entries {
		all[i] = entry{Account: one.Account, Side: one.Side, Amount: one.Amount.Value, Currency: string(one.Amount.Currency)}
	}
	return all
}

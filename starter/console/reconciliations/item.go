package reconciliations

import (
	"net/http"

	"github.com/a-h/templ"

	"farebook/access"
	"farebook/ledger"
	"farebook/starter/console/page"
)

func apiItem(r *page.Request) string { return "/v1/reconciliation-items/" + r.PathValue("id") }

func showItem(r *page.Request) (templ.Component, error) {
	var shown struct {
		Item item
		Run  summary
	}
	if err := r.API.Get(r.Context(), apiItem(r), nil, &shown); err != nil {
		return nil, err
	}
	draft, err := draftOf(r, shown.Item.ID, r.Q("account"))
	if err != nil {
		return nil, err
	}
	return r.Page(r.T("reconciliations.item", "Number", r.PathValue("id")), itemPage(r, shown.Item, shown.Run, draft)), nil
}

// mayDecide reports whether the person may decide about items.
func mayDecide(r *page.Request) bool {
	return r.Person.May(access.OperationsWrite) || r.Person.May(access.ReconciliationWrite)
}

func resolve(r *page.Request) (string, error) { return decide(r, "/resolve", nil) }
func reopen(r *page.Request) (string, error)  { return decide(r, "/reopen", nil) }

func post(r *page.Request) (string, error) {
	more := map[string]string{"account": r.Field("account")}
	if at := r.Field("effectiveAt"); at != "" {
		more["effectiveAt"] = r.Instant(at)
	}
	return decide(r, "/post", more)
}

func decide(r *page.Request, action string, more map[string]string) (string, error) {
	body := map[string]string{"note": r.Field("note")}
	for name, value := range more {
		body[name] = value
	}
	err := r.API.Send(r.Context(), http.MethodPost, apiItem(r)+action, r.Key(), body, nil)
	return itemsPath + "/" + r.PathValue("id"), err
}

// accountOptions are the accounts that corrections are posted against.
func accountOptions() []page.Option {
	all := make([]page.Option, len(ledger.CorrectionAccounts))
	for i, account := range ledger.CorrectionAccounts {
		all[i] = page.Option{Value: string(account), Text: string(account)}
	}
	return all
}

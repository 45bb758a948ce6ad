// Package reconciliations has the pages of reconciliations: the runs, what each found, its plan, decisions about items, and the schedule.
// It imports access, ledger, money, templ, and caller, lists and page of the console.
package reconciliations

import (
	"net/http"
	"net/url"
	"strconv"

	"github.com/a-h/templ"

	"farebook/access"
	"farebook/starter/console/lists"
	"farebook/starter/console/page"
)

const (
	runsPath     = page.Root + "/reconciliations"
	itemsPath    = page.Root + "/reconciliation-items"
	schedulePath = page.Root + "/schedule"
)

// Routes adds the pages of this package.
func Routes(site *page.Site) {
	site.Nav(60, "reconciliations.title", runsPath, access.ReconciliationRead)
	site.Get(runsPath, list)
	site.Post(runsPath, start)
	site.Get(runsPath+"/{id}", show)
	site.Get(runsPath+"/{id}/progress", showProgress)
	site.Post(runsPath+"/{id}/apply", apply)
	site.Get(itemsPath+"/{id}", showItem)
	site.Post(itemsPath+"/{id}/resolve", resolve)
	site.Post(itemsPath+"/{id}/post", post)
	site.Post(itemsPath+"/{id}/reopen", reopen)
	site.Get(schedulePath, showSchedule)
	site.Post(schedulePath+"/{action}", changeSchedule)
}

// pageSize is how many runs or items a page has.
const pageSize = "20"

func list(r *page.Request) (templ.Component, error) {
	query := r.Query("status", "after")
	query.Set("limit", pageSize)
	var found struct {
		Reconciliations []summary
		HasMore         bool
		Next            string
	}
	if err := r.API.Get(r.Context(), "/v1/reconciliations", query, &found); err != nil {
		return nil, err
	}
	bar, err := lists.Bar(r, "reconciliations", r.Query("status"))
	if err != nil {
		return nil, err
	}
	return r.Page(r.T("reconciliations.title"), listPage(r, found.Reconciliations, bar, next(found.HasMore, found.Next))), nil
}

// next is the cursor of the next page; empty for the last one.
func next(hasMore bool, cursor string) string {
	if !hasMore {
		return ""
	}
	return cursor
}

type options struct {
	DryRun       bool   `json:"dryRun"`
	Scope        string `json:"scope"`
	LookbackDays int    `json:"lookbackDays"`
	Limit        int    `json:"limit"`
}

type started struct{ CorrelationID string }

func start(r *page.Request) (string, error) {
	asked := options{DryRun: r.Field("mode") != "heal", Scope: r.Field("scope")}
	asked.LookbackDays, _ = strconv.Atoi(r.Field("lookbackDays")) // the API says what is wrong with 0
	asked.Limit, _ = strconv.Atoi(r.Field("limit"))               // 0 is every open payment
	var run started
	err := r.API.Send(r.Context(), http.MethodPost, "/v1/reconciliations", r.Key(), asked, &run)
	return runPath(run.CorrelationID), err
}

func runPath(id string) string { return runsPath + "/" + url.PathEscape(id) }

func itemPath(id uint64) string { return itemsPath + "/" + strconv.FormatUint(id, 10) }

func apiRun(r *page.Request) string {
	return "/v1/reconciliations/" + r.PathValue("id")
}

func apply(r *page.Request) (string, error) {
	var run started
	err := r.API.Send(r.Context(), http.MethodPost, apiRun(r)+"/apply", r.Key(), nil, &run)
	return runPath(run.CorrelationID), err
}

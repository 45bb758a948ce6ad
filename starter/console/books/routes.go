// Package books has the pages of the ledger: the reports of finance with their entries, months, and manual journals. It imports access,
// ledger, money, templ, and caller, lists and page of the console.
package books

import (
	"github.com/a-h/templ"

	"farebook/access"
	"farebook/starter/console/page"
)

const (
	booksPath      = page.Root + "/books"
	reportsPath    = booksPath + "/reports"
	statementsPath = booksPath + "/statements"
	payoutsPath    = booksPath + "/payouts"
	entriesPath    = booksPath + "/transactions"
	monthsPath     = booksPath + "/months"
	journalsPath   = booksPath + "/journals"
	filesPath      = booksPath + "/files"
)

// Routes adds the pages of this package.
func Routes(site *page.Site) {
	site.Nav(70, "books.title", booksPath, access.FinanceRead)
	site.Get(booksPath, index)
	site.Get(reportsPath+"/{report}", showReport)
	site.Get(statementsPath+"/{account}", showStatement)
	site.Get(payoutsPath+"/{payout}", showPayout)
	site.Get(entriesPath+"/{id}", showTransaction)
	site.Download(filesPath+"/reports/{report}", downloadReport)
	site.Download(filesPath+"/statements/{account}", downloadStatement)
	site.Download(filesPath+"/payouts/{payout}", downloadPayout)
	site.Download(filesPath+"/ledger", downloadLedger)
	site.Get(monthsPath, listMonths)
	site.Get(monthsPath+"/{month}", showMonth)
	site.Post(monthsPath+"/{month}/close", proposeClose)
	site.Post(monthsPath+"/{month}/close/approve", approveMonth("/close/approve"))
	site.Post(monthsPath+"/{month}/reopen", proposeReopen)
	site.Post(monthsPath+"/{month}/reopen/approve", approveMonth("/reopen/approve"))
	site.Get(journalsPath, showJournals)
	site.Post(journalsPath, postJournal)
	site.Post(journalsPath+"/{key}/approve", approveJournal)
}

func index(r *page.Request) (templ.Component, error) {
	return r.Page(r.T("books.title"), indexPage(r)), nil
}

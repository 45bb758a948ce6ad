package books

import (
	"strings"

	"farebook/ledger"
	"farebook/starter/console/page"
)

// columns are those of a table by the ids of their texts; + at the end of one aligns it to the end of the line.
func columns(r *page.Request, names ...string) []page.Column {
	return page.Columns(func(name string) string { return r.T("books.column." + name) }, names...)
}

// headings are the columns of a report: in words where the console has some, and as the file names them otherwise.
func headings(r *page.Request, shown report) []page.Column {
	all := make([]page.Column, len(shown.columns))
	for i, name := range shown.columns {
		all[i] = page.Column{Text: r.Words.Or(strings.ReplaceAll(name, "_", " "), "books.column."+name), End: numeric(name)}
	}
	return all
}

func basisOptions(r *page.Request) []page.Option {
	bases := []string{"effective", "posted", "period"}
	return page.Choices(r.T("books.basis.usual"), bases, func(basis string) string { return r.T("books.basis." + basis) })
}

func sideOptions(r *page.Request) []page.Option {
	return []page.Option{{Value: "debit", Text: r.T("books.column.debit")}, {Value: "credit", Text: r.T("books.column.credit")}}
}

func accounts() []string { return names(ledger.Accounts) }

// journalOptions are the accounts that a manual journal may post to.
func journalOptions() []page.Option {
	return page.Choices("", names(ledger.JournalAccounts()), func(name string) string { return name })
}

func names(accounts []ledger.Account) []string {
	all := make([]string, len(accounts))
	for i, account := range accounts {
		all[i] = string(account)
	}
	return all
}

// ids are what a transaction is about, with the ids of their texts.
func (t transaction) ids() []page.Option {
	var all []page.Option
	for _, one := range []page.Option{
		{Value: t.Transaction.PaymentIntentID, Text: "books.paymentIntent"},
		{Value: t.Transaction.ObjectID, Text: "books.object"},
		{Value: t.Transaction.BalanceTransactionID, Text: "books.balanceTransaction"},
	} {
		if one.Value != "" {
			all = append(all, one)
		}
	}
	return all
}

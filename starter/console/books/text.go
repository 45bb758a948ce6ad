package books

import (
	"strings"

	"farebook/ledger"
	"farebook/starter/console/page"
)

// columns are those of a table by the ids of their texts; + at the end of one aligns it to the end of the line.
func columns(r *page.Request, ids ...string) []page.Column {
	all := make([]page.Column, len(ids))
	for i, id := range ids {
		name, end := strings.CutSuffix(id, "+")
		all[i] = page.Column{Text: r.T("books.column." + name), End: end}
	}
	return all
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
	all := []page.Option{{Text: r.T("books.basis.usual")}}
	for _, basis := range []string{"effective", "posted", "period"} {
		all = append(all, page.Option{Value: basis, Text: r.T("books.basis." + basis)})
	}
	return all
}

func sideOptions(r *page.Request) []page.Option {
	return []page.Option{{Value: "debit", Text: r.T("books.column.debit")}, {Value: "credit", Text: r.T("books.column.credit")}}
}

func accounts() []string { return names(ledger.Accounts) }

// journalOptions are the accounts that a manual journal may post to.
func journalOptions() []page.Option {
	var all []page.Option
	for _, name := range names(ledger.JournalAccounts()) {
		all = append(all, page.Option{Value: name, Text: name})
	}
	return all
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

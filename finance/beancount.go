package finance

import (
	"fmt"
	"io"
	"strings"

	"farebook/ledger"
)

// beancount writes a journal for beancount (beancount.github.io): every account is opened, and the closings are asserted without the
// tolerance that beancount otherwise infers from the number of decimals.
type beancount struct{ journalBook }

// NewBeancount writes a journal for beancount.
func NewBeancount(out io.Writer) Journal { return &beancount{journalBook{out: out}} }

// Begin declares what the journal has, and writes the openings.
func (b *beancount) Begin(i Interval, lines []TrialLine) error {
	b.interval, b.lines = i, lines
	b.print(`option "title" "Farebook's ledger by `, string(i.Basis), ` date, days in `, i.Zone.String(), `"`)
	day := b.firstDay()
	for _, currency := range b.currencies() {
		b.print(day, " commodity ", string(currency))
	}
	accounts, currencies := b.accounts()
	for _, account := range accounts {
		b.print(day, " open ", beancountName(account), " ", strings.Join(currencies[account], ","))
	}
	if b.hasOpening() {
		b.print("\n", day, ` * "opening balances"`)
		for _, line := range lines {
			if line.Opening != 0 {
				b.print("  ", beancountName(line.Account), "  ", posting(line.Opening, line.Currency))
			}
		}
	}
	return b.err
}

// beancountRoots are the names that beancount demands of the kinds of accounts.
var beancountRoots = map[string]string{
	"asset": "Assets", "liability": "Liabilities", "equity": "Equity", "income": "Income", "expense": "Expenses",
}

// beancountName is an account in beancount's spelling: each part begins with a capital letter, and none has an underscore.
func beancountName(account ledger.Account) string {
	kind, name, _ := strings.Cut(string(account), ":")
	parts := strings.Split(name, "_")
	for i, part := range parts {
		if part != "" {
			parts[i] = strings.ToUpper(part[:1]) + part[1:]
		}
	}
	return beancountRoots[kind] + ":" + strings.Join(parts, "-")
}

// Add writes a transaction with its ledger id as metadata, and of a late one when it took effect.
func (b *beancount) Add(t Posted) error {
	b.print("\n", b.interval.Day(t.Date), ` * "`, words(t.Description), `"`)
	b.print(fmt.Sprintf("  ledger: \"%d\"", t.ID))
	b.print(`  type: "`, string(t.Type), `"`)
	if t.BalanceTransactionID != "" {
		b.print(`  txn: "`, words(t.BalanceTransactionID), `"`)
	}
	if late := t.lateDay(b.interval); late != "" {
		b.print("  effective: ", late)
	}
	for _, entry := range t.Entries {
		b.print("  ", beancountName(entry.Account), "  ", posting(entry.Signed(), entry.Currency))
	}
	return b.err
}

// End asserts the closings a day later, because beancount checks a balance at the beginning of its day.
func (b *beancount) End() error {
	b.print()
	after := b.interval.Day(b.lastDay().In(b.interval.Zone).AddDate(0, 0, 1))
	for _, line := range b.lines {
		b.print(after, " balance ", beancountName(line.Account), "  ", amountWithin(line), " ", string(line.Currency))
	}
	return b.err
}

// amountWithin is a closing with a tolerance of zero.
func amountWithin(line TrialLine) string {
	amount, _, _ := strings.Cut(posting(line.Closing, line.Currency), " ")
	return amount + " ~ 0"
}

package main

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"farebook/ledger"
	"farebook/money"
)

// columnWidth is of one side of a T-account, in characters.
const columnWidth = 18

// tAccount is one account in one currency, drawn as in a textbook: debits on the left, credits on the right, the balance below.
type tAccount struct {
	account         ledger.Account
	currency        money.Currency
	debits, credits []int64
}

// tAccounts draws the accounts that transactions change, in the order of the chart of accounts, and within an account the currencies
// in the order in which they first occur.
func tAccounts(transactions []ledger.Transaction) string {
	var drawn []string
	for _, account := range ledger.Accounts {
		for _, t := range collect(transactions, account) {
			drawn = append(drawn, t.draw())
		}
	}
	return strings.Join(drawn, "\n")
}

func collect(transactions []ledger.Transaction, account ledger.Account) []*tAccount {
	var found []*tAccount
	byCurrency := map[money.Currency]*tAccount{}
	for _, transaction := range transactions {
		for _, entry := range transaction.Entries {
			if entry.Account != account {
				continue
			}
			t := byCurrency[entry.Currency]
			if t == nil {
				t = &tAccount{account: account, currency: entry.Currency}
				byCurrency[entry.Currency] = t
				found = append(found, t)
			}
			if entry.Side == ledger.Debit {
				t.debits = append(t.debits, entry.Amount)
			} else {
				t.credits = append(t.credits, entry.Amount)
			}
		}
	}
	return found
}

func (t *tAccount) draw() string {
	var out strings.Builder
	title := fmt.Sprintf("%s, %s", t.account, t.currency)
	line(&out, strings.Repeat(" ", max(0, (2*columnWidth+1-len(title))/2))+title)
	line(&out, strings.Repeat("─", columnWidth)+"┬"+strings.Repeat("─", columnWidth))
	for i := range max(len(t.debits), len(t.credits)) {
		line(&out, t.column(t.debits, i)+"│"+t.column(t.credits, i))
	}
	line(&out, strings.Repeat("─", columnWidth)+"┼"+strings.Repeat("─", columnWidth))
	switch balance := sum(t.debits) - sum(t.credits); {
	case balance < 0:
		line(&out, strings.Repeat(" ", columnWidth)+"│"+pad(money.Text(-balance, t.currency)))
	default:
		line(&out, pad(money.Text(balance, t.currency))+"│")
	}
	return out.String()
}

func (t *tAccount) column(amounts []int64, i int) string {
	if i >= len(amounts) {
		return strings.Repeat(" ", columnWidth)
	}
	return pad(money.Text(amounts[i], t.currency))
}

// pad aligns text to the right of its column, with a margin.
func pad(text string) string {
	return strings.Repeat(" ", max(0, columnWidth-2-utf8.RuneCountInString(text))) + text + "  "
}

func line(out *strings.Builder, text string) { out.WriteString(strings.TrimRight(text, " ") + "\n") }

func sum(amounts []int64) int64 {
	var total int64
	for _, amount := range amounts {
		total += amount
	}
	return total
}

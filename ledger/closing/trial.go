// Package closing is the close of a month: its trial balance, what was decided about it and by whom, and the digests that a later change
// breaks. It imports ledger, ledger/seal and money, and does no I/O.
package closing

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"

	"farebook/ledger"
	"farebook/ledger/seal"
	"farebook/money"
)

// Line is an account in one currency. Opening and Closing are debits less credits before and after the month. All are minor units.
type Line struct {
	Account  ledger.Account `json:"account"`
	Currency money.Currency `json:"currency"`
	Opening  int64          `json:"opening"`
	Debit    int64          `json:"debit"`
	Credit   int64          `json:"credit"`
	Closing  int64          `json:"closing"`
}

// Trial is the trial balance of a month, with how many transactions and entries it sums up.
type Trial struct {
	Period       ledger.Period
	Zone         string // the time zone of the books
	Transactions uint64
	Entries      uint64
	Lines        []Line // by account and currency, without accounts that had and have nothing
}

// Movement is what a month debits and credits to an account in one currency.
type Movement struct {
	Account       ledger.Account
	Currency      money.Currency
	Debit, Credit int64
}

// NewTrial returns the trial balance of openings and movements. Several movements of an account are added up.
func NewTrial(period ledger.Period, zone string, openings []Line, movements []Movement) Trial {
	type key struct {
		ledger.Account
		money.Currency
	}
	lines := map[key]Line{}
	for _, opening := range openings {
		lines[key{opening.Account, opening.Currency}] = Line{
			Account: opening.Account, Currency: opening.Currency, Opening: opening.Closing, Closing: opening.Closing,
		}
	}
	for _, moved := range movements {
		line := lines[key{moved.Account, moved.Currency}]
		line.Account, line.Currency = moved.Account, moved.Currency
		line.Debit, line.Credit = line.Debit+moved.Debit, line.Credit+moved.Credit
		line.Closing += moved.Debit - moved.Credit
		lines[key{moved.Account, moved.Currency}] = line
	}
	t := Trial{Period: period, Zone: zone}
	for _, line := range lines {
		if line.Opening != 0 || line.Debit != 0 || line.Credit != 0 {
			t.Lines = append(t.Lines, line)
		}
	}
	slices.SortFunc(t.Lines, func(a, b Line) int {
		return cmp.Or(cmp.Compare(a.Account, b.Account), cmp.Compare(a.Currency, b.Currency))
	})
	return t
}

// Check returns an error when, in a currency, debits do not equal credits, or the balances do not add up to zero.
func (t Trial) Check() error {
	moved, balance := map[money.Currency]int64{}, map[money.Currency]int64{}
	for _, line := range t.Lines {
		moved[line.Currency] += line.Debit - line.Credit
		balance[line.Currency] += line.Closing
		if line.Opening+line.Debit-line.Credit != line.Closing {
			return fmt.Errorf("%s %s: opening and movements are not the closing balance", line.Account, line.Currency)
		}
	}
	for currency, rest := range moved {
		if rest != 0 || balance[currency] != 0 {
			return fmt.Errorf("%s: debits and credits differ by %s, and the balances by %s", currency, money.Text(rest, currency),
				money.Text(balance[currency], currency))
		}
	}
	return nil
}

// Text is the trial balance as text, one line an account and currency. Two trial balances are the same when their texts are.
func (t Trial) Text() string {
	var out strings.Builder
	fmt.Fprintf(&out, "period: %s\n", t.Period)
	fmt.Fprintf(&out, "time zone: %s\n", t.Zone)
	fmt.Fprintf(&out, "transactions: %d\n", t.Transactions)
	fmt.Fprintf(&out, "entries: %d\n", t.Entries)
	for _, line := range t.Lines {
		decimal := func(value int64) string { return money.Money{Value: value, Currency: line.Currency}.Decimal() }
		fmt.Fprintf(&out, "balance: %s %s opening %s debit %s credit %s closing %s\n", line.Account, line.Currency,
			decimal(line.Opening), decimal(line.Debit), decimal(line.Credit), decimal(line.Closing))
	}
	return out.String()
}

// Digest is the SHA-256 of the text.
func (t Trial) Digest() seal.Digest { return digestOf(t.Text()) }

func digestOf(text string) seal.Digest { return sha256.Sum256([]byte(text)) }

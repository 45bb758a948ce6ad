package view

import (
	"slices"
	"strings"

	"farebook/ledger"
)

// CorrectionAccounts returns the accounts that corrections are posted against, joined for a message: "a, b, c".
func CorrectionAccounts() string {
	names := make([]string, len(ledger.CorrectionAccounts))
	for i, account := range ledger.CorrectionAccounts {
		names[i] = string(account)
	}
	return strings.Join(names, ", ")
}

// IsCorrectionAccount reports whether corrections are posted against an account.
func IsCorrectionAccount(name string) bool {
	return slices.Contains(ledger.CorrectionAccounts, ledger.Account(name))
}

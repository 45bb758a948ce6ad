package main

import (
	"fmt"
	"strings"

	"farebook/ledger"
	"farebook/money"
)

// journal formats a transaction as a table of its entries.
func journal(t ledger.Transaction) string {
	var out strings.Builder
	object := "without an object: at most one for each PaymentIntent"
	if t.ObjectID != "" {
		object = "object `" + t.ObjectID + "`"
	}
	fmt.Fprintf(&out, "\nType `%s`, %s.\n\n| account | debit | credit |\n|---|---:|---:|\n", t.Type, object)
	for _, entry := range t.Entries {
		debit, credit := money.Text(entry.Amount, entry.Currency), ""
		if entry.Side == ledger.Credit {
			debit, credit = credit, debit
		}
		fmt.Fprintf(&out, "| `%s` | %s | %s |\n", entry.Account, debit, credit)
	}
	return out.String()
}

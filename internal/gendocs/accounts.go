package main

import (
	"fmt"
	"strings"

	"farebook/booking"
	"farebook/ledger"
)

// example is a business event as the ledger's rules post it.
type example struct {
	title, story string
	post         func() (ledger.Transaction, error)
}

func paid(balance *booking.BalanceTransaction) booking.PaymentSnapshot {
	return booking.PaymentSnapshot{
		PaymentIntentID: "pi_1", StripeStatus: "succeeded", Reference: "FB-7K2M9QXA", Amount: 45900, AmountReceived: 45900,
		Currency: "USD", ChargeID: "ch_1", Balance: balance,
	}
}

var (
	settled = &booking.BalanceTransaction{ID: "txn_1", Amount: 45900, Fee: 1361, Net: 44539, Currency: "USD"}
	foreign = &booking.BalanceTransaction{ID: "txn_1", Amount: 42210, Fee: 1254, Net: 40956, Currency: "EUR"}
)

var examples = []example{
	{"Payment, fee known", "A booking of $459.00 is paid; Stripe's balance transaction is there at once.",
		func() (ledger.Transaction, error) { return ledger.Payment(paid(settled)) }},
	{"Payment, fee not known yet", "The same with asynchronous capture: there is no balance transaction yet.",
		func() (ledger.Transaction, error) { return ledger.Payment(paid(nil)) }},
	{"Fee, later", "Its balance transaction has come.",
		func() (ledger.Transaction, error) { return ledger.Fee(paid(settled)) }},
	{"Payment settled in another currency", "The account settles in euros: the dollars pass through suspense.",
		func() (ledger.Transaction, error) { return ledger.Payment(paid(foreign)) }},
}

func accounts() string {
	var out strings.Builder
	out.WriteString("# Ledger\n\n" + generated)
	out.WriteString("Double entry, append-only. A row of `financial_ledger` is a transaction, its lines are `ledger_entries`; in each\n" +
		"currency of a transaction debits equal credits. `asset:stripe_clearing` equals Stripe's own balance, pending and available\ntogether.\n\n" +
		"Amounts below are in minor units.\n")
	for _, e := range examples {
		fmt.Fprintf(&out, "\n## %s\n\n%s\n\n", e.title, e.story)
		transaction, err := e.post()
		if err != nil {
			fmt.Fprintf(&out, "refused: %v\n", err)
			continue
		}
		fmt.Fprintf(&out, "Type `%s`.\n\n| account | currency | debit | credit |\n|---|---|---:|---:|\n", transaction.Type)
		for _, entry := range transaction.Entries {
			debit, credit := fmt.Sprint(entry.Amount), ""
			if entry.Side == ledger.Credit {
				debit, credit = credit, debit
			}
			fmt.Fprintf(&out, "| `%s` | %s | %s | %s |\n", entry.Account, entry.Currency, debit, credit)
		}
	}
	return out.String()
}

package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"farebook/ledger"
)

// ledgerPage is the text of docs/ledger.md: the rules, the two dates, the accounts, the categories and the examples.
func ledgerPage() (string, error) {
	var out strings.Builder
	out.WriteString("# Ledger\n\n" + generated)
	out.WriteString(`The ledger is double-entry and append-only. A row of ` + "`financial_ledger`" +
		` is a transaction, and its entries are rows of
` + "`ledger_entries`" + `. Four rules hold at every moment:

1. In each currency of a transaction, debits equal credits.
2. An amount is positive, in minor units as Stripe counts them; the side (debit or credit) is its direction.
3. Every movement at Stripe is posted once: type, PaymentIntent and Stripe object are unique per booking
   (` + "`idx_ledger_unique_stripe_entry`" + `); a transaction without a booking, such as a payout, has a unique operation key.
4. No row is changed or removed; a correction is another transaction. The application's database user has no right to do otherwise.

Each of Stripe's balance transactions is posted by its reporting category, when Stripe's balance has changed and not when an object's
state has. The clearing account therefore equals Stripe's balance, pending and available together, after every event below.

## Two dates

Each transaction has ` + "`posted_at`" + `, when Farebook posted it, and ` + "`effective_at`" + `, when it took effect. A report by ` +
		"`posted_at`" + ` never changes
after its period has ended. By ` + "`effective_at`" +
		`, the clearing account at any time equals Stripe's balance at that time, however late an event
arrived. ` + "`effective_basis`" + ` names the source of the date:

| basis | the date is | used for |
|---|---|---|
| ` + "`balance_transaction`" +
		` | the creation of Stripe's balance transaction | every transaction that changes Stripe's balance, and its correction; a reversal has the date of the reversed transaction |
| ` + "`stripe`" + ` | the creation of Stripe's event or charge | a payment whose balance transaction arrives later; a bank debit that succeeds; a lost dispute at the time of its decision, and not before its money moved |
| ` + "`person`" + ` | the time of an operator's decision, or ` + "`--effective-at`" +
		` | a correction of a balance transaction that Stripe does not have |
| ` + "`booking`" + ` | the time of a cancellation, of a refund's request, of the departure, or of an agent's ticketing | what is owed or earned because of it |
| ` + "`posted`" + ` | ` + "`posted_at`" +
		` | a decision of Stripe that was read without an event; a row of an older release for which no better date is known |

Releases before these columns left both empty. ` + "`starter migrate`" +
		` dates such rows in ranges of ids: by another transaction of the same
balance transaction, otherwise by the stored event that led to the posting, otherwise by ` + "`posted_at`" + `. ` + "`starter verify`" +
		` counts the rows that
remain: repeat ` + "`starter migrate`" + ` when no process of the older release is running.

Each transaction also has a ` + "`period`" + `, a month of the books (UTC, or ` + "`BOOKS_TIME_ZONE`" + `, which the first close fixes): the month in
which it takes effect, or the first open one if that month is closed when it is posted. Such a transaction is late; its ` +
		"`effective_at`" + ` is
true all the same. It never changes, so that a closed month never does. ` + "`starter migrate`" + ` completes rows of an older release, and no
month is closed before.

## Chart of accounts

Each account has one balance for each currency.

| account | increased by | balance |
|---|---|---|
`)
	for _, account := range ledger.Accounts {
		fmt.Fprintf(&out, "| `%s` | %s | %s |\n", account, account.NormalSide(), meanings[account])
	}
	out.WriteString(postingRules())
	out.WriteString(categories())
	examples, err := businessEvents()
	if err != nil {
		return "", err
	}
	out.WriteString(examples)
	return out.String(), nil
}

// postingRules is the table of the rules in plain words, which a booking's story shows beside each posting.
func postingRules() string {
	var out strings.Builder
	out.WriteString(`
## Posting rules

Why a transaction is posted, by its type. A booking's story (` + "`GET /v1/bookings/{reference}/story`" + `) shows the rule beside each posting.

| type | why |
|---|---|
`)
	for _, kind := range slices.Sorted(maps.Keys(ledger.Rules)) {
		fmt.Fprintf(&out, "| `%s` | %s |\n", kind, ledger.Rules[kind])
	}
	return out.String()
}

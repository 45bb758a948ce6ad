package main

import (
	"fmt"
	"slices"
	"strings"

	"farebook/ledger"
)

// event is an example of a business event and the transactions that the posting rules make of it.
type event struct {
	title, story string
	post         func() ([]ledger.Transaction, error)
}

// events are all examples, in the order of the page.
var events = slices.Concat(paymentEvents, refundEvents, agentEvents, disputeEvents, payoutEvents, feeEvents, correctionEvents)

// businessEvents is the section that shows each example as a journal and as T-accounts.
func businessEvents() (string, error) {
	var out strings.Builder
	out.WriteString("\n## Business events\n\nEach event is shown as a journal and as the T-accounts that result: debits on the left, " +
		"credits on the right, the balance below.\n")
	for _, e := range events {
		transactions, err := e.post()
		if err != nil {
			return "", fmt.Errorf("%s: %w", e.title, err)
		}
		fmt.Fprintf(&out, "\n### %s\n\n%s\n", e.title, e.story)
		for _, transaction := range transactions {
			out.WriteString(journal(transaction))
		}
		out.WriteString("\n```text\n" + tAccounts(transactions) + "```\n")
	}
	return out.String(), nil
}

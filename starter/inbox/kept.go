package inbox

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
)

// keptOf lists, by the type of data.object, what is stored of an event beside what the inbox reads: what an operator who looks at
// an event needs to understand it. Amounts and states only: names, addresses, descriptions and client secrets stay at Stripe.
var keptOf = map[string][]string{
	"payment_intent": {
		"amount_received", "amount_capturable", // how far the payment is
		"capture_method", "latest_charge",
		"canceled_at", "cancellation_reason", // who ended it
		"last_payment_error.code", "last_payment_error.decline_code", // why it was declined
	},
	"charge": {
		"amount_captured", "paid", "refunded", "disputed", // what became of the money
		"balance_transaction",                            // whether it is settled, and where to find its fee
		"failure_code", "outcome.type", "outcome.reason", // why it was declined
	},
	"refund": {
		"charge", "balance_transaction", "reason",
		"failure_reason", "failure_balance_transaction", // why it came back, and the posting of that
	},
	"dispute": {
		"charge", "reason", "is_charge_refundable",
		"evidence_details.due_by", "evidence_details.submission_count", // how long an answer is possible, and whether there was one
	},
	"payout": {
		"arrival_date", "automatic", "balance_transaction", "reconciliation_status", // when it arrives, and whether it can be proven
		"failure_code", "failure_balance_transaction", // why it came back, and the posting of that
	},
}

// keptOfAll is stored of every object: where it is, and how much it is about.
var keptOfAll = []string{"status", "amount", "currency", "created"}

// storedEvent is what is stored of an event: an event still, so that the release before this one can read it, too.
type storedEvent struct {
	ID         string `json:"id"`
	Object     string `json:"object"`
	Type       string `json:"type"`
	APIVersion string `json:"api_version"`
	Account    string `json:"account,omitempty"`
	Created    int64  `json:"created"`
	Livemode   bool   `json:"livemode"`
	Data       struct {
		Object map[string]any `json:"object"`
	} `json:"data"`
}

// stored is what is kept of an event's body: nothing of a type that nobody acts on.
func (e Event) stored() []byte {
	if owners[e.Type] == nobody {
		return nil
	}
	kept := storedEvent{
		ID: e.ID, Object: e.Object, Type: e.Type, APIVersion: plainVersion.FindString(e.APIVersion), Account: e.Account, Created: e.Created,
		Livemode: *e.Livemode,
	}
	kept.Data.Object = e.Data.Object.kept()
	body, err := json.Marshal(kept)
	if err != nil {
		return nil // texts, numbers and truth values: it cannot fail
	}
	return body
}

// plainVersion is the part of an API version that the release before this one takes: "2022-08-01; orders_beta=v4" is more.
var plainVersion = regexp.MustCompile(`^[A-Za-z0-9.-]{0,32}`)

// kept begins with what the inbox reads.
func (o *eventObject) kept() map[string]any {
	kept := map[string]any{"id": o.ID, "object": o.Object, "metadata": o.Metadata}
	if o.PaymentIntent != "" {
		kept["payment_intent"] = o.PaymentIntent
	}
	if o.AmountRefunded != nil {
		kept["amount_refunded"] = *o.AmountRefunded
	}
	if o.Captured != nil {
		kept["captured"] = *o.Captured
	}
	for _, path := range slices.Concat(keptOfAll, keptOf[o.Object]) {
		keep(kept, o.fields, strings.Split(path, "."))
	}
	return kept
}

// keep copies the field at a path, if it is a number, a truth value, an enumeration's or an id.
func keep(into map[string]any, from map[string]json.RawMessage, path []string) {
	field, name := from[path[0]], path[0]
	if len(path) > 1 {
		inner := valueOf[map[string]json.RawMessage](field)
		if inner == nil {
			return
		}
		nested, _ := into[name].(map[string]any)
		if nested == nil {
			nested = map[string]any{}
		}
		keep(nested, *inner, path[1:])
		if len(nested) > 0 {
			into[name] = nested
		}
		return
	}
	if value := plain(field); value != nil {
		into[name] = value
	}
}

// plain is nil for what somebody may have typed.
func plain(field json.RawMessage) any {
	if number := valueOf[int64](field); number != nil {
		return *number
	}
	if truth := valueOf[bool](field); truth != nil {
		return *truth
	}
	if id := idOf(field); id != "" {
		return id
	}
	return nil
}

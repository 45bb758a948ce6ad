package inbox

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
)

// keptOf lists, by the type of data.object, the fields that are stored in addition to those that the inbox reads. They help an operator
// to understand the event. They are amounts, states and ids only: names, addresses, descriptions and client secrets stay at Stripe.
var keptOf = map[string][]string{
	"payment_intent": {
		"amount_received", "amount_capturable",
		"capture_method", "latest_charge",
		"canceled_at", "cancellation_reason",
		"last_payment_error.code", "last_payment_error.decline_code", // why it was declined
	},
	"charge": {
		"amount_captured", "paid", "refunded", "disputed",
		"balance_transaction",                            // has the fee
		"failure_code", "outcome.type", "outcome.reason", // why it was declined
	},
	"refund": {
		"charge", "balance_transaction", "reason",
		"failure_reason", "failure_balance_transaction", // the posting of the returned money
	},
	"dispute": {
		"charge", "reason", "is_charge_refundable",
		"evidence_details.due_by", "evidence_details.submission_count", // whether evidence can be, and was, submitted
	},
	"payout": {
		"arrival_date", "automatic", "balance_transaction", "reconciliation_status", // whether it can be proven by its balance transactions
		"failure_code", "failure_balance_transaction", // the posting of the returned money
	},
}

// keptOfAll lists the fields that are stored of every object.
var keptOfAll = []string{"status", "amount", "currency", "created"}

// storedEvent is the payload that is stored. It is a valid event, so that the previous release can read it.
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

// payload returns the part of an event's body that is stored; nil for a type that Farebook does not act on.
func (e Event) payload() []byte {
	if e.Subject.owner == nobody {
		return nil
	}
	kept := storedEvent{
		ID: e.ID, Object: "event", Type: e.Type, APIVersion: plainVersion.FindString(e.APIVersion), Account: e.Account, Created: e.Created,
		Livemode: e.Livemode,
	}
	kept.Data.Object = e.object.kept()
	body, err := json.Marshal(kept)
	if err != nil {
		return nil // strings, numbers and booleans cannot fail
	}
	return body
}

// plainVersion matches the part of an API version that the previous release accepts: without "; orders_beta=v4".
var plainVersion = regexp.MustCompile(`^[A-Za-z0-9.-]{0,32}`)

// kept returns the fields of an object that are stored: those that the inbox reads, and those of keptOf.
func (o eventObject) kept() map[string]any {
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

// keep copies the field at a path if it is a number, a boolean, an enumeration value or an id.
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

// plain returns nil for a value that may be free text.
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

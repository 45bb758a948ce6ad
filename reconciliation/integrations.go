package reconciliation

import (
	"fmt"
	"strings"
	"time"

	"farebook/booking"
)

// Origin is the payment behind a balance transaction, as Stripe has it: a charge, with its PaymentIntent where it has one.
type Origin struct {
	ChargeID        string
	PaymentIntentID string
	Reference       booking.Reference // from the metadata; empty for one that Farebook has not made
	Metadata        map[string]string // the charge's and the PaymentIntent's
	Descriptors     []string          // what the customer's statement says of it
	// Settled is when the charge's balance transaction was created; zero while it has none.
	Settled time.Time
}

// integrationKind is the field of a payment that a rule reads.
type integrationKind string

const (
	byMetadata      integrationKind = "metadata"
	byDescriptor    integrationKind = "descriptor"
	byPaymentIntent integrationKind = "payment_intent"
)

// Integration is one rule that recognises the payments of another integration on the same Stripe account.
type Integration struct {
	kind       integrationKind
	key, value string // of metadata; value is the prefix for the others, and empty for any value of a metadata key
}

// Integrations are the rules, in the order in which they are tried.
type Integrations []Integration

// Stripe's own bounds (stripe.com/docs/api/metadata, stripe.com/docs/get-started/account/statement-descriptors).
const (
	maxMetadataKey   = 40
	maxMetadataValue = 500
	maxDescriptor    = 22
)

// ParseIntegrations reads rules with commas between them: metadata:KEY, metadata:KEY=VALUE, descriptor:PREFIX and
// payment_intent:PREFIX. ownKey is the metadata key that Farebook's payments bear, which no rule may name.
func ParseIntegrations(text, ownKey string) (Integrations, error) {
	var rules Integrations
	for part := range strings.SplitSeq(text, ",") {
		part = strings.TrimSpace(part)
		if part == "" {
			continue
		}
		rule, err := parseIntegration(part, ownKey)
		if err != nil {
			return nil, err
		}
		rules = append(rules, rule)
	}
	return rules, nil
}

func parseIntegration(text, ownKey string) (Integration, error) {
	kind, rest, found := strings.Cut(text, ":")
	rest = strings.TrimSpace(rest)
	rule := Integration{kind: integrationKind(strings.TrimSpace(kind)), value: rest}
	if !found || rest == "" {
		return rule, fmt.Errorf("rule %q has no value: write metadata:KEY, metadata:KEY=VALUE, descriptor:PREFIX or payment_intent:PREFIX", text)
	}
	switch rule.kind {
	case byMetadata:
		rule.key, rule.value, _ = strings.Cut(rest, "=")
		switch {
		case rule.key == "" || len(rule.key) > maxMetadataKey || len(rule.value) > maxMetadataValue:
			return rule, fmt.Errorf("rule %q: a metadata key has 1 to %d bytes and its value up to %d", text, maxMetadataKey, maxMetadataValue)
		case rule.key == ownKey:
			return rule, fmt.Errorf("rule %q: Farebook's own payments bear %s; name a key that the other integration sets", text, ownKey)
		}
	case byDescriptor:
		if len(rest) > maxDescriptor {
			return rule, fmt.Errorf("rule %q: a statement descriptor has %d bytes at most", text, maxDescriptor)
		}
	case byPaymentIntent:
		if !strings.HasPrefix(rest, "pi_") || rest == "pi_" {
			return rule, fmt.Errorf("rule %q: write the beginning of its ids, pi_ and more, as pi_ alone is every PaymentIntent", text)
		}
	default:
		return rule, fmt.Errorf("rule %q reads %q: a rule reads metadata, descriptor or payment_intent", text, kind)
	}
	return rule, nil
}

// String is the rule as it is configured.
func (i Integration) String() string {
	text := string(i.kind) + ":" + i.key
	if i.key != "" && i.value != "" {
		text += "="
	}
	return text + i.value
}

// matches tells whether a payment is the integration's.
func (i Integration) matches(o Origin) bool {
	switch i.kind {
	case byMetadata:
		value, present := o.Metadata[i.key]
		return present && (i.value == "" || value == i.value)
	case byDescriptor:
		for _, descriptor := range o.Descriptors {
			if len(descriptor) >= len(i.value) && strings.EqualFold(descriptor[:len(i.value)], i.value) {
				return true
			}
		}
		return false
	default:
		return strings.HasPrefix(o.PaymentIntentID, i.value)
	}
}

// Of finds the rule that a payment matches. A payment that bears a booking reference of Farebook's matches none, whatever the
// rules say: a database that was restored may not know it yet.
func (rules Integrations) Of(o Origin) (Integration, bool) {
	if o.Reference != "" {
		return Integration{}, false
	}
	for _, rule := range rules {
		if rule.matches(o) {
			return rule, true
		}
	}
	return Integration{}, false
}

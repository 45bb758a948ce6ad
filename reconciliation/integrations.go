package reconciliation

import (
	"fmt"
	"strings"
	"time"

	"farebook/booking"
)

// Origin is the payment behind a balance transaction, as Stripe has it: a charge, and its PaymentIntent if there is one.
type Origin struct {
	ChargeID        string
	PaymentIntentID string
	Reference       booking.Reference // from the metadata; empty if Farebook did not create the payment
	Metadata        map[string]string // of the charge and the PaymentIntent
	Descriptors     []string          // the text on the customer's card statement
	// Settled is the creation time of the charge's balance transaction; zero if it has none yet.
	Settled time.Time
}

// integrationKind is the field of a payment that a rule matches.
type integrationKind string

const (
	byMetadata      integrationKind = "metadata"
	byDescriptor    integrationKind = "descriptor"
	byPaymentIntent integrationKind = "payment_intent"
)

// Integration is a rule that recognises payments of another integration on the same Stripe account.
type Integration struct {
	kind       integrationKind
	key, value string // key is the metadata key, and value its value (empty: any value); for other kinds, value is a prefix
}

// Integrations are rules. The first match wins.
type Integrations []Integration

// Stripe's limits (stripe.com/docs/api/metadata, stripe.com/docs/get-started/account/statement-descriptors).
const (
	maxMetadataKey   = 40
	maxMetadataValue = 500
	maxDescriptor    = 22
)

// ParseIntegrations parses comma-separated rules: metadata:KEY, metadata:KEY=VALUE, descriptor:PREFIX and
// payment_intent:PREFIX. ownKey is the metadata key of Farebook's own payments, which no rule may name.
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

// String returns the rule as it is configured.
func (i Integration) String() string {
	text := string(i.kind) + ":" + i.key
	if i.key != "" && i.value != "" {
		text += "="
	}
	return text + i.value
}

// matches reports whether a payment belongs to the integration.
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

// Of returns the first rule that matches a payment. A payment whose metadata has a Farebook reference matches no rule: a
// restored database may not know the booking yet.
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

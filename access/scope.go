// Package access defines who may ask Farebook for what: the scopes of an API key, the actor behind a request, and the limits of a role.
// store/ stores clients and keys and compares limits, starter/api/ checks the scopes. It imports money only, and does no I/O.
package access

import (
	"fmt"
	"slices"
	"strings"
)

// Scope is one permission of an API key, written "subject:verb".
type Scope string

// The scopes. A key can grant only scopes that it holds.
const (
	BookingsRead        Scope = "bookings:read"
	BookingsWrite       Scope = "bookings:write"
	RefundsWrite        Scope = "refunds:write"
	DisputesWrite       Scope = "disputes:write"
	WebhooksWrite       Scope = "webhooks:write"
	OperationsRead      Scope = "operations:read"
	OperationsWrite     Scope = "operations:write"
	ReconciliationRead  Scope = "reconciliation:read"
	ReconciliationWrite Scope = "reconciliation:write"
	FinanceRead         Scope = "finance:read"
	FinanceWrite        Scope = "finance:write"
	Admin               Scope = "admin"
)

// Rule documents a scope.
type Rule struct {
	Scope Scope
	// Allows completes the sentence "a key with this scope may ...".
	Allows string
}

var rules = []Rule{
	{BookingsRead, "read its client's bookings with payment, refunds, disputes, ledger and evidence"},
	{BookingsWrite, "take bookings and further payments, cancel or capture its client's bookings, and make links to payment pages"},
	{RefundsWrite, "refund its client's bookings"},
	{DisputesWrite, "prepare the evidence for disputes of its client's bookings, and submit it"},
	{WebhooksWrite, "manage its client's webhook endpoints, and read and replay what was sent to them"},
	{OperationsRead, "read every client's bookings, refunds and disputes, payouts, events, emails, reconciliations, webhook endpoints, and " +
		"what needs attention"},
	{OperationsWrite, "act on every client's bookings, if it also has the scope of the action; take, comment on and close what needs " +
		"attention; retry and ignore events, resend emails, stop, start, test and replay webhook endpoints, apply plans, decide items, " +
		"pause and trigger the schedule; propose refunds and corrections"},
	{ReconciliationRead, "read reconciliations"},
	{ReconciliationWrite, "start reconciliations, apply plans, resolve items"},
	{FinanceRead, "read reports, and the ledger and the months of all clients"},
	{FinanceWrite, "propose and approve closes and reopenings of months, and manual journals; send and decline what others have proposed"},
	{Admin, "manage clients and API keys, and read the audit log"},
}

// Rules lists every scope with its description, in the order of the documentation.
func Rules() []Rule { return slices.Clone(rules) }

// Scopes is a set of scopes in the order of Rules, without duplicates.
type Scopes []Scope

// All returns every scope: what an operator may grant on the command line.
func All() Scopes {
	all := make(Scopes, len(rules))
	for i, rule := range rules {
		all[i] = rule.Scope
	}
	return all
}

// ParseScopes parses a comma-separated list of at least one scope. It trims white space, and fails on an unknown name.
func ParseScopes(text string) (Scopes, error) { return NewScopes(strings.Split(text, ",")) }

// NewScopes returns the scopes with the given names. The error names the first unknown one and lists those that exist.
func NewScopes(names []string) (Scopes, error) {
	given := map[Scope]bool{}
	for _, name := range names {
		scope := Scope(strings.TrimSpace(name))
		if scope == "" {
			continue
		}
		if !slices.Contains(All(), scope) {
			return nil, fmt.Errorf("unknown scope %q: use %s", scope, All())
		}
		given[scope] = true
	}
	if len(given) == 0 {
		return nil, fmt.Errorf("no scope: name at least one of %s", All())
	}
	return slices.DeleteFunc(All(), func(scope Scope) bool { return !given[scope] }), nil
}

// StoredScopes parses the scopes that the database holds. It ignores scopes of a later release, which this release cannot
// check.
func StoredScopes(text string) Scopes {
	stored := strings.Split(text, ",")
	return slices.DeleteFunc(All(), func(scope Scope) bool { return !slices.Contains(stored, string(scope)) })
}

// Has reports whether the set contains a scope.
func (s Scopes) Has(scope Scope) bool { return slices.Contains(s, scope) }

// Beyond returns the scopes that holder does not have, and therefore must not grant.
func (s Scopes) Beyond(holder Scopes) Scopes {
	return slices.DeleteFunc(slices.Clone(s), holder.Has)
}

// Names returns the names of the scopes.
func (s Scopes) Names() []string {
	names := make([]string, len(s))
	for i, scope := range s {
		names[i] = string(scope)
	}
	return names
}

// String joins the names with commas, in the form that ParseScopes parses.
func (s Scopes) String() string { return strings.Join(s.Names(), ",") }

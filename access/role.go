package access

import (
	"fmt"
	"slices"
	"strings"
)

// Role is what somebody may do in the console. The issuer of the sign-in says which one; each is a set of scopes.
type Role string

// The roles, each with more rights than the one before it, except that finance:write is finance's alone: whoever makes API keys must not
// also be one of the two operators who close a month.
const (
	Viewer  Role = "viewer"
	Support Role = "support"
	Finance Role = "finance"
	// Administrator is called admin, as its scope is.
	Administrator Role = "admin"
)

// RoleRule documents a role.
type RoleRule struct {
	Role Role
	// Allows completes the sentence "somebody with this role ...".
	Allows string
	Scopes Scopes
}

var roleRules = []RoleRule{
	{
		Viewer, "reads bookings, money, emails and reconciliations, and changes nothing",
		Scopes{BookingsRead, OperationsRead, ReconciliationRead},
	},
	{
		Support, "also cancels, captures and refunds, answers disputes, and settles what needs attention",
		Scopes{BookingsRead, BookingsWrite, RefundsWrite, DisputesWrite, OperationsRead, OperationsWrite, ReconciliationRead},
	},
	{
		Finance, "reads the ledger and reports, reconciles, refunds, answers disputes, and is one of the two operators of a month end",
		Scopes{
			BookingsRead, RefundsWrite, DisputesWrite, OperationsRead, OperationsWrite, ReconciliationRead, ReconciliationWrite, FinanceRead,
			FinanceWrite,
		},
	},
	{
		Administrator, "manages clients and API keys, reads the audit log, and does what support does; it reads the ledger, and decides no month",
		Scopes{
			BookingsRead, BookingsWrite, RefundsWrite, DisputesWrite, OperationsRead, OperationsWrite, ReconciliationRead,
			ReconciliationWrite, FinanceRead, Admin,
		},
	},
}

// RoleRules lists every role with its scopes, the one with the fewest rights first.
func RoleRules() []RoleRule { return slices.Clone(roleRules) }

// Roles returns every role, the one with the fewest rights first.
func Roles() []Role {
	all := make([]Role, len(roleRules))
	for i, rule := range roleRules {
		all[i] = rule.Role
	}
	return all
}

// ParseRole returns the role with a name. The error lists those that exist.
func ParseRole(name string) (Role, error) {
	if role := Role(name); slices.Contains(Roles(), role) {
		return role, nil
	}
	names := make([]string, 0, len(roleRules))
	for _, role := range Roles() {
		names = append(names, string(role))
	}
	return "", fmt.Errorf("unknown role %q: use %s", name, strings.Join(names, ", "))
}

// Scopes returns the scopes of the role; none for an unknown one.
func (r Role) Scopes() Scopes {
	for _, rule := range roleRules {
		if rule.Role == r {
			return slices.Clone(rule.Scopes)
		}
	}
	return nil
}

// Strongest returns the last of the given roles in the order of Roles: one role counts, so that two roles never add up to what neither of
// them allows. It is empty for no role.
func Strongest(given []Role) Role {
	strongest := Role("")
	for _, role := range Roles() {
		if slices.Contains(given, role) {
			strongest = role
		}
	}
	return strongest
}

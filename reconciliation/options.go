package reconciliation

import (
	"fmt"

	"farebook/validation"
)

// Scope is what a reconciliation looks at.
type Scope string

// The scopes.
const (
	ScopePayments Scope = "payments" // open payments
	ScopeLedger   Scope = "ledger"   // balance transactions, both ways
	ScopePayouts  Scope = "payouts"
	ScopeAll      Scope = "all"
)

// Includes tells whether a part is looked at.
func (s Scope) Includes(part Scope) bool { return s == ScopeAll || s == part }

// Options are what a run is asked for.
type Options struct {
	LookbackDays int   `json:"lookbackDays"`
	Limit        int   `json:"limit"` // of open payments; 0 for all
	DryRun       bool  `json:"dryRun"`
	Scope        Scope `json:"scope"`
}

// Defaults of a run, and its bounds.
const (
	DefaultLookbackDays = 7
	DefaultLimit        = 100
	MaxLookbackDays     = 400
	MaxLimit            = 1_000_000
)

// Validate names everything that is wrong with the options, as FieldErrors, or returns nil.
func (o Options) Validate() error {
	var v validation.Violations
	if o.LookbackDays < 1 || o.LookbackDays > MaxLookbackDays {
		v.Add("lookbackDays", "is out of bounds", fmt.Sprintf("send a whole number from 1 to %d", MaxLookbackDays))
	}
	if o.Limit < 0 || o.Limit > MaxLimit {
		v.Add("limit", "is out of bounds", fmt.Sprintf("send a whole number from 0, for all, to %d", MaxLimit))
	}
	switch o.Scope {
	case ScopePayments, ScopeLedger, ScopePayouts, ScopeAll:
	default:
		v.Add("scope", "is not a scope", `send "payments", "ledger", "payouts" or "all"`)
	}
	return v.Err()
}

package reconciliation

import (
	"fmt"

	"farebook/validation"
)

// Scope is the part of the books that a reconciliation compares.
type Scope string

// The scopes.
const (
	ScopePayments Scope = "payments" // open payments
	ScopeLedger   Scope = "ledger"   // balance transactions, in both directions
	ScopePayouts  Scope = "payouts"
	ScopeAll      Scope = "all"
)

// Includes reports whether the scope covers a part.
func (s Scope) Includes(part Scope) bool { return s == ScopeAll || s == part }

// Options are the parameters of a reconciliation.
type Options struct {
	LookbackDays int   `json:"lookbackDays"`
	Limit        int   `json:"limit"` // maximum number of open payments; 0 for all
	DryRun       bool  `json:"dryRun"`
	Scope        Scope `json:"scope"`
}

// Defaults and limits of the options.
const (
	DefaultLookbackDays = 7
	DefaultLimit        = 100
	MaxLookbackDays     = 400
	MaxLimit            = 1_000_000
)

// Validate returns every violation as validation.FieldErrors, or nil.
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

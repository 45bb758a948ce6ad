package proof

import (
	"context"
	"strings"

	"farebook/migrations"
	"farebook/store/monthend"
)

// other is a promise that is checked by more than a statement over rows, at each proof as a whole.
type other struct {
	number int
	text   string
	// broken says what breaks it, or nothing when it holds; nil for what a proof checks while it reads the ledger.
	broken func(context.Context, *Prover) (string, error)
}

// appendOnly is checked on a server that takes changes: a read-only one refuses them whatever the user's rights are.
const appendOnly = "the application's database user cannot change ledger, seals or audit log"

// The promises that a proof checks while it reads the ledger.
const (
	asSealed    = "the ledger is as it was sealed, and nothing in it was dated back"
	asClosed    = "each closed month is as it was closed"
	sumsOfSeals = "the sums of the seals equal the sums of the sealed ledger, per account and currency"
)

// others are those promises. One more goes here.
var others = []other{
	{4, appendOnly, brokenAppendOnly},
	{4, asSealed, nil},
	{3, sumsOfSeals, nil},
	{3, asClosed, nil},
}

// brokenAppendOnly tries, as the application's database user, the statements that would change the ledger, its seals and the audit log.
// TRUNCATE and REPLACE need rights that UPDATE and DELETE are part of; starter migrate tries the rest (migrations/prove.go).
func brokenAppendOnly(ctx context.Context, p *Prover) (string, error) {
	for _, forbidden := range migrations.ForbiddenChanges() {
		allowed, err := p.db.Allows(ctx, forbidden.Statement)
		if err != nil {
			return "", err
		}
		if allowed {
			statement := strings.TrimSuffix(forbidden.Statement, " WHERE FALSE")
			return "it may " + statement + ": see SHOW GRANTS, and revoke what Farebook did not grant", nil
		}
	}
	return "", nil
}

// states runs the checks that have no ids to go through: lookups of states, and the others.
func (p *Prover) states(ctx context.Context, readOnly bool) ([]finding, error) {
	var found []finding
	for _, c := range checks {
		if c.of != ofState {
			continue
		}
		one, err := p.run(ctx, c, nil)
		if err != nil {
			return nil, err
		}
		found = appendFound(found, one)
	}
	for _, other := range others {
		if other.broken == nil || readOnly && other.text == appendOnly {
			continue
		}
		reason, err := other.broken(ctx, p)
		if err != nil {
			return nil, checkError(other.number, err)
		}
		if reason != "" {
			found = append(found, finding{Promise: other.text, Named: []string{reason}})
		}
	}
	return found, nil
}

// closedMonths finds the closed months that are not as they were closed. A whole proof sums up each of them again.
func (p *Prover) closedMonths(ctx context.Context, whole bool) ([]finding, error) {
	reasons, err := monthend.New(p.books).Verify(ctx, whole)
	found := make([]finding, len(reasons))
	for i, reason := range reasons {
		found[i] = finding{Promise: asClosed, Named: []string{reason}}
	}
	return found, checkError(3, err)
}

// appendFound adds a finding that has rows.
func appendFound(found []finding, one finding) []finding {
	if one.Rows == 0 {
		return found
	}
	return append(found, one)
}

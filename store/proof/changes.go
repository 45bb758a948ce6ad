package proof

import (
	"context"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"
)

// NoBaselineError says why there is no proof to continue from.
type NoBaselineError struct{ Reason string }

func (e *NoBaselineError) Error() string { return "the whole books have to be proven: " + e.Reason }

// Changes proves the promises over what has changed since the newest proof that held, and over the ranges that the newest whole proof found
// broken. When every promise holds, the next proof continues from this one. It does not find what was changed in older rows without a
// change of their updated_at: Whole does. On a server that is read-only, the proof is not recorded. Error: *NoBaselineError.
func (p *Prover) Changes(ctx context.Context) (Result, error) {
	base, again, err := p.baseline(ctx)
	if err != nil {
		return Result{}, err
	}
	readOnly, err := p.db.ReadOnly(ctx)
	if err != nil {
		return Result{}, err
	}
	row, err := p.begun(ctx, scopeChanges)
	if err != nil {
		return Result{}, err
	}
	found, err := p.changesFound(ctx, base, row, again, readOnly)
	if err != nil {
		return Result{}, err
	}
	result := Result{StartedAt: row.StartedAt, Baseline: base.StartedAt, Promises: judge(found), ReadOnly: readOnly}
	if readOnly {
		result.Promises = slices.DeleteFunc(result.Promises, func(promise Promise) bool { return promise.Text == appendOnly })
	}
	if len(found) > 0 || readOnly {
		return result, nil
	}
	finished, held := p.db.Now(), true
	row.BaselineID, row.FinishedAt, row.Held = &base.ID, &finished, &held
	return result, p.db.WithContext(ctx).Create(&row).Error
}

// baseline is the proof to continue from, and what to check again because a whole proof found it broken.
func (p *Prover) baseline(ctx context.Context) (proofRow, []finding, error) {
	base, found, err := newest(p.db.WithContext(ctx).Where("held = TRUE"))
	if err != nil {
		return base, nil, err
	}
	whole, broken, err := newest(p.db.WithContext(ctx).Where("held = FALSE AND id > ?", base.ID))
	if err != nil {
		return base, nil, err
	}
	var again []finding
	if broken {
		base, found = whole, true
		if again, err = p.toCheckAgain(ctx, whole); err != nil {
			return base, nil, err
		}
	}
	switch {
	case !found:
		return base, nil, &NoBaselineError{"they were not proven before"}
	case string(base.PromisesSha256) != string(digestOfPromises()):
		return base, nil, &NoBaselineError{"the last proof was of another release, which did not check the same promises"}
	}
	opened, err := p.scalar(ctx, "SELECT COUNT(*) FROM ledger_opening WHERE decided_at >= ?", base.StartedAt.Add(-margin))
	if err == nil && opened > 0 {
		err = &NoBaselineError{"they were opened after the last proof"}
	}
	return base, again, err
}

// toCheckAgain are the ranges that a whole proof found broken.
func (p *Prover) toCheckAgain(ctx context.Context, whole proofRow) ([]finding, error) {
	parts, err := p.parts(ctx, whole.ID)
	if err != nil {
		return nil, err
	}
	var again []finding
	for _, part := range parts {
		again = append(again, part.Findings...)
		if part.Subject == ofLedger && len(compareSums(whole, part)) > 0 {
			return nil, &NoBaselineError{"the sums of the ledger differed from the sums of the seals"}
		}
	}
	return again, nil
}

// changesFound runs each check over what has changed and over what is checked again, then the states and the seals.
func (p *Prover) changesFound(ctx context.Context, base, row proofRow, again []finding, readOnly bool) ([]finding, error) {
	type job struct {
		check
		scope scope
	}
	var jobs []job
	changed := newChanged(p, base)
	for _, c := range checks {
		if c.of == ofState {
			continue
		}
		var ranges []idRange
		for _, one := range again {
			if one.Promise == c.text {
				ranges = append(ranges, idRange{one.From, one.To})
				jobs = append(jobs, job{c, idRange{one.From, one.To}})
			}
		}
		scopes, err := changed.scopes(ctx, changedRows{c.of, c.lag}, ranges)
		if err != nil {
			return nil, err
		}
		for _, s := range scopes {
			jobs = append(jobs, job{c, s})
		}
	}
	results := make([]finding, len(jobs))
	group, running := errgroup.WithContext(ctx)
	group.SetLimit(rangesAtOnce)
	for i, one := range jobs {
		group.Go(func() (err error) {
			results[i], err = p.run(running, one.check, one.scope)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	found, err := p.states(ctx, readOnly)
	if err != nil {
		return nil, err
	}
	for _, one := range results {
		found = appendFound(found, one)
	}
	months, err := p.closedMonths(ctx, false)
	if err != nil {
		return nil, err
	}
	sealed, err := p.newSeals(ctx, base, row, again)
	return append(append(found, months...), sealed...), err
}

// newSeals verifies the seals after the baseline's, that the baseline's is still the same, and those that were broken.
func (p *Prover) newSeals(ctx context.Context, base, row proofRow, again []finding) ([]finding, error) {
	var found []finding
	numbers := []uint64{}
	for _, one := range again {
		if one.Promise == asSealed && one.To > 0 {
			numbers = append(numbers, one.To)
		}
	}
	for number := base.SealNumber + 1; number <= row.SealNumber; number++ {
		numbers = append(numbers, number)
	}
	for _, number := range numbers {
		one, err := p.checkSeal(ctx, number)
		if err != nil {
			return nil, err
		}
		found = append(found, one...)
	}
	same, err := p.sameSeal(ctx, base)
	if err != nil {
		return nil, err
	}
	if !same {
		found = append(found, finding{Promise: asSealed, Named: []string{fmt.Sprintf(
			"seal %d is not the one that was verified at %s: it was removed or replaced", base.SealNumber,
			base.StartedAt.UTC().Format(time.RFC3339))}})
	}
	unsealed, err := p.unsealed(ctx)
	return append(found, unsealed...), err
}

// sameSeal reports whether the last seal of a proof is as it was.
func (p *Prover) sameSeal(ctx context.Context, base proofRow) (bool, error) {
	if base.SealNumber == 0 {
		return true, nil
	}
	recorded, found, err := p.books.Seal(ctx, base.SealNumber)
	return found && string(recorded.Digest[:]) == string(base.SealDigest), err
}

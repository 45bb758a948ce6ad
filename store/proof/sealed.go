package proof

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"farebook/ledger/seal"
	"farebook/money"
	"farebook/store/internal/journal"
)

// checkSeal compares a seal with the seal before it and with the ledger.
func (p *Prover) checkSeal(ctx context.Context, number uint64) ([]finding, error) {
	reason, err := p.books.VerifySeal(ctx, number)
	if err != nil || reason == "" {
		return nil, err
	}
	return []finding{{Promise: asSealed, Named: []string{reason}, From: number, To: number}}, nil
}

// unsealed finds what after the last seal was dated back.
func (p *Prover) unsealed(ctx context.Context) ([]finding, error) {
	reason, err := p.books.VerifyUnsealed(ctx)
	if err != nil || reason == "" {
		return nil, err
	}
	return []finding{{Promise: asSealed, Named: []string{reason}}}, nil
}

// addSums adds the sums of the transactions of a range that were sealed when the proof started. Nothing is added to those any more.
func (p *Prover) addSums(ctx context.Context, row proofRow, part *partRow, next idRange) error {
	sealedTo, err := p.scalar(ctx, "SELECT COALESCE(MAX(to_id), 0) FROM ledger_seals WHERE number <= ?", row.SealNumber)
	if err != nil || sealedTo < next.from {
		return err
	}
	sums, err := journal.SumsOf(p.db.WithContext(ctx), next.from, min(next.to, sealedTo))
	for _, sum := range sums {
		part.Sums.Add(sum.Account, sum.Currency, sum.Amount)
	}
	return err
}

// compareSums finds the accounts whose sum over the sealed ledger differs from the sum of the seals.
func compareSums(row proofRow, ledger partRow) []finding {
	var found []finding
	either := seal.Sums{}
	either.AddAll(ledger.Sums)
	either.AddAll(row.SealSums)
	for _, account := range slices.Sorted(maps.Keys(either)) {
		for _, currency := range slices.Sorted(maps.Keys(either[account])) {
			read, sealed := ledger.Sums[account][currency], row.SealSums[account][currency]
			if read == sealed {
				continue
			}
			found = append(found, finding{Promise: sumsOfSeals, Named: []string{fmt.Sprintf("%s has %s in the ledger, and %s by the seals", account,
				money.Text(read, currency), money.Text(sealed, currency))}})
		}
	}
	return found
}

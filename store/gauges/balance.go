package gauges

import (
	"context"
	"fmt"

	"farebook/ledger/seal"
	"farebook/money"
	"farebook/store/internal/journal"
)

// sealPage is how many seals one reading adds up at most: a process that starts catches up in its first readings.
const sealPage = 2_000

// sealedSums are the sums of the seals that were read. A seal never changes, so each is read once in the life of a process.
type sealedSums struct {
	number, toID uint64
	sums         seal.Sums
}

// balance reads what the ledger is out of balance by: the net of all seals, and of the transactions after the last seal. Debits equal
// credits in each seal and after it, so any other sum is a posting that one transaction does not explain. `starter verify` proves the
// whole ledger; this only shows that something is wrong now.
func (r *Reader) balance(ctx context.Context, out *Reading) error {
	sealing, err := r.books.Sealing(ctx)
	if err != nil {
		return fmt.Errorf("sealing: %w", err)
	}
	out.LastSeal, out.Unsealed = sealing.SealedAt, sealing.PostedAt
	if err := r.readSeals(ctx); err != nil {
		return fmt.Errorf("seals: %w", err)
	}
	rest, err := journal.SumsOf(r.books.DB().WithContext(ctx), r.sealed.toID+1, r.sealed.toID+Cap)
	if err != nil {
		return fmt.Errorf("balance of the unsealed ledger: %w", err)
	}
	out.Imbalance = map[money.Currency]int64{}
	for _, amounts := range r.sealed.sums {
		for currency, amount := range amounts {
			out.Imbalance[currency] += amount
		}
	}
	for _, one := range rest {
		out.Imbalance[one.Currency] += one.Amount
	}
	return nil
}

// readSeals adds the seals that were made since the last reading.
func (r *Reader) readSeals(ctx context.Context) error {
	var rows []struct {
		Number, ToID uint64
		Sums         string
	}
	const after = "SELECT number, to_id, sums FROM ledger_seals WHERE number > ? ORDER BY number LIMIT ?"
	err := r.books.DB().WithContext(ctx).Raw(after, r.sealed.number, sealPage).Scan(&rows).Error
	if err != nil {
		return err
	}
	for _, row := range rows {
		if err := journal.AddSums(r.sealed.sums, row.Sums); err != nil {
			return fmt.Errorf("sums of seal %d: %w", row.Number, err)
		}
		r.sealed.number, r.sealed.toID = row.Number, row.ToID
	}
	return nil
}

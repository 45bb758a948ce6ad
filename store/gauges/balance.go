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
	toID, imbalance, err := r.readSeals(ctx)
	if err != nil {
		return fmt.Errorf("seals: %w", err)
	}
	rest, err := journal.SumsOf(r.books.DB().WithContext(ctx), toID+1, toID+Cap)
	if err != nil {
		return fmt.Errorf("balance of the unsealed ledger: %w", err)
	}
	for _, one := range rest {
		imbalance[one.Currency] += one.Amount
	}
	out.Imbalance = imbalance
	return nil
}

// sealRow is what a reading needs of a seal.
type sealRow struct {
	Number, ToID uint64
	Sums         string
}

// readSeals adds the seals that were made since the last reading. It returns the last transaction that the seals cover, and the net of all
// of them by currency.
func (r *Reader) readSeals(ctx context.Context) (toID uint64, imbalance map[money.Currency]int64, err error) {
	const after = "SELECT number, to_id, sums FROM ledger_seals WHERE number > ? ORDER BY number LIMIT ?"
	var rows []sealRow
	if err := r.books.DB().WithContext(ctx).Raw(after, r.lastSeal(), sealPage).Scan(&rows).Error; err != nil {
		return 0, nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, row := range rows {
		if row.Number <= r.sealed.number {
			continue // another reading has added it meanwhile
		}
		if err := journal.AddSums(r.sealed.sums, row.Sums); err != nil {
			return 0, nil, fmt.Errorf("sums of seal %d: %w", row.Number, err)
		}
		r.sealed.number, r.sealed.toID = row.Number, row.ToID
	}
	imbalance = map[money.Currency]int64{}
	for _, amounts := range r.sealed.sums {
		for currency, amount := range amounts {
			imbalance[currency] += amount
		}
	}
	return r.sealed.toID, imbalance, nil
}

func (r *Reader) lastSeal() uint64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.sealed.number
}

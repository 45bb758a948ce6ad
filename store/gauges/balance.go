package gauges

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"farebook/ledger/seal"
	"farebook/money"
	"farebook/store/internal/journal"
)

// sealPage is how many seals one reading adds up at most: a process that starts catches up in its first readings.
const sealPage = 2_000

// sealedSums are the sums of the seals that were read. A seal never changes, so each is read once in the life of a process.
type sealedSums struct {
	number, toID uint64
	sealedAt     time.Time
	net          map[money.Currency]int64
}

// balance reads what the ledger is out of balance by: the net of all seals, and of the transactions after the last seal. Debits equal
// credits in each seal and after it, so any other sum is a posting that one transaction does not explain. `starter verify` proves the
// whole ledger; this only shows that something is wrong now.
func (r *Reader) balance(ctx context.Context, out *Reading) error {
	if err := r.readSeals(ctx); err != nil {
		return fmt.Errorf("seals: %w", err)
	}
	out.LastSeal, out.Imbalance = r.sealed.sealedAt, map[money.Currency]int64{}
	for currency, net := range r.sealed.net {
		out.Imbalance[currency] = net
	}
	conn := r.books.DB().WithContext(ctx)
	var rows []struct {
		Currency money.Currency
		Net      int64
	}
	if err := conn.Raw(unsealedNet, r.sealed.toID, Cap).Scan(&rows).Error; err != nil {
		return fmt.Errorf("balance of the unsealed ledger: %w", err)
	}
	for _, row := range rows {
		out.Imbalance[row.Currency] += row.Net
	}
	var posted []time.Time
	err := conn.Raw("SELECT posted_at FROM financial_ledger WHERE id > ? ORDER BY id LIMIT 1", r.sealed.toID).Scan(&posted).Error
	if len(posted) > 0 {
		out.Unsealed = posted[0]
	}
	return err
}

// unsealedNet adds up the entries of the first transactions after the last seal, by their primary key and the index on ledger_id, which is
// named because statistics of a table that has just grown would have the server read all of it.
const unsealedNet = `SELECT e.currency, SUM(` + journal.Net + `) AS net
	FROM (SELECT id FROM financial_ledger WHERE id > ? ORDER BY id LIMIT ?) l
	STRAIGHT_JOIN ledger_entries e FORCE INDEX (idx_entries_ledger) ON e.ledger_id = l.id
	GROUP BY e.currency`

// readSeals adds the seals that were made since the last reading.
func (r *Reader) readSeals(ctx context.Context) error {
	var rows []struct {
		Number, ToID uint64
		Sums         string
		SealedAt     time.Time
	}
	const after = "SELECT number, to_id, sums, sealed_at FROM ledger_seals WHERE number > ? ORDER BY number LIMIT ?"
	err := r.books.DB().WithContext(ctx).Raw(after, r.sealed.number, sealPage).Scan(&rows).Error
	if err != nil {
		return err
	}
	for _, row := range rows {
		var sums seal.Sums
		if err := json.Unmarshal([]byte(row.Sums), &sums); err != nil {
			return fmt.Errorf("sums of seal %d: %w", row.Number, err)
		}
		for _, account := range sums {
			for currency, amount := range account {
				r.sealed.net[currency] += amount
			}
		}
		r.sealed.number, r.sealed.toID, r.sealed.sealedAt = row.Number, row.ToID, row.SealedAt
	}
	return nil
}

package proof

import (
	"context"
	"time"

	"farebook/ledger/seal"
	"farebook/store/internal/journal"
)

// begun is the row of a proof that starts now, with the marks from which its successor reads on.
func (p *Prover) begun(ctx context.Context, scope string) (proofRow, error) {
	row := proofRow{Scope: scope, PromisesSha256: digestOfPromises(), StartedAt: p.db.Now().UTC().Truncate(time.Microsecond)}
	for _, mark := range []struct {
		of          *uint64
		table, time string
	}{
		{&row.LedgerID, "financial_ledger", "posted_at"},
		{&row.EmailID, "emails", "created_at"},
		{&row.KeyID, "idempotency_keys", "created_at"},
	} {
		var err error
		if *mark.of, err = p.completeTo(ctx, mark.table, mark.time, row.StartedAt); err != nil {
			return row, err
		}
	}
	var err error
	row.EntryID, err = p.scalar(ctx, "SELECT COALESCE(MAX(id), 0) FROM ledger_entries WHERE ledger_id = ?", row.LedgerID)
	if err != nil {
		return row, err
	}
	last, err := p.books.LastSeal(ctx)
	if err != nil {
		return row, err
	}
	row.SealNumber, row.SealDigest = last.Number, last.Digest[:]
	if scope == scopeWhole { // what an earlier proof has recorded is no part of a whole one
		row.SealSums = seal.Sums{}
		return row, journal.AddSeals(p.db.WithContext(ctx), row.SealSums, 0, last.Number)
	}
	row.SealSums, err = journal.SumsOfSeals(p.db.WithContext(ctx), last.Number)
	return row, err
}

// completeTo is an id of a table below which no row appears any more. AUTO_INCREMENT gives out ids before their transactions commit, in any
// order; a row that was written the margin ago is followed by no lower one. It reads backwards from the newest row.
func (p *Prover) completeTo(ctx context.Context, table, column string, now time.Time) (uint64, error) {
	return p.scalar(ctx, "SELECT COALESCE((SELECT id FROM "+table+" FORCE INDEX (PRIMARY) WHERE "+column+
		" < ? ORDER BY id DESC LIMIT 1), 0)", now.Add(-margin))
}

package bigbooks

import (
	"context"
	"database/sql"
	"log/slog"
	"time"

	"farebook/store"
)

// sealedAfter is how long after the last posting of a range its seal was made.
const sealedAfter = time.Minute

// at is a clock that stands at the time at which the next seal was made. Seals that were all made now would show the postings between
// them as dated back.
type at struct{ time time.Time }

func (a *at) Now() time.Time { return a.time }

// seal seals the whole ledger, as the application does, at the times at which it would have. It returns the number of seals.
func seal(ctx context.Context, appDSN string, admin *sql.DB) (sealed int64, err error) {
	clock := &at{time.Now().UTC()}
	books, err := store.Open(ctx, appDSN, clock, slog.New(slog.DiscardHandler))
	if err != nil {
		return 0, err
	}
	defer func() { _ = books.Close() }() // each seal is committed by then
	for {
		last, err := books.LastSeal(ctx)
		if err != nil {
			return sealed, err
		}
		var posted sql.NullTime
		err = admin.QueryRowContext(ctx,
			"SELECT MAX(posted_at) FROM (SELECT posted_at FROM financial_ledger WHERE id > ? ORDER BY id LIMIT ?) next_range",
			last.ToID, store.MaxSealed).Scan(&posted)
		if err != nil || !posted.Valid {
			return sealed, err
		}
		clock.time = posted.Time.UTC().Add(sealedAfter)
		if _, _, err := books.SealLedger(ctx); err != nil {
			return sealed, err
		}
		sealed++
	}
}

package store

import (
	"context"
	"database/sql"
	"fmt"

	"gorm.io/gorm"
)

// backfillBatch bounds one UPDATE, so that it holds no locks for long and bookings are taken meanwhile.
const backfillBatch = 2000

// Backfill fills what a migration added and an older release does not write: a client for each API key, and the client of
// each booking and idempotency key. It works in id ranges, may be stopped at any point and run again, also beside an older
// release that writes more such rows. progress hears how many rows were filled; it may be nil.
func (s *Store) Backfill(ctx context.Context, progress func(table string, rows int64)) error {
	if progress == nil {
		progress = func(string, int64) {}
	}
	var keys []uint64
	if err := s.db.WithContext(ctx).Model(&apiKeyRow{}).Where("client_id IS NULL").Order("id").Pluck("id", &keys).Error; err != nil {
		return err
	}
	for _, id := range keys {
		if err := s.adopt(ctx, id); err != nil {
			return fmt.Errorf("make a client of API key %d: %w", id, err)
		}
	}
	progress("api_keys", int64(len(keys)))
	for _, table := range []string{"bookings", "idempotency_keys"} {
		filled, err := s.backfillClients(ctx, table)
		if err != nil {
			return fmt.Errorf("fill client_id of %s: %w", table, err)
		}
		progress(table, filled)
	}
	return nil
}

func (s *Store) backfillClients(ctx context.Context, table string) (filled int64, err error) {
	var span struct{ First, Last sql.NullInt64 }
	db := s.db.WithContext(ctx)
	if err := db.Table(table).Where("client_id IS NULL").Select("MIN(id) AS first, MAX(id) AS last").Scan(&span).Error; err != nil {
		return 0, err
	}
	if !span.First.Valid {
		return 0, nil
	}
	for from := span.First.Int64; from <= span.Last.Int64; from += backfillBatch {
		err := s.inTransaction(ctx, func(tx *gorm.DB) error {
			update := tx.Exec("UPDATE "+table+" t JOIN api_keys k ON k.id = t.api_key_id SET t.client_id = k.client_id"+
				" WHERE t.id BETWEEN ? AND ? AND t.client_id IS NULL AND k.client_id IS NOT NULL", from, from+backfillBatch-1)
			filled += update.RowsAffected
			return update.Error
		})
		if err != nil {
			return filled, err
		}
	}
	return filled, nil
}

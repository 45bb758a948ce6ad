package store

import (
	"context"
	"database/sql"
	"fmt"

	"gorm.io/gorm"
)

// backfillBatch bounds one UPDATE, so that it holds no locks for long and bookings are taken meanwhile.
const backfillBatch = 2000

// Backfill fills what a migration added and an older release does not write: a client for each API key, the client of
// each booking and idempotency key, and an attention item for each text in bookings.attention. It works in id ranges, may be stopped at any
// point and run again, also beside an older release that writes more such rows. progress hears how many rows were filled; it may be nil.
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
	filled, err := s.backfillAttention(ctx)
	if err != nil {
		return fmt.Errorf("copy attention of bookings: %w", err)
	}
	progress("attention_items", filled)
	return nil
}

// backfillAttention copies texts that an older release wrote to bookings alone: UNIQUE kind and subject, which is of the text.
func (s *Store) backfillAttention(ctx context.Context) (filled int64, err error) {
	var span struct{ First, Last sql.NullInt64 }
	err = s.db.WithContext(ctx).Table("bookings").Where("attention IS NOT NULL").Select("MIN(id) AS first, MAX(id) AS last").Scan(&span).Error
	if err != nil || !span.First.Valid {
		return 0, err
	}
	for from := span.First.Int64; from <= span.Last.Int64; from += backfillBatch {
		err := s.db.InTransaction(ctx, func(tx *gorm.DB) error {
			insert := tx.Exec(`INSERT IGNORE INTO attention_items (booking_id, kind, subject, text, opened_at)
				SELECT b.id, ?, LEFT(SHA2(b.attention, 256), 16), b.attention, b.updated_at FROM bookings b
				WHERE b.id BETWEEN ? AND ? AND b.attention IS NOT NULL
				  AND NOT EXISTS (SELECT 1 FROM attention_items a WHERE a.booking_id = b.id AND a.closed_at IS NULL AND LEFT(a.text, ?) = b.attention)`,
				AttentionEarlier, from, from+backfillBatch-1, attentionSlot)
			filled += insert.RowsAffected
			return insert.Error
		})
		if err != nil {
			return filled, err
		}
	}
	return filled, nil
}

func (s *Store) backfillClients(ctx context.Context, table string) (filled int64, err error) {
	var span struct{ First, Last sql.NullInt64 }
	conn := s.db.WithContext(ctx)
	if err := conn.Table(table).Where("client_id IS NULL").Select("MIN(id) AS first, MAX(id) AS last").Scan(&span).Error; err != nil {
		return 0, err
	}
	if !span.First.Valid {
		return 0, nil
	}
	for from := span.First.Int64; from <= span.Last.Int64; from += backfillBatch {
		err := s.db.InTransaction(ctx, func(tx *gorm.DB) error {
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

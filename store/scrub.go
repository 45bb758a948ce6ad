package store

import (
	"cmp"
	"context"

	"gorm.io/gorm"
)

// scrubCounted is how many ids one statement counts: no index has the forms of payloads, because most databases never had another.
const scrubCounted = 10_000

// UnscrubbedEvents counts the events whose payload is as it was delivered, and names the first and the last by number. It reads the whole
// inbox, in short statements.
func (s *Store) UnscrubbedEvents(ctx context.Context) (count int64, first, last uint64, err error) {
	conn := s.db.WithContext(ctx)
	type span struct {
		Count       int64
		First, Last uint64
	}
	var all span
	err = conn.Model(&eventRow{}).Select("COALESCE(MIN(id), 0) AS first, COALESCE(MAX(id), 0) AS last").Scan(&all).Error
	if err != nil || all.Last == 0 {
		return 0, 0, 0, err
	}
	for from := all.First; from <= all.Last; from += scrubCounted {
		var found span
		err = conn.Model(&eventRow{}).Select("COUNT(*) AS count, COALESCE(MIN(id), 0) AS first, COALESCE(MAX(id), 0) AS last").
			Where("id BETWEEN ? AND ? AND payload_form = ?", from, from+scrubCounted-1, PayloadAsDelivered).Scan(&found).Error
		if err != nil {
			return 0, 0, 0, err
		}
		if found.Count > 0 {
			count, last = count+found.Count, found.Last
			first = cmp.Or(first, found.First)
		}
	}
	return count, first, last, nil
}

// ScrubEvents reduces the payloads of the events from one number to another, both included, in one transaction, and returns
// how many those were. reduce returns what is kept of an event and the account that it is about. An event that is reduced
// already is passed over, which makes a repetition harmless.
func (s *Store) ScrubEvents(ctx context.Context, first, last uint64, reduce func(Event) (payload []byte, account string)) (int, error) {
	scrubbed := 0
	err := s.db.InTransaction(ctx, func(tx *gorm.DB) error {
		scrubbed = 0
		var rows []eventRow
		err := tx.Where("id BETWEEN ? AND ? AND payload_form = ?", first, last, PayloadAsDelivered).Order("id").Find(&rows).Error
		if err != nil {
			return err
		}
		for _, row := range rows {
			payload, account := reduce(row.domain())
			err := tx.Model(&eventRow{}).Where("id = ? AND payload_form = ?", row.ID, PayloadAsDelivered).
				Updates(map[string]any{"payload": string(payload), "account": account, "payload_form": PayloadReduced}).Error
			if err != nil {
				return err
			}
			scrubbed++
		}
		return nil
	})
	return scrubbed, err
}

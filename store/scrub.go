package store

import (
	"context"

	"gorm.io/gorm"
)

// UnscrubbedEvents counts the events whose payload is as it was delivered, and names the first and the last by number.
func (s *Store) UnscrubbedEvents(ctx context.Context) (count int64, first, last uint64, err error) {
	var found struct {
		Count       int64
		First, Last uint64
	}
	err = s.db.WithContext(ctx).Model(&eventRow{}).Select("COUNT(*) AS count, COALESCE(MIN(id), 0) AS first, COALESCE(MAX(id), 0) AS last").
		Where("payload_form = ?", PayloadAsDelivered).Scan(&found).Error
	return found.Count, found.First, found.Last, err
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

package store

import (
	"context"
	"fmt"
)

// AdoptAPIKeys makes a client for each API key of an older release, which knows no clients. It returns how many keys there were. A key
// that has a client is left as it is, so it may be stopped and repeated. `starter migrate` then gives bookings and idempotency keys the
// client of their key (migrations.Runner.Fill).
func (s *Store) AdoptAPIKeys(ctx context.Context) (adopted int, err error) {
	var keys []uint64
	err = s.db.WithContext(ctx).Model(&apiKeyRow{}).Where("client_id IS NULL").Order("id").Pluck("id", &keys).Error
	if err != nil {
		return 0, err
	}
	for _, id := range keys {
		if err := s.adopt(ctx, id); err != nil {
			return adopted, fmt.Errorf("make a client of API key %d: %w", id, err)
		}
		adopted++
	}
	return adopted, nil
}

package gauges

import (
	"context"
	"fmt"
	"time"
)

// Deliveries are the events of enabled webhook endpoints that were not delivered.
type Deliveries struct {
	// Oldest is when the oldest of them happened, and Due when the first of them was to be tried; zero when there is none.
	Oldest, Due *time.Time
}

// owedDeliveries reads the oldest such event of each enabled endpoint by the index idx_deliveries_pending.
var owedDeliveries = fmt.Sprintf(`SELECT MIN(d.occurred_at) AS oldest, MIN(COALESCE(d.next_attempt_at, d.occurred_at)) AS due
	FROM (SELECT id FROM webhook_endpoints WHERE is_enabled = 1 ORDER BY id LIMIT %d) e
	JOIN webhook_deliveries d ON d.id = (SELECT MIN(p.id) FROM webhook_deliveries p WHERE p.endpoint_id = e.id AND p.is_pending = 1)`, Cap)

func (r *Reader) deliveries(ctx context.Context, out *Reading) error {
	err := r.books.DB().WithContext(ctx).Raw(owedDeliveries).Scan(&out.Deliveries).Error
	if err != nil {
		return fmt.Errorf("events of webhook endpoints: %w", err)
	}
	return nil
}

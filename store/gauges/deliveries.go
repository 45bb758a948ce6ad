package gauges

import (
	"context"
	"fmt"
	"time"

	"farebook/store"
)

// Deliveries are the events of enabled webhook endpoints that were not delivered.
type Deliveries struct {
	// Oldest is when the oldest of them happened, and Due when the first of them was to be tried; nil when nothing is pending.
	Oldest, Due *time.Time
}

// owedDeliveries reads the oldest such event of each enabled endpoint.
var owedDeliveries = fmt.Sprintf(`SELECT MIN(d.occurred_at) AS oldest, MIN(`+store.PendingDue+`) AS due
	FROM (SELECT id FROM webhook_endpoints WHERE is_enabled = 1 ORDER BY id LIMIT %d) e
	JOIN `+store.OldestPending, Cap)

func (r *Reader) deliveries(ctx context.Context, out *Reading) error {
	err := r.books.DB().WithContext(ctx).Raw(owedDeliveries).Scan(&out.Deliveries).Error
	if err != nil {
		return fmt.Errorf("events of webhook endpoints: %w", err)
	}
	return nil
}

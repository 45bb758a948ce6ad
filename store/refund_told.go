package store

import (
	"context"
	"encoding/json"

	"farebook/booking"
)

// RefundToldOf is the id (re_...) in an event about a refund that the books do not have as made yet; empty without such an event. An event
// is a pointer: the caller reads the refund at Stripe before it counts.
func (s *Store) RefundToldOf(ctx context.Context, refund Refund) (string, error) {
	var rows []eventRow
	err := s.db.WithContext(ctx).Select("object_id, payload").
		Where("booking_reference = ? AND (type LIKE 'refund.%' OR type = 'charge.refund.updated')", refund.Reference).
		Order("id DESC").Find(&rows).Error
	for _, row := range rows {
		if refundIDIn(row.Payload) == refund.ID {
			return row.ObjectID, nil
		}
	}
	return "", err
}

// refundIDIn reads Farebook's id of a refund from the payload of an event; empty without one.
func refundIDIn(payload string) booking.RefundID {
	var event struct {
		Data struct {
			Object struct {
				Metadata struct {
					RefundID booking.RefundID `json:"refund_id"`
				} `json:"metadata"`
			} `json:"object"`
		} `json:"data"`
	}
	if json.Unmarshal([]byte(payload), &event) != nil {
		return ""
	}
	return event.Data.Object.Metadata.RefundID
}

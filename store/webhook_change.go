package store

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"farebook/access"
	"farebook/notice"
	"farebook/store/internal/db"
	"farebook/webhook"
)

// EndpointChange is what an owner changes of an endpoint; what is nil stays.
type EndpointChange struct {
	URL, Description, ContactEmail *string
	Types                          []webhook.Type
}

// UpdateEndpoint changes an endpoint. Events that were not delivered yet go to the new address. Error: ErrNotFound.
func (s *Store) UpdateEndpoint(ctx context.Context, id string, change EndpointChange, by access.Actor) error {
	return s.changeEndpoint(ctx, id, func(tx *gorm.DB, row *endpointRow, now time.Time) error {
		if change.URL != nil {
			row.URL = *change.URL
		}
		if change.Description != nil {
			row.Description = *change.Description
		}
		if change.ContactEmail != nil {
			row.ContactEmail = *change.ContactEmail
		}
		if change.Types != nil {
			row.EventTypes = textOf(change.Types)
		}
		if err := db.Save(tx, row, "url", "description", "contact_email", "event_types", "updated_at"); err != nil {
			return err
		}
		return auditEndpoint(tx, now, ActionEndpointUpdate, *row, by, row.EventTypes)
	})
}

// changeEndpoint runs work on the locked row of an endpoint that was not removed. Error: ErrNotFound.
func (s *Store) changeEndpoint(ctx context.Context, id string, work func(tx *gorm.DB, row *endpointRow, now time.Time) error) error {
	now := s.Now()
	return s.db.InTransaction(ctx, func(tx *gorm.DB) error {
		var row endpointRow
		err := tx.Clauses(db.ForUpdate).Where("endpoint_id = ? AND is_kept = 1", id).Take(&row).Error
		if err != nil {
			return db.NotFound(err)
		}
		row.UpdatedAt = now
		return work(tx, &row, now)
	})
}

// DisableEndpoint stops deliveries to an endpoint, or lets them continue with the oldest event that was not delivered. Events are kept for
// 30 days while it is disabled. A repetition changes nothing. Error: ErrNotFound.
func (s *Store) DisableEndpoint(ctx context.Context, id string, disabled bool, by access.Actor) error {
	return s.changeEndpoint(ctx, id, func(tx *gorm.DB, row *endpointRow, now time.Time) error {
		if (row.DisabledAt != nil) == disabled {
			return nil
		}
		action := ActionEndpointEnable
		row.DisabledAt, row.DisabledReason = nil, nil
		if disabled {
			action = ActionEndpointDisable
			reason := DisabledByOwner
			row.DisabledAt, row.DisabledReason = &now, &reason
		}
		if err := db.Save(tx, row, "disabled_at", "disabled_reason", "updated_at"); err != nil {
			return err
		}
		if !disabled {
			if err := beginAnew(tx, row.ID); err != nil {
				return err
			}
			if _, err := endpointMatters(tx, now).close("kind = ? AND subject = ?", AttentionEndpointDisabled, row.EndpointID); err != nil {
				return err
			}
		}
		return auditEndpoint(tx, now, action, *row, by, "")
	})
}

// beginAnew lets the oldest event that was not delivered be tried at once, with all its attempts. One that an attempt delivers meanwhile
// stays as it is.
func beginAnew(tx *gorm.DB, endpoint uint64) error {
	var first deliveryRow
	err := tx.Where("endpoint_id = ? AND is_pending = 1", endpoint).Order("id").Limit(1).Find(&first).Error
	if err != nil || first.ID == 0 {
		return err
	}
	return tx.Model(&deliveryRow{}).Where("id = ? AND is_pending = 1", first.ID).
		Updates(map[string]any{"attempts": 0, "next_attempt_at": nil}).Error
}

// endpointMatters are the attention items about endpoints, which belong to no booking.
func endpointMatters(tx *gorm.DB, now time.Time) matters { return matters{tx: tx, now: now} }

// RemoveEndpoint ends an endpoint. Its row and its deliveries are kept; nothing more is sent. A repetition is ErrNotFound.
func (s *Store) RemoveEndpoint(ctx context.Context, id string, by access.Actor) error {
	return s.changeEndpoint(ctx, id, func(tx *gorm.DB, row *endpointRow, now time.Time) error {
		row.RemovedAt = &now
		if err := db.Save(tx, row, "removed_at", "updated_at"); err != nil {
			return err
		}
		if _, err := endpointMatters(tx, now).close("kind = ? AND subject = ?", AttentionEndpointDisabled, row.EndpointID); err != nil {
			return err
		}
		return auditEndpoint(tx, now, ActionEndpointRemove, *row, by, "")
	})
}

// SecretRotation replaces the signing secret of an endpoint. From is the number that the caller has seen, so that a repetition replaces
// nothing; zero replaces whatever there is.
type SecretRotation struct {
	EndpointID string
	From       int
	KeyID      string
	Overlap    time.Duration
}

// RotateEndpointSecret replaces the secret; the one before it signs as well until the overlap ends. Error: ErrNotFound.
func (s *Store) RotateEndpointSecret(ctx context.Context, in SecretRotation, by access.Actor) (Endpoint, error) {
	err := s.changeEndpoint(ctx, in.EndpointID, func(tx *gorm.DB, row *endpointRow, now time.Time) error {
		if in.From != 0 && row.SecretNumber != in.From {
			return nil
		}
		until, number, keyID := now.Add(in.Overlap), row.SecretNumber, row.SecretKeyID
		row.PreviousNumber, row.PreviousKeyID, row.PreviousUntil = &number, &keyID, &until
		row.SecretNumber, row.SecretKeyID = number+1, in.KeyID
		err := db.Save(tx, row, "secret_number", "secret_key_id", "previous_number", "previous_key_id", "previous_until", "updated_at")
		if err != nil {
			return err
		}
		return auditEndpoint(tx, now, ActionEndpointRotate, *row, by, fmt.Sprintf("secret %d, overlap %s", row.SecretNumber, in.Overlap))
	})
	if err != nil {
		return Endpoint{}, err
	}
	return s.Endpoint(ctx, in.EndpointID)
}

// giveUp disables a locked endpoint whose receiver takes no events, shows that to an operator and queues an email to its owner. One that is
// disabled or removed stays as it is.
func giveUp(tx *gorm.DB, now time.Time, row endpointRow, reason DisabledReason) error {
	if row.DisabledAt != nil || row.RemovedAt != nil {
		return nil
	}
	row.DisabledAt, row.DisabledReason, row.UpdatedAt = &now, &reason, now
	if err := db.Save(tx, &row, "disabled_at", "disabled_reason", "updated_at"); err != nil {
		return err
	}
	text := "webhook endpoint " + row.EndpointID + " is disabled: its receiver took no event for three days"
	if reason == DisabledGone {
		text = "webhook endpoint " + row.EndpointID + " is disabled: its receiver answered 410 Gone"
	}
	if _, err := endpointMatters(tx, now).open(AttentionEndpointDisabled, row.EndpointID, text); err != nil {
		return err
	}
	_, err := queue(tx, now, outgoingEmail{
		kind: notice.WebhookDisabled, owner: row.EndpointID, occasion: fmt.Sprintf("disabled-%d", now.UnixMilli()),
		content: &notice.Content{Webhook: &notice.WebhookContent{EndpointID: row.EndpointID, Reason: string(reason), DisabledAt: now}},
	})
	return err
}

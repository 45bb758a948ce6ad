package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"farebook/access"
)

// Merge is what joining one client to another does.
type Merge struct {
	Into, From                      Client
	Keys, Bookings, IdempotencyKeys int64
	// Collisions are the idempotency keys that both have used.
	Collisions []Collision
}

// Collision is an idempotency key that both clients have used. The older row keeps it; the newer one is kept under RenamedTo,
// so that what was made under it stays known and nothing can be made again under either.
type Collision struct {
	Key       string
	RenamedTo string
	// Kept and Renamed are what the two rows stand for: a booking's reference, a refund's id, a run's.
	Kept, Renamed string
}

// NotMergeableError says why two clients are not joined.
type NotMergeableError struct{ Why string }

func (e *NotMergeableError) Error() string { return e.Why }

// PlanMerge tells what MergeClients would do, and changes nothing. Error: *NotMergeableError.
func (s *Store) PlanMerge(ctx context.Context, into, from Client) (Merge, error) {
	plan := Merge{Into: into, From: from}
	if err := mergeable(into, from); err != nil {
		return plan, err
	}
	conn := s.db.WithContext(ctx)
	if err := keepsOut(conn, into, from, s.Now()); err != nil {
		return plan, err
	}
	err := errors.Join(
		conn.Model(&apiKeyRow{}).Where("client_id = ?", from.ID).Count(&plan.Keys).Error,
		conn.Model(&bookingRow{}).Where("client_id = ?", from.ID).Count(&plan.Bookings).Error,
		conn.Model(&idempotencyRow{}).Where("client_id = ?", from.ID).Count(&plan.IdempotencyKeys).Error,
	)
	if err != nil {
		return plan, err
	}
	for after, more := []byte{}, true; more && len(plan.Collisions) < maxCollisions; {
		var found []twins
		found, after, err = twinsOf(conn, into.ID, from.ID, after)
		if err != nil {
			return plan, err
		}
		for _, twin := range found {
			plan.Collisions = append(plan.Collisions, twin.collision(into, from))
		}
		more = after != nil
	}
	return plan, nil
}

// maxCollisions is the length at which the list of a plan ends; the merge itself renames all.
const maxCollisions = 10_000

func mergeable(into, from Client) error {
	switch {
	case into.ID == from.ID:
		return &NotMergeableError{"a client cannot be merged with itself"}
	case into.MergedInto != "":
		return &NotMergeableError{fmt.Sprintf("%s was merged into %s: name that client", into.ClientID, into.MergedInto)}
	case from.MergedInto != "" && from.MergedInto != into.ClientID:
		return &NotMergeableError{fmt.Sprintf("%s was merged into %s before", from.ClientID, from.MergedInto)}
	}
	return nil
}

// MergeClients joins from to into: its API keys at once, then its idempotency keys and bookings in batches. From the first
// step on a caller of either sees the rows of both (Owner.Merged). It may be stopped at any point and run again; a repetition
// finishes what is left. Error: *NotMergeableError.
func (s *Store) MergeClients(ctx context.Context, into, from Client, by access.Actor) (Merge, error) {
	done := Merge{Into: into, From: from}
	if err := mergeable(into, from); err != nil {
		return done, err
	}
	if err := s.joinKeys(ctx, &done, by); err != nil {
		return done, err
	}
	if err := s.renameTwins(ctx, &done); err != nil {
		return done, err
	}
	moved, err := s.moveRows(ctx, "idempotency_keys", into.ID, from.ID)
	done.IdempotencyKeys = moved
	if err != nil {
		return done, err
	}
	done.Bookings, err = s.moveRows(ctx, "bookings", into.ID, from.ID)
	return done, err
}

// joinKeys is the moment from which the two are one client.
func (s *Store) joinKeys(ctx context.Context, done *Merge, by access.Actor) error {
	into, from, now := done.Into, done.From, s.Now()
	return s.db.InTransaction(ctx, func(tx *gorm.DB) error {
		if err := lockMergeable(tx, into.ID, from.ID, now); err != nil {
			return err
		}
		moved := tx.Model(&apiKeyRow{}).Where("client_id = ?", from.ID).Update("client_id", into.ID)
		if moved.Error != nil {
			return moved.Error
		}
		done.Keys = moved.RowsAffected
		if err := joinEndpoints(tx, now, into.ID, from.ID); err != nil {
			return err
		}
		// What was merged into from before belongs to into as well.
		err := tx.Model(&clientRow{}).Where("id = ? OR merged_into = ?", from.ID, from.ID).Update("merged_into", into.ID).Error
		if err != nil {
			return err
		}
		return audit(tx, now, AuditEntry{
			Actor: by, Action: ActionClientMerge, Subject: into.ClientID,
			Detail:    fmt.Sprintf("took over %s with %d keys", from.ClientID, moved.RowsAffected),
			DedupeKey: "merge/" + from.ClientID + "/" + into.ClientID,
		})
	})
}

// joinEndpoints gives into what from's clients listen and see to: from this moment on the events of the bookings of both are for the
// endpoints of both, so updated_at of each moves. Matters that from has taken are into's.
func joinEndpoints(tx *gorm.DB, now time.Time, into, from uint64) error {
	err := tx.Model(&endpointRow{}).Where("client_id IN ?", []uint64{into, from}).
		Updates(map[string]any{"client_id": into, "updated_at": now}).Error
	if err != nil {
		return err
	}
	return tx.Model(&attentionRow{}).Where("is_open = 1 AND holder = ?", access.Actor{ClientID: from}.Holder()).
		Update("holder", access.Actor{ClientID: into}.Holder()).Error
}

// lockMergeable locks both clients and reads them as they are now: another merge, or a disable, may have come since they
// were read.
func lockMergeable(tx *gorm.DB, into, from uint64, now time.Time) error {
	for _, id := range []uint64{min(into, from), max(into, from)} {
		if _, err := lockClient(tx, id); err != nil {
			return err
		}
	}
	found, err := clientsIn(tx, func(tx *gorm.DB) *gorm.DB { return tx.Where("c.id IN ?", []uint64{into, from}) })
	if err != nil {
		return err
	}
	locked := map[uint64]Client{}
	for _, client := range found {
		locked[client.ID] = client
	}
	if err := mergeable(locked[into], locked[from]); err != nil {
		return err
	}
	return keepsOut(tx, locked[into], locked[from], now)
}

// keepsOut refuses to hand keys of a disabled client to one that is not: the merge would let in whom the operator has locked
// out. And a disabled client takes nothing over, as keys that are in use would be refused from then on.
func keepsOut(conn *gorm.DB, into, from Client, now time.Time) error {
	if into.DisabledAt != nil {
		return &NotMergeableError{fmt.Sprintf("%s is disabled, and would have the keys of %s refused: enable it first", into.ClientID,
			from.ClientID)}
	}
	if from.DisabledAt == nil {
		return nil
	}
	var valid int64
	err := conn.Model(&apiKeyRow{}).Where("client_id = ? AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ?)", from.ID, now).
		Count(&valid).Error
	if err == nil && valid > 0 {
		return &NotMergeableError{fmt.Sprintf("%s is disabled, and its keys would be let in again: revoke them first, or enable it",
			from.ClientID)}
	}
	return err
}

// twins are two rows of one idempotency key.
type twins struct {
	IdempotencyKey             []byte
	FromID, IntoID             uint64
	FromResource, IntoResource string
}

// comparedKeys is how many keys of a client one statement compares: it has as many as bookings.
const comparedKeys = 2000

// twinsOf compares the next keys of one client, in their order after one, and returns those that another client has used as well. next is
// the last key that was compared, nil at the end.
func twinsOf(conn *gorm.DB, into, from uint64, after []byte) (found []twins, next []byte, err error) {
	var ends [][]byte
	err = conn.Model(&idempotencyRow{}).Where("client_id = ? AND idempotency_key > ?", from, after).
		Order("idempotency_key").Limit(1).Offset(comparedKeys-1).Pluck("idempotency_key", &ends).Error
	if err != nil {
		return nil, nil, err
	}
	query := conn.Table("idempotency_keys f").
		Joins("JOIN idempotency_keys i ON i.idempotency_key = f.idempotency_key AND i.client_id = ?", into).
		Where("f.client_id = ? AND f.idempotency_key > ?", from, after)
	if len(ends) > 0 {
		next = ends[0]
		query = query.Where("f.idempotency_key <= ?", next)
	}
	err = query.Order("f.idempotency_key").
		Select("f.idempotency_key, f.id AS from_id, f.resource AS from_resource, i.id AS into_id, i.resource AS into_resource").Scan(&found).Error
	return found, next, err
}

// newer is the row that gives the key up, and the client whose it was.
func (t twins) newer(into, from Client) (id uint64, client Client) {
	if t.FromID > t.IntoID {
		return t.FromID, from
	}
	return t.IntoID, into
}

// maxKey is the width of idempotency_key, in bytes.
const maxKey = 255

func (t twins) collision(into, from Client) Collision {
	id, client := t.newer(into, from)
	renamed := fmt.Sprintf("%s/%d/%s", client.ClientID, id, t.IdempotencyKey)
	c := Collision{
		Key: string(t.IdempotencyKey), RenamedTo: renamed[:min(len(renamed), maxKey)], Kept: t.IntoResource,
		Renamed: t.FromResource,
	}
	if client.ID == into.ID {
		c.Kept, c.Renamed = t.FromResource, t.IntoResource
	}
	return c
}

// mergeBatch bounds one transaction, so that bookings are taken meanwhile.
const mergeBatch = 500

func (s *Store) renameTwins(ctx context.Context, done *Merge) error {
	for after := []byte{}; ; {
		var renamed []Collision
		var next []byte
		err := s.db.InTransaction(ctx, func(tx *gorm.DB) (err error) {
			renamed, next, err = renamePage(tx, done, after)
			return err
		})
		if err != nil {
			return err
		}
		done.Collisions = append(done.Collisions, renamed...)
		if next == nil {
			return nil
		}
		after = next
	}
}

func renamePage(tx *gorm.DB, done *Merge, after []byte) (renamed []Collision, next []byte, err error) {
	found, next, err := twinsOf(tx, done.Into.ID, done.From.ID, after)
	if err != nil {
		return nil, nil, err
	}
	for _, twin := range found {
		collision := twin.collision(done.Into, done.From)
		id, _ := twin.newer(done.Into, done.From)
		err := tx.Model(&idempotencyRow{}).Where("id = ?", id).
			Update("idempotency_key", []byte(collision.RenamedTo)).Error
		if err != nil {
			return nil, nil, err
		}
		renamed = append(renamed, collision)
	}
	return renamed, next, nil
}

// moveRows gives rows to another client, a batch of ids at a time. The ids are read first, from the index on the client: an UPDATE with a
// limit would walk through the table again for each batch.
func (s *Store) moveRows(ctx context.Context, table string, into, from uint64) (moved int64, err error) {
	for {
		var ids []uint64
		err := s.db.InTransaction(ctx, func(tx *gorm.DB) error {
			err := tx.Table(table).Where("client_id = ?", from).Limit(mergeBatch).Pluck("id", &ids).Error
			if err != nil || len(ids) == 0 {
				return err
			}
			return tx.Exec("UPDATE "+table+" SET client_id = ? WHERE id IN ? AND client_id = ?", into, ids, from).Error
		})
		if err != nil {
			return moved, err
		}
		moved += int64(len(ids))
		if len(ids) < mergeBatch {
			return moved, nil
		}
	}
}

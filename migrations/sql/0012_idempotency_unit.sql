-- Idempotency keys of every POST, not of bookings alone. The lease tells a request that is at work from one that died;
-- nothing but spared work rests on it.

-- +goose Up
ALTER TABLE idempotency_keys
  MODIFY COLUMN booking_id BIGINT UNSIGNED NULL,
  ADD COLUMN operation VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT 'create-booking',
  -- What was made under the key: a booking's reference, a refund's id.
  ADD COLUMN resource VARBINARY(64) NOT NULL DEFAULT '',
  ADD COLUMN lease VARBINARY(36) NULL,
  ADD COLUMN leased_until DATETIME(6) NULL;

UPDATE idempotency_keys k JOIN bookings b ON b.id = k.booking_id SET k.resource = b.reference;

-- +goose Down
ALTER TABLE idempotency_keys DROP COLUMN operation, DROP COLUMN resource, DROP COLUMN lease, DROP COLUMN leased_until;

-- +goose Up
-- How far a run of retention is in each table. One row a table.
CREATE TABLE retention_progress (
  subject VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
  done_to BIGINT UNSIGNED NOT NULL DEFAULT 0,
  -- When the reading of the table began at its first row. Rows that were not settled then are looked at again a month later.
  began_at DATETIME(6) NOT NULL
) ENGINE = InnoDB;

-- The booking that an action is about. It has no foreign key: a claim holds the lock of AUTO_INCREMENT while it is inserted, and would wait
-- with it for whoever has locked the booking.
ALTER TABLE idempotency_keys ADD COLUMN about_booking_id BIGINT UNSIGNED NULL, ALGORITHM = INSTANT;

-- Erasure finds what is about a booking by its id or by its reference.
CREATE INDEX idx_idempotency_about ON idempotency_keys (about_booking_id) ALGORITHM = INPLACE LOCK = NONE;
CREATE INDEX idx_idempotency_resource ON idempotency_keys (resource) ALGORITHM = INPLACE LOCK = NONE;
CREATE INDEX idx_items_reference ON reconciliation_items (booking_reference) ALGORITHM = INPLACE LOCK = NONE;
CREATE INDEX idx_rebuild_reference ON rebuild_items (booking_reference) ALGORITHM = INPLACE LOCK = NONE;

-- +goose Down
DROP INDEX idx_rebuild_reference ON rebuild_items;
DROP INDEX idx_items_reference ON reconciliation_items;
DROP INDEX idx_idempotency_resource ON idempotency_keys;
DROP INDEX idx_idempotency_about ON idempotency_keys;
ALTER TABLE idempotency_keys DROP COLUMN about_booking_id, ALGORITHM = INPLACE, LOCK = NONE;
DROP TABLE retention_progress;

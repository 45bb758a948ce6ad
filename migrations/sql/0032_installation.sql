-- What a restored backup keeps of the requests that it forgets. Ids outside the database (references, refund ids, Stripe's
-- idempotency keys, metadata) derive from a client's key and the installation's secret instead of being drawn: a request that is
-- repeated after a restore leads to the same PaymentIntent and the same refund.

-- +goose Up
-- One row, written by `starter migrate`. Another environment that begins with a copy of this database needs another row.
CREATE TABLE installation (
  id TINYINT UNSIGNED NOT NULL PRIMARY KEY,
  -- in_..., in the metadata of what this installation makes at Stripe, where several may share a test account.
  installation_id VARBINARY(16) NOT NULL,
  secret VARBINARY(32) NOT NULL,
  created_at DATETIME(6) NOT NULL
) ENGINE = InnoDB;

-- The request that asked for the row, as it stands in the metadata at Stripe and in Stripe's idempotency key. NULL for rows of
-- older releases, and of those that run beside this one: their keys derive from the reference or the refund's id.
ALTER TABLE bookings ADD COLUMN request_key VARBINARY(32) NULL, ALGORITHM = INSTANT;

ALTER TABLE refunds ADD COLUMN request_key VARBINARY(32) NULL, ALGORITHM = INSTANT;

CREATE UNIQUE INDEX idx_bookings_request ON bookings (request_key) ALGORITHM = INPLACE LOCK = NONE;

CREATE UNIQUE INDEX idx_refunds_request ON refunds (request_key) ALGORITHM = INPLACE LOCK = NONE;

-- +goose Down
DROP INDEX idx_refunds_request ON refunds;
DROP INDEX idx_bookings_request ON bookings;
ALTER TABLE refunds DROP COLUMN request_key;
ALTER TABLE bookings DROP COLUMN request_key;
DROP TABLE installation;

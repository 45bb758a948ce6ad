-- Who asked for what, when, and under which correlation id. Append-only by grant, as the ledger is: the application's user may
-- SELECT and INSERT here and nothing else. A row is written with what it tells of, in one transaction, or before it.

-- +goose Up
CREATE TABLE audit_log (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  at DATETIME(6) NOT NULL,
  -- "shop (ak_...)" for a client's key, "alice@bastion" for a command line.
  actor VARCHAR(200) CHARACTER SET utf8mb4 NOT NULL,
  client_id BIGINT UNSIGNED NULL,
  api_key_id BIGINT UNSIGNED NULL,
  -- "refund.create", "booking.cancel", "api-key.revoke", ...
  action VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  -- A booking's reference, a refund's id, a run's, an event's, a key's.
  subject VARBINARY(128) NOT NULL,
  booking_id BIGINT UNSIGNED NULL,
  correlation_id VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  -- Amounts, states and ids; never a name, an address or a note.
  detail VARCHAR(500) CHARACTER SET utf8mb4 NOT NULL DEFAULT '',
  -- Makes the repetition of a request that is repeated after a crash one row; NULL where each is one of its own.
  dedupe_key VARBINARY(255) NULL,
  UNIQUE KEY idx_audit_dedupe (dedupe_key),
  KEY idx_audit_booking (booking_id, id),
  KEY idx_audit_subject (subject, id),
  KEY idx_audit_client (client_id, id)
) ENGINE = InnoDB;

-- +goose Down
DROP TABLE audit_log;

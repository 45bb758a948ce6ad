-- One row a difference, and what became of it.

-- +goose Up
CREATE TABLE reconciliation_items (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  run_id BIGINT UNSIGNED NOT NULL,
  fingerprint VARBINARY(255) NOT NULL,
  class VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  object VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  stripe_id VARBINARY(64) NOT NULL,
  stripe_balance_transaction_id VARBINARY(64) NOT NULL DEFAULT '',
  stripe_payment_intent_id VARBINARY(64) NOT NULL DEFAULT '',
  booking_reference VARBINARY(16) NOT NULL DEFAULT '',
  amount_here BIGINT NOT NULL,
  amount_at_stripe BIGINT NOT NULL,
  currency CHAR(3) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  reason VARCHAR(500) CHARACTER SET utf8mb4 NOT NULL,
  -- What may be done without a person; empty when nothing may.
  healing VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  -- found, fixed, failed, skipped, resolved
  state VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT 'found',
  note VARCHAR(500) CHARACTER SET utf8mb4 NOT NULL DEFAULT '',
  created_at DATETIME(6) NOT NULL,
  updated_at DATETIME(6) NOT NULL,
  UNIQUE KEY idx_items_fingerprint (run_id, fingerprint),
  KEY idx_items_state (run_id, state, id),
  -- What a person has resolved is known again when a later run finds it.
  KEY idx_items_resolved (fingerprint, state),
  CONSTRAINT fk_items_run FOREIGN KEY (run_id) REFERENCES reconciliation_runs (id)
) ENGINE = InnoDB;

-- +goose Down
DROP TABLE reconciliation_items;

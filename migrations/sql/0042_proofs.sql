-- Proofs of the promises that `starter verify` checks. A whole proof reads the tables in ranges of ids, and proof_parts records how far each
-- table was read, so that a proof that was interrupted continues. A later proof reads only what has changed since the newest proof that
-- held: the indexes on updated_at find it.

-- +goose Up
CREATE TABLE proofs (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  -- whole, or changes: what has changed since the proof baseline_id.
  scope VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  baseline_id BIGINT UNSIGNED NULL,
  -- Which promises were checked: a proof of other promises is no baseline.
  promises_sha256 BINARY(32) NOT NULL,
  started_at DATETIME(6) NOT NULL,
  finished_at DATETIME(6) NULL,
  -- NULL until the proof is finished.
  held BOOLEAN NULL,
  -- The last ids whose rows were complete when the proof started.
  ledger_id BIGINT UNSIGNED NOT NULL,
  entry_id BIGINT UNSIGNED NOT NULL,
  email_id BIGINT UNSIGNED NOT NULL,
  key_id BIGINT UNSIGNED NOT NULL,
  -- The last seal at that time, and the sums of all seals up to it: {"asset:stripe_clearing": {"USD": 4453900}}.
  seal_number BIGINT UNSIGNED NOT NULL,
  seal_digest BINARY(32) NOT NULL,
  seal_sums JSON NOT NULL,
  KEY idx_proofs_held (held, id),
  KEY idx_proofs_scope (scope, id)
) ENGINE = InnoDB;

CREATE TABLE proof_parts (
  proof_id BIGINT UNSIGNED NOT NULL,
  -- The table whose ids the ranges have.
  subject VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  to_id BIGINT UNSIGNED NOT NULL,
  done_to BIGINT UNSIGNED NOT NULL DEFAULT 0,
  -- What was broken: the promise, the number of rows, and the range of ids.
  findings JSON NOT NULL,
  -- Of the ledger: the sums of what was read of the sealed transactions, as seal_sums.
  sums JSON NOT NULL,
  PRIMARY KEY (proof_id, subject),
  CONSTRAINT fk_proof_parts FOREIGN KEY (proof_id) REFERENCES proofs (id)
) ENGINE = InnoDB;

CREATE INDEX idx_bookings_updated ON bookings (updated_at) ALGORITHM = INPLACE LOCK = NONE;
CREATE INDEX idx_payments_updated ON payments (updated_at, booking_id) ALGORITHM = INPLACE LOCK = NONE;
CREATE INDEX idx_refunds_updated ON refunds (updated_at, booking_id) ALGORITHM = INPLACE LOCK = NONE;
CREATE INDEX idx_disputes_updated ON disputes (updated_at, booking_id) ALGORITHM = INPLACE LOCK = NONE;
CREATE INDEX idx_payouts_updated ON payouts (updated_at) ALGORITHM = INPLACE LOCK = NONE;
CREATE INDEX idx_items_stripe ON reconciliation_items (stripe_id, state) ALGORITHM = INPLACE LOCK = NONE;
CREATE INDEX idx_attention_subject ON attention_items (subject, kind) ALGORITHM = INPLACE LOCK = NONE;

-- +goose Down
DROP INDEX idx_attention_subject ON attention_items;
DROP INDEX idx_items_stripe ON reconciliation_items;
DROP INDEX idx_payouts_updated ON payouts;
DROP INDEX idx_disputes_updated ON disputes;
DROP INDEX idx_refunds_updated ON refunds;
DROP INDEX idx_payments_updated ON payments;
DROP INDEX idx_bookings_updated ON bookings;
DROP TABLE proof_parts;
DROP TABLE proofs;

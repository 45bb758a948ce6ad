-- What a note leaves outside the books is computed for verify and for later runs alike, and an item that was resolved by a note
-- can be reopened. An older release writes NULL in these columns, which reads as it did before.

-- +goose Up
ALTER TABLE reconciliation_items
  -- What was posted on the clearing account for the balance transaction when it was compared, and what Stripe settled of it, net.
  ADD COLUMN clearing_here BIGINT NULL,
  ADD COLUMN net_at_stripe BIGINT NULL,
  -- The state before it was resolved, to which reopening returns it.
  ADD COLUMN resolved_from VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NULL,
  ALGORITHM = INSTANT;

CREATE INDEX idx_items_noted ON reconciliation_items (state, stripe_balance_transaction_id) ALGORITHM = INPLACE LOCK = NONE;

-- One row: a correction locks it for itself, and what posts without a booking's lock (payouts, account fees) shares it, so that
-- each sees what the other has posted.
CREATE TABLE correction_lock (
  id TINYINT UNSIGNED NOT NULL PRIMARY KEY
) ENGINE = InnoDB;

INSERT INTO correction_lock (id) VALUES (1);

-- +goose Down
DROP TABLE correction_lock;
DROP INDEX idx_items_noted ON reconciliation_items;
ALTER TABLE reconciliation_items DROP COLUMN clearing_here, DROP COLUMN net_at_stripe, DROP COLUMN resolved_from;

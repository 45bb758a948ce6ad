-- One row a dispute: what Stripe last said of it, and how much of its loss is in the ledger.

-- +goose Up
CREATE TABLE disputes (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  booking_id BIGINT UNSIGNED NOT NULL,
  stripe_dispute_id VARBINARY(64) NOT NULL,
  stripe_payment_intent_id VARBINARY(64) NOT NULL,
  status VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  reason VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  amount BIGINT NOT NULL,
  currency CHAR(3) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  due_by DATETIME(6) NULL,
  -- In minor units of the currency that Stripe settles in, which is settlement_currency.
  withheld BIGINT NOT NULL DEFAULT 0,
  loss BIGINT NOT NULL DEFAULT 0,
  loss_postings INT UNSIGNED NOT NULL DEFAULT 0,
  settlement_currency CHAR(3) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  created_at DATETIME(6) NOT NULL,
  updated_at DATETIME(6) NOT NULL,
  UNIQUE KEY idx_disputes_stripe_id (stripe_dispute_id),
  KEY idx_disputes_booking (booking_id, id),
  KEY idx_disputes_status (status, id),
  CONSTRAINT fk_disputes_booking FOREIGN KEY (booking_id) REFERENCES bookings (id),
  CONSTRAINT chk_disputes_amount CHECK (amount >= 0)
) ENGINE = InnoDB;

-- +goose Down
DROP TABLE disputes;

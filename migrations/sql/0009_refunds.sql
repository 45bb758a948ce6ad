-- One row a refund, written before Stripe hears of it: its amount is reserved from then on. One that was made in
-- Stripe's dashboard gets its row when we hear of it.

-- +goose Up
CREATE TABLE refunds (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  refund_id VARBINARY(16) NOT NULL,
  booking_id BIGINT UNSIGNED NOT NULL,
  stripe_payment_intent_id VARBINARY(64) NOT NULL,
  -- NULL until Stripe has made it.
  stripe_refund_id VARBINARY(64) NULL,
  origin VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  -- What asks for this refund once only (the cancellation of a booking, late money); NULL where several are legitimate.
  origin_key VARBINARY(128) NULL,
  amount BIGINT NOT NULL,
  currency CHAR(3) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  reason VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  note VARCHAR(500) CHARACTER SET utf8mb4 NOT NULL DEFAULT '',
  status VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  failure_reason VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  -- What of it is in the ledger: the refund, and its failure.
  posted BOOLEAN NOT NULL DEFAULT FALSE,
  failure_posted BOOLEAN NOT NULL DEFAULT FALSE,
  correlation_id VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  created_at DATETIME(6) NOT NULL,
  updated_at DATETIME(6) NOT NULL,
  UNIQUE KEY idx_refunds_refund_id (refund_id),
  UNIQUE KEY idx_refunds_stripe_id (stripe_refund_id),
  UNIQUE KEY idx_refunds_origin (origin_key),
  KEY idx_refunds_booking (booking_id, id),
  KEY idx_refunds_status (status, id),
  CONSTRAINT fk_refunds_booking FOREIGN KEY (booking_id) REFERENCES bookings (id),
  CONSTRAINT chk_refunds_amount CHECK (amount > 0)
) ENGINE = InnoDB;

-- +goose Down
DROP TABLE refunds;

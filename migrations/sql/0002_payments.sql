-- One payment a booking: its PaymentIntent, and what Stripe last said of it.

-- +goose Up
CREATE TABLE payments (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  booking_id BIGINT UNSIGNED NOT NULL,
  stripe_payment_intent_id VARBINARY(64) NOT NULL,
  status VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  amount BIGINT NOT NULL,
  amount_captured BIGINT NOT NULL DEFAULT 0,
  currency CHAR(3) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  stripe_charge_id VARBINARY(64) NOT NULL DEFAULT '',
  decline_code VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  fee_posted BOOLEAN NOT NULL DEFAULT FALSE,
  created_at DATETIME(6) NOT NULL,
  updated_at DATETIME(6) NOT NULL,
  UNIQUE KEY idx_payments_booking (booking_id),
  UNIQUE KEY idx_payments_payment_intent (stripe_payment_intent_id),
  KEY idx_payments_status (status, id),
  CONSTRAINT fk_payments_booking FOREIGN KEY (booking_id) REFERENCES bookings (id),
  CONSTRAINT chk_payments_captured CHECK (amount_captured >= 0 AND amount_captured <= amount)
) ENGINE = InnoDB;

-- +goose Down
DROP TABLE payments;

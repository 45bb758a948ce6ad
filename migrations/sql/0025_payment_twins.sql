-- Bookings of which a creation of unknown outcome (Stripe answered 500) may have left another PaymentIntent at Stripe, which
-- nobody can pay: it is looked for and cancelled once Stripe's lists have caught up.

-- +goose Up
CREATE TABLE payment_twins (
  booking_id BIGINT UNSIGNED NOT NULL PRIMARY KEY,
  created_at DATETIME(6) NOT NULL,
  -- When no twin was left; NULL until then.
  checked_at DATETIME(6) NULL,
  KEY idx_twins_checked (checked_at, created_at),
  CONSTRAINT fk_twins_booking FOREIGN KEY (booking_id) REFERENCES bookings (id)
) ENGINE = InnoDB;

-- +goose Down
DROP TABLE payment_twins;

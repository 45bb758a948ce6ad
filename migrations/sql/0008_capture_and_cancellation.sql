-- Payments that are authorised first and captured later, bookings that are cancelled after payment, and how much of a
-- payment went back.

-- +goose Up
ALTER TABLE bookings
  ADD COLUMN capture_method VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT 'automatic',
  -- Cancelled after payment, and how much of it the policy gave back; both NULL otherwise.
  ADD COLUMN cancelled_at DATETIME(6) NULL,
  ADD COLUMN cancel_percent TINYINT UNSIGNED NULL;

ALTER TABLE payments
  ADD COLUMN amount_refunded BIGINT NOT NULL DEFAULT 0,
  ADD COLUMN amount_charged_back BIGINT NOT NULL DEFAULT 0,
  ADD COLUMN capture_before DATETIME(6) NULL;

-- +goose Down
ALTER TABLE payments DROP COLUMN amount_refunded, DROP COLUMN amount_charged_back, DROP COLUMN capture_before;
ALTER TABLE bookings DROP COLUMN capture_method, DROP COLUMN cancelled_at, DROP COLUMN cancel_percent;

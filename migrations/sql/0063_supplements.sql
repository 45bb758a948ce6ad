-- Further payments of a booking: a fare difference, baggage. Each is a row of bookings with a hold, a payment and a ledger of its own, and
-- names the booking that it is paid for.

-- +goose Up
ALTER TABLE bookings
  -- The reference of the booking that it is a further payment of. NULL for a booking, as are purpose and text.
  ADD COLUMN supplement_of VARBINARY(16) NULL,
  ADD COLUMN purpose VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NULL,
  ADD COLUMN purpose_text VARCHAR(200) CHARACTER SET utf8mb4 NULL,
  -- When the booking that it is paid for ended, and how much of it is given back then. NULL again once it is settled.
  ADD COLUMN cancel_due_at DATETIME(6) NULL,
  ADD COLUMN cancel_due_percent TINYINT UNSIGNED NULL,
  -- How many rows name it in supplement_of: those of a booking without any are not asked for.
  ADD COLUMN supplements SMALLINT UNSIGNED NOT NULL DEFAULT 0,
  ALGORITHM = INSTANT;

CREATE INDEX idx_bookings_supplement ON bookings (supplement_of, id) ALGORITHM = INPLACE LOCK = NONE;

CREATE INDEX idx_bookings_cancel_due ON bookings (cancel_due_at, id) ALGORITHM = INPLACE LOCK = NONE;

-- +goose Down
DROP INDEX idx_bookings_cancel_due ON bookings ALGORITHM = INPLACE LOCK = NONE;
DROP INDEX idx_bookings_supplement ON bookings ALGORITHM = INPLACE LOCK = NONE;
ALTER TABLE bookings
  DROP COLUMN supplements, DROP COLUMN cancel_due_percent, DROP COLUMN cancel_due_at, DROP COLUMN purpose_text, DROP COLUMN purpose,
  DROP COLUMN supplement_of,
  ALGORITHM = INPLACE, LOCK = NONE;

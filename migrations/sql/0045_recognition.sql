-- Revenue is recognised at departure, and each booking's ledger follows one set of posting rules at a time.

-- +goose Up
ALTER TABLE bookings
  -- The posting rules that the booking's ledger follows: 1 are those of releases that had no account for refunds payable. Such a booking
  -- is carried over by one correcting transaction, by `starter ledger carry-over` or before its next posting.
  ADD COLUMN ledger_rules TINYINT UNSIGNED NOT NULL DEFAULT 1,
  -- When unearned revenue of the booking is to be looked at: its departure. NULL when nothing was posted to it since it was recognised.
  ADD COLUMN recognise_at DATETIME(6) NULL,
  ALGORITHM = INSTANT;

CREATE INDEX idx_bookings_rules ON bookings (ledger_rules, id) ALGORITHM = INPLACE LOCK = NONE;
CREATE INDEX idx_bookings_recognise ON bookings (recognise_at, id) ALGORITHM = INPLACE LOCK = NONE;

-- +goose Down
DROP INDEX idx_bookings_recognise ON bookings;
DROP INDEX idx_bookings_rules ON bookings;
ALTER TABLE bookings DROP COLUMN recognise_at, DROP COLUMN ledger_rules, ALGORITHM = INPLACE, LOCK = NONE;

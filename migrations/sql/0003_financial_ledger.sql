-- Double entry, append-only: one row of financial_ledger a transaction, its lines in ledger_entries. The application's
-- user may SELECT and INSERT here and nothing else (see grants.go); no foreign key cascades into it.

-- +goose Up
CREATE TABLE financial_ledger (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  booking_id BIGINT UNSIGNED NULL,
  type VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  -- NULL for manual entries, which have an operation_key instead.
  stripe_payment_intent_id VARBINARY(64) NULL,
  -- The refund, charge, dispute or balance transaction that tells it from others of its type.
  stripe_object_id VARBINARY(64) NOT NULL DEFAULT '',
  stripe_balance_transaction_id VARBINARY(64) NOT NULL DEFAULT '',
  operation_key VARBINARY(255) NULL,
  description VARCHAR(255) CHARACTER SET utf8mb4 NOT NULL,
  posted_at DATETIME(6) NOT NULL,
  UNIQUE KEY idx_ledger_operation_key (operation_key),
  KEY idx_ledger_booking (booking_id, id),
  CONSTRAINT fk_ledger_booking FOREIGN KEY (booking_id) REFERENCES bookings (id)
) ENGINE = InnoDB;

CREATE TABLE ledger_entries (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  ledger_id BIGINT UNSIGNED NOT NULL,
  account VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  side VARCHAR(6) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  amount BIGINT NOT NULL,
  currency CHAR(3) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  KEY idx_entries_ledger (ledger_id),
  KEY idx_entries_account (account, currency, side, amount),
  CONSTRAINT fk_entries_ledger FOREIGN KEY (ledger_id) REFERENCES financial_ledger (id),
  CONSTRAINT chk_entries_amount CHECK (amount > 0),
  CONSTRAINT chk_entries_side CHECK (side IN ('debit', 'credit'))
) ENGINE = InnoDB;

-- +goose Down
DROP TABLE ledger_entries;
DROP TABLE financial_ledger;

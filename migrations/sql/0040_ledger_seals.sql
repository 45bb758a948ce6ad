-- Seals of the ledger: each covers the transactions of a range of ids, with their count, their sums by account and currency, and a digest
-- over every transaction and entry that includes the digest of the seal before it. Nobody changes or removes one: the application's user
-- may read and insert. Whoever posts shares the lock on ledger_opening's row, and whoever seals takes it alone for a moment, so that no
-- transaction with an id of the range is still in flight.

-- +goose Up
CREATE TABLE ledger_seals (
  number BIGINT UNSIGNED NOT NULL PRIMARY KEY,
  from_id BIGINT UNSIGNED NOT NULL,
  to_id BIGINT UNSIGNED NOT NULL,
  transactions BIGINT UNSIGNED NOT NULL,
  entries BIGINT UNSIGNED NOT NULL,
  -- {"asset:stripe_clearing": {"USD": 4453900}}: debits less credits, in minor units.
  sums JSON NOT NULL,
  previous_digest BINARY(32) NOT NULL,
  digest BINARY(32) NOT NULL,
  sealed_at DATETIME(6) NOT NULL,
  UNIQUE KEY idx_seals_to (to_id)
) ENGINE = InnoDB;

-- +goose Down
DROP TABLE ledger_seals;

-- Each transaction has two dates: posted_at, ours, and effective_at, when it took effect: Stripe's balance transaction, or the
-- decision where there is none. effective_basis says which (ledger/effective.go). The previous release writes NULL in both;
-- `starter migrate` completes those rows in id ranges (migrations/effective.go) and `starter verify` counts what remains.

-- +goose Up
ALTER TABLE financial_ledger
  ADD COLUMN effective_at DATETIME(6) NULL,
  ADD COLUMN effective_basis VARCHAR(24) CHARACTER SET ascii COLLATE ascii_bin NULL,
  ALGORITHM = INSTANT;

-- Reports ask for a range; the rows without a date are found at its beginning.
CREATE INDEX idx_ledger_effective ON financial_ledger (effective_at) ALGORITHM = INPLACE LOCK = NONE;

-- +goose Down
DROP INDEX idx_ledger_effective ON financial_ledger;
ALTER TABLE financial_ledger DROP COLUMN effective_basis, DROP COLUMN effective_at;

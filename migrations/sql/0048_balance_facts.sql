-- What Stripe says of a balance transaction beside what the ledger posts for it, so that reports have Stripe's columns. NULL without a balance
-- transaction, and in rows of older releases: reports then show what follows from the entries, and nothing where nothing does.

-- +goose Up
ALTER TABLE financial_ledger
  ADD COLUMN reporting_category VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NULL,
  -- Gross and fee in minor units of stripe_currency.
  ADD COLUMN stripe_amount BIGINT NULL,
  ADD COLUMN stripe_fee BIGINT NULL,
  ADD COLUMN stripe_currency CHAR(3) CHARACTER SET ascii COLLATE ascii_bin NULL,
  -- The object that it came from: ch_, py_, re_, dp_, po_.
  ADD COLUMN stripe_source_id VARBINARY(64) NULL,
  ADD COLUMN available_on DATETIME(6) NULL,
  ALGORITHM = INSTANT;

-- Stripe's trace_id of a payout, by which the bank statement names it: supported, pending or unsupported, and the id.
ALTER TABLE payouts
  ADD COLUMN trace_status VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NULL,
  ADD COLUMN trace_id VARBINARY(255) NULL,
  ALGORITHM = INSTANT;

-- The balance transactions that an automatic payout pays out, as Stripe lists them, without the payout's own. Nobody changes or removes one:
-- the application's user may read and insert.
CREATE TABLE payout_transactions (
  stripe_payout_id VARBINARY(64) NOT NULL,
  stripe_balance_transaction_id VARBINARY(64) NOT NULL,
  reporting_category VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  net BIGINT NOT NULL,
  currency CHAR(3) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  settled_at DATETIME(6) NOT NULL,
  PRIMARY KEY (stripe_payout_id, stripe_balance_transaction_id),
  KEY idx_payout_transactions_txn (stripe_balance_transaction_id)
) ENGINE = InnoDB;

-- +goose Down
DROP TABLE payout_transactions;
ALTER TABLE payouts DROP COLUMN trace_id, DROP COLUMN trace_status, ALGORITHM = INPLACE, LOCK = NONE;
ALTER TABLE financial_ledger DROP COLUMN available_on, DROP COLUMN stripe_source_id, DROP COLUMN stripe_currency, DROP COLUMN stripe_fee,
  DROP COLUMN stripe_amount, DROP COLUMN reporting_category, ALGORITHM = INPLACE, LOCK = NONE;

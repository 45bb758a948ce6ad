-- The balance transactions that a run has met at Stripe: what the ledger has beyond them is missing there. On disk, so that
-- a run of any size needs no memory; removed when the run ends.

-- +goose Up
CREATE TABLE reconciliation_seen (
  run_id BIGINT UNSIGNED NOT NULL,
  stripe_balance_transaction_id VARBINARY(64) NOT NULL,
  PRIMARY KEY (run_id, stripe_balance_transaction_id)
) ENGINE = InnoDB;

-- +goose Down
DROP TABLE reconciliation_seen;

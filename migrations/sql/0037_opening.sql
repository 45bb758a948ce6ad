-- The moment from which on the ledger has Stripe's balance transactions, for an account that lived before Farebook. One row: opening
-- locks it for itself, and whatever posts a balance transaction shares it, so that nothing of before is posted beside the opening
-- balance. opened_at is NULL for an account that began with Farebook.

-- +goose Up
CREATE TABLE ledger_opening (
  id TINYINT UNSIGNED NOT NULL PRIMARY KEY,
  opened_at DATETIME(6) NULL,
  decided_at DATETIME(6) NULL,
  decided_by VARCHAR(200) CHARACTER SET utf8mb4 NOT NULL DEFAULT ''
) ENGINE = InnoDB;

INSERT INTO ledger_opening (id) VALUES (1);

-- Stripe's balance of that moment by its parts: available, pending, connect_reserved, issuing. The ledger has the first two as one.
CREATE TABLE opening_balances (
  currency CHAR(3) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  kind VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  amount BIGINT NOT NULL,
  PRIMARY KEY (currency, kind)
) ENGINE = InnoDB;

-- +goose Down
DROP TABLE opening_balances;
DROP TABLE ledger_opening;

-- One row a payout, and whether its balance transactions prove it.

-- +goose Up
CREATE TABLE payouts (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  stripe_payout_id VARBINARY(64) NOT NULL,
  status VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  amount BIGINT NOT NULL,
  currency CHAR(3) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  automatic BOOLEAN NOT NULL,
  arrives_at DATETIME(6) NULL,
  failure_code VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  -- pending, proven, unproven, or manual: Stripe does not say what a manual payout pays out.
  proof VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT 'pending',
  transactions INT UNSIGNED NOT NULL DEFAULT 0,
  -- Balance transactions that the ledger does not know, and by how much the sum is off, in minor units.
  unmatched INT UNSIGNED NOT NULL DEFAULT 0,
  difference BIGINT NOT NULL DEFAULT 0,
  posted BOOLEAN NOT NULL DEFAULT FALSE,
  failure_posted BOOLEAN NOT NULL DEFAULT FALSE,
  created_at DATETIME(6) NOT NULL,
  updated_at DATETIME(6) NOT NULL,
  UNIQUE KEY idx_payouts_stripe_id (stripe_payout_id),
  KEY idx_payouts_status (status, id)
) ENGINE = InnoDB;

-- +goose Down
DROP TABLE payouts;

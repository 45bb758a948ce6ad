-- Each reconciliation: what it was asked for, and what came of it.

-- +goose Up
CREATE TABLE reconciliation_runs (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  correlation_id VARBINARY(64) NOT NULL,
  scope VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  dry_run BOOLEAN NOT NULL,
  lookback_days INT UNSIGNED NOT NULL,
  payment_limit INT UNSIGNED NOT NULL,
  -- The run whose plan this one applies; NULL for one that looks by itself.
  applies VARBINARY(64) NULL,
  -- running, completed, failed
  status VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  window_start DATETIME(6) NOT NULL,
  window_end DATETIME(6) NOT NULL,
  scanned BIGINT UNSIGNED NOT NULL DEFAULT 0,
  -- Open payments that are older than the look-back: counted, so that they are not forgotten.
  overdue BIGINT UNSIGNED NOT NULL DEFAULT 0,
  plan_sha256 VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  error VARCHAR(500) CHARACTER SET utf8mb4 NOT NULL DEFAULT '',
  started_at DATETIME(6) NOT NULL,
  completed_at DATETIME(6) NULL,
  -- When the run may call Stripe next, Unix time in microseconds: its token bucket, which its scans on many workers share.
  next_call_us BIGINT UNSIGNED NOT NULL DEFAULT 0,
  -- The open payment at which its limit stopped the run, where the next one goes on; 0 when it looked at each.
  open_stopped_at BIGINT UNSIGNED NOT NULL DEFAULT 0,
  UNIQUE KEY idx_runs_correlation (correlation_id),
  KEY idx_runs_status (status, completed_at)
) ENGINE = InnoDB;

-- +goose Down
DROP TABLE reconciliation_runs;

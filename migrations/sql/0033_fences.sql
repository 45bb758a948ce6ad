-- A fence keeps money from moving while the books may miss what Stripe has: after a restore of the database, until what was lost
-- is in the books again. The previous release does not know it and must not run while one is up.

-- +goose Up
CREATE TABLE fences (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  raised_at DATETIME(6) NOT NULL,
  -- Who raised it, as in audit_log; "farebook" where a process found that the books are older than Stripe.
  raised_by VARCHAR(200) CHARACTER SET utf8mb4 NOT NULL,
  reason VARCHAR(200) CHARACTER SET utf8mb4 NOT NULL,
  -- What shows that the database was restored, by Stripe's ids.
  evidence VARCHAR(500) CHARACTER SET utf8mb4 NOT NULL DEFAULT '',
  lowered_at DATETIME(6) NULL,
  lowered_by VARCHAR(200) CHARACTER SET utf8mb4 NOT NULL DEFAULT '',
  note VARCHAR(500) CHARACTER SET utf8mb4 NOT NULL DEFAULT '',
  is_up TINYINT AS (IF(lowered_at IS NULL, 1, NULL)) STORED,
  UNIQUE KEY idx_fences_up (is_up)
) ENGINE = InnoDB;

-- +goose Down
DROP TABLE fences;

-- When a run may call Stripe next: its token bucket, which its scans on many workers share.

-- +goose Up
ALTER TABLE reconciliation_runs ADD COLUMN next_call_us BIGINT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'Unix time in microseconds';

-- +goose Down
ALTER TABLE reconciliation_runs DROP COLUMN next_call_us;

-- The inbox: where the processing of each event is, how often it was tried, and when it is tried again.

-- +goose Up
ALTER TABLE stripe_events
  -- received, processing, processed, failed; processed goes with the flag of that name.
  ADD COLUMN state VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT 'received',
  ADD COLUMN attempts INT UNSIGNED NOT NULL DEFAULT 0,
  ADD COLUMN last_error VARCHAR(500) CHARACTER SET utf8mb4 NOT NULL DEFAULT '',
  ADD COLUMN next_attempt_at DATETIME(6) NULL;

UPDATE stripe_events SET state = 'processed' WHERE processed = TRUE;

CREATE INDEX idx_events_due ON stripe_events (processed, next_attempt_at);

CREATE INDEX idx_events_object ON stripe_events (object_id);

-- +goose Down
DROP INDEX idx_events_object ON stripe_events;
DROP INDEX idx_events_due ON stripe_events;
ALTER TABLE stripe_events DROP COLUMN state, DROP COLUMN attempts, DROP COLUMN last_error, DROP COLUMN next_attempt_at;

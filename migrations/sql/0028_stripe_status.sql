-- Stripe's own word for the state of an object where this version does not know it, as it came; empty for every state that it knows.

-- +goose Up
ALTER TABLE payments ADD COLUMN stripe_status VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '';
ALTER TABLE refunds ADD COLUMN stripe_status VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '';
ALTER TABLE disputes ADD COLUMN stripe_status VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '';
ALTER TABLE payouts ADD COLUMN stripe_status VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '';

-- Events by what became of them: the few that failed, are not ours or were ignored, among all that were processed.
CREATE INDEX idx_events_state ON stripe_events (state, id);

-- +goose Down
DROP INDEX idx_events_state ON stripe_events;
ALTER TABLE payouts DROP COLUMN stripe_status;
ALTER TABLE disputes DROP COLUMN stripe_status;
ALTER TABLE refunds DROP COLUMN stripe_status;
ALTER TABLE payments DROP COLUMN stripe_status;

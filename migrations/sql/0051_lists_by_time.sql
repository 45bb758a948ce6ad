-- Lists of events, emails, audit entries and reconciliations in the order of their ids: an index on the time finds the ids at which a
-- range of times begins and ends. They are built in place.

-- +goose Up
CREATE INDEX idx_events_received ON stripe_events (received_at, id) ALGORITHM = INPLACE LOCK = NONE;
CREATE INDEX idx_emails_created ON emails (created_at, id) ALGORITHM = INPLACE LOCK = NONE;
CREATE INDEX idx_audit_at ON audit_log (at, id) ALGORITHM = INPLACE LOCK = NONE;
CREATE INDEX idx_runs_status_id ON reconciliation_runs (status, id) ALGORITHM = INPLACE LOCK = NONE;

-- +goose Down
DROP INDEX idx_runs_status_id ON reconciliation_runs;
DROP INDEX idx_audit_at ON audit_log;
DROP INDEX idx_emails_created ON emails;
DROP INDEX idx_events_received ON stripe_events;

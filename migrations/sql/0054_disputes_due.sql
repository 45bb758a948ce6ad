-- The disputes for which Stripe waits for evidence, the soonest deadline first. The index is built in place.

-- +goose Up
CREATE INDEX idx_disputes_due ON disputes (status, due_by, id) ALGORITHM = INPLACE LOCK = NONE;

-- +goose Down
DROP INDEX idx_disputes_due ON disputes;

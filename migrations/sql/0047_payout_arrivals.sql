-- A month end lists the payouts that reached the bank in the month.

-- +goose Up
CREATE INDEX idx_payouts_arrival ON payouts (arrives_at) ALGORITHM = INPLACE LOCK = NONE;

-- +goose Down
DROP INDEX idx_payouts_arrival ON payouts;

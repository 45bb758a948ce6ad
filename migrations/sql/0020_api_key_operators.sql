-- A key that may reconcile, and read what was found of every caller's bookings. Whoever reconciled by a key made before needs
-- a new one.

-- +goose Up
ALTER TABLE api_keys ADD COLUMN operator BOOLEAN NOT NULL DEFAULT FALSE;

-- +goose Down
ALTER TABLE api_keys DROP COLUMN operator;

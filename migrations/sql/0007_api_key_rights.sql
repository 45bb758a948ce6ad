-- A key that may only read, and one that was revoked.

-- +goose Up
ALTER TABLE api_keys
  ADD COLUMN read_only BOOLEAN NOT NULL DEFAULT FALSE,
  ADD COLUMN revoked_at DATETIME(6) NULL;

-- +goose Down
ALTER TABLE api_keys DROP COLUMN read_only, DROP COLUMN revoked_at;

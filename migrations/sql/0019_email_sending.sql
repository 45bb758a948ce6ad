-- Until when a worker is sending the mail: two that are awake at once do not both send it.

-- +goose Up
ALTER TABLE emails ADD COLUMN sending_until DATETIME(6) NULL;

-- +goose Down
ALTER TABLE emails DROP COLUMN sending_until;

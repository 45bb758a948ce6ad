-- +goose Up
-- When name, address and passengers of a booking were erased; NULL while they are kept.
ALTER TABLE bookings ADD COLUMN erased_at DATETIME(6) NULL, ALGORITHM = INSTANT;

-- +goose Down
ALTER TABLE bookings DROP COLUMN erased_at, ALGORITHM = INPLACE, LOCK = NONE;

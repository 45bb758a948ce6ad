-- Where the payment page leads back to, if the request named an address. NULL for bookings without one, and for those of older releases.

-- +goose Up
ALTER TABLE bookings ADD COLUMN return_url VARCHAR(1000) CHARACTER SET ascii COLLATE ascii_bin NULL, ALGORITHM = INSTANT;

-- +goose Down
ALTER TABLE bookings DROP COLUMN return_url;

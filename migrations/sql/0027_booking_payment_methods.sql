-- Which payment methods a booking's PaymentIntent offers: decided at the reservation, so that each repetition of the request to
-- Stripe has the same bytes. NULL for bookings of older releases, whose request is that of 'automatic'.

-- +goose Up
ALTER TABLE bookings ADD COLUMN payment_methods VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NULL;

-- +goose Down
ALTER TABLE bookings DROP COLUMN payment_methods;

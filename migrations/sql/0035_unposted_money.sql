-- Rows that wait for Stripe's balance transaction, among all that have settled: the sweeper reads them all the time.

-- +goose Up
CREATE INDEX idx_payments_fee ON payments (status, fee_posted, booking_id) ALGORITHM = INPLACE LOCK = NONE;
CREATE INDEX idx_refunds_unposted ON refunds (status, posted, failure_posted, id) ALGORITHM = INPLACE LOCK = NONE;

-- +goose Down
DROP INDEX idx_refunds_unposted ON refunds;
DROP INDEX idx_payments_fee ON payments;

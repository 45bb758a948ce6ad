-- The payment of a charge: disputes, refunds and events of charges may name the charge (ch_, py_) without its PaymentIntent. Building
-- the index takes no lock that keeps payments from being written.

-- +goose Up
ALTER TABLE payments ADD KEY idx_payments_charge (stripe_charge_id), ALGORITHM = INPLACE, LOCK = NONE;

-- +goose Down
ALTER TABLE payments DROP KEY idx_payments_charge;

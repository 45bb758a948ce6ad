-- What Stripe did once is posted once, for ever, whoever asks and however often. The fourth column lets a second partial
-- refund of the same PaymentIntent in; NULLs repeat in a unique index, which lets manual entries in.

-- +goose Up
CREATE UNIQUE INDEX idx_ledger_unique_stripe_entry
  ON financial_ledger (booking_id, type, stripe_payment_intent_id, stripe_object_id);

-- +goose Down
DROP INDEX idx_ledger_unique_stripe_entry ON financial_ledger;

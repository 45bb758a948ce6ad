-- Each balance transaction of Stripe's is looked up in the ledger: to prove a payout, and to reconcile.

-- +goose Up
CREATE INDEX idx_ledger_balance_transaction ON financial_ledger (stripe_balance_transaction_id);

-- +goose Down
DROP INDEX idx_ledger_balance_transaction ON financial_ledger;

-- Indexes for reads that would otherwise grow with the tables: each statement reads the rows of its page and no others. They are built
-- in place, while bookings are taken.

-- +goose Up
-- Reconciliation pages through the transactions that were posted in its window.
CREATE INDEX idx_ledger_posted ON financial_ledger (posted_at) ALGORITHM = INPLACE LOCK = NONE;

-- Events of one type, and of one type and state: the newest first (starter events list). Those of one type alone are merged from a
-- page for each state, which spares a second index.
CREATE INDEX idx_events_type ON stripe_events (type, state, id) ALGORITHM = INPLACE LOCK = NONE;

-- Matters of one kind, open or closed.
CREATE INDEX idx_attention_kind ON attention_items (kind, is_open, id) ALGORITHM = INPLACE LOCK = NONE;

-- Disputes that were won and whose money has not come back as it was taken. A column, because an index cannot compare two others.
ALTER TABLE disputes
  ADD COLUMN is_unreturned TINYINT AS (IF(status = 'won' AND withheld <> loss, 1, NULL)) VIRTUAL,
  ALGORITHM = INSTANT;
CREATE INDEX idx_disputes_unreturned ON disputes (is_unreturned, id) ALGORITHM = INPLACE LOCK = NONE;

-- Payouts that are not compared with the ledger yet, and failed ones whose money is not posted back yet.
CREATE INDEX idx_payouts_proof ON payouts (proof, id) ALGORITHM = INPLACE LOCK = NONE;
CREATE INDEX idx_payouts_unposted ON payouts (status, posted, failure_posted, id) ALGORITHM = INPLACE LOCK = NONE;

-- A run's items in the order of their ids, whatever their state.
CREATE INDEX idx_items_run ON reconciliation_items (run_id, id) ALGORITHM = INPLACE LOCK = NONE;

-- Items of any run whose healing failed.
CREATE INDEX idx_items_healing ON reconciliation_items (state, healing, id) ALGORITHM = INPLACE LOCK = NONE;

-- Whether an item of a rebuild is left: asked after each item.
CREATE INDEX idx_rebuild_done ON rebuild_items (rebuild_id, done_at) ALGORITHM = INPLACE LOCK = NONE;

-- +goose Down
DROP INDEX idx_rebuild_done ON rebuild_items;
DROP INDEX idx_items_healing ON reconciliation_items;
DROP INDEX idx_items_run ON reconciliation_items;
DROP INDEX idx_payouts_unposted ON payouts;
DROP INDEX idx_payouts_proof ON payouts;
DROP INDEX idx_disputes_unreturned ON disputes;
ALTER TABLE disputes DROP COLUMN is_unreturned, ALGORITHM = INPLACE, LOCK = NONE;
DROP INDEX idx_attention_kind ON attention_items;
DROP INDEX idx_events_type ON stripe_events;
DROP INDEX idx_ledger_posted ON financial_ledger;

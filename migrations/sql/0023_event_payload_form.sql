-- What is kept of an event's body. Rows that were stored before have all of it, with client secrets and what a customer typed at
-- Stripe, until `starter events scrub` has reduced them.

-- +goose Up
ALTER TABLE stripe_events
  -- 0 as delivered, 1 reduced to what is read.
  ADD COLUMN payload_form TINYINT UNSIGNED NOT NULL DEFAULT 0,
  -- acct_... of the connected account that an event is about; empty for our own.
  ADD COLUMN account VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE stripe_events DROP COLUMN payload_form, DROP COLUMN account;

-- The month of the books in which a transaction counts: that in which it takes effect if the month was open when it was posted, otherwise
-- the first open one. NULL in rows of an older release until `starter migrate` completes them; a month with such rows cannot be closed.
--
-- Whoever posts reads the calendar with the opening, under the lock that postings share, and whoever closes a month holds that lock alone:
-- a posting lands in exactly one month.

-- +goose Up
ALTER TABLE financial_ledger ADD COLUMN period CHAR(7) CHARACTER SET ascii COLLATE ascii_bin NULL, ALGORITHM = INSTANT;
CREATE INDEX idx_ledger_period ON financial_ledger (period) ALGORITHM = INPLACE LOCK = NONE;

-- The calendar: the time zone of the books, NULL for UTC, and the first month that is not closed, NULL while none is closed. rezone_to is the
-- last transaction that `starter migrate` has still to give its month in another time zone; no month is closed meanwhile.
ALTER TABLE ledger_opening
  ADD COLUMN books_zone VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NULL,
  ADD COLUMN first_open CHAR(7) CHARACTER SET ascii COLLATE ascii_bin NULL,
  ADD COLUMN rezone_to BIGINT UNSIGNED NULL,
  ALGORITHM = INSTANT;

-- What one operator proposes and another approves: the close of a month, its reopening, a manual journal above the limit.
CREATE TABLE ledger_proposals (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  -- close, reopen or journal.
  kind VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  -- The month, or the operation key of the journal.
  subject VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  -- Of what was proposed: an approval of anything else is refused.
  digest BINARY(32) NOT NULL,
  -- The journal, or the reason and the notes about what was accepted.
  content JSON NOT NULL,
  proposed_at DATETIME(6) NOT NULL,
  proposed_by VARCHAR(200) NOT NULL,
  proposed_client_id BIGINT UNSIGNED NULL,
  proposed_key_id BIGINT UNSIGNED NULL,
  -- NULL while it is open; then approved or replaced.
  decision VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NULL,
  decided_at DATETIME(6) NULL,
  decided_by VARCHAR(200) NOT NULL DEFAULT '',
  is_open TINYINT AS (IF(decision IS NULL, 1, NULL)) STORED,
  UNIQUE KEY idx_proposals_open (kind, subject, is_open),
  KEY idx_proposals_list (is_open, id)
) ENGINE = InnoDB;

-- Closed months, and their reopenings: the last row of a month says whether it is closed. Nobody changes or removes one: the application's
-- user may read and insert. Each row's digest covers the row before it.
CREATE TABLE ledger_closings (
  number BIGINT UNSIGNED NOT NULL PRIMARY KEY,
  period CHAR(7) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  -- close or reopen.
  action VARCHAR(8) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  books_zone VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  -- The period's transactions and entries, and the last id of the ledger when the month was closed.
  transactions BIGINT UNSIGNED NOT NULL,
  entries BIGINT UNSIGNED NOT NULL,
  last_ledger_id BIGINT UNSIGNED NOT NULL,
  -- The trial balance: [{"account", "currency", "opening", "debit", "credit", "closing"}], in minor units, debits positive.
  trial_balance JSON NOT NULL,
  -- Why, and what was accepted with a note.
  reason VARCHAR(500) NOT NULL,
  notes JSON NOT NULL,
  proposed_at DATETIME(6) NOT NULL,
  proposed_by VARCHAR(200) NOT NULL,
  approved_at DATETIME(6) NOT NULL,
  approved_by VARCHAR(200) NOT NULL,
  previous_digest BINARY(32) NOT NULL,
  digest BINARY(32) NOT NULL,
  KEY idx_closings_period (period, number)
) ENGINE = InnoDB;

-- +goose Down
DROP TABLE ledger_closings;
DROP TABLE ledger_proposals;
ALTER TABLE ledger_opening DROP COLUMN rezone_to, DROP COLUMN first_open, DROP COLUMN books_zone, ALGORITHM = INPLACE, LOCK = NONE;
DROP INDEX idx_ledger_period ON financial_ledger;
ALTER TABLE financial_ledger DROP COLUMN period, ALGORITHM = INPLACE, LOCK = NONE;

-- What people prepare as evidence for a dispute, and its submission to Stripe, which happens once.

-- +goose Up
-- One row for each dispute. Texts and files may name people: they are in these tables alone, and in no log, audit entry or workflow history.
CREATE TABLE evidence_drafts (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  stripe_dispute_id VARBINARY(64) NOT NULL,
  booking_id BIGINT UNSIGNED NOT NULL,
  -- draft, then submitting, and submitted; submitting becomes draft again where Stripe refuses.
  state VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  -- Grows with each change of a text or a file: whoever saves or submits says which they have seen.
  revision INT UNSIGNED NOT NULL,
  -- A JSON object of texts by the names of Stripe's fields.
  texts MEDIUMTEXT CHARACTER SET utf8mb4 NOT NULL,
  created_at DATETIME(6) NOT NULL,
  edited_at DATETIME(6) NOT NULL,
  edited_by VARCHAR(200) CHARACTER SET utf8mb4 NOT NULL,
  -- How often somebody has asked to submit, and who did last.
  attempts INT UNSIGNED NOT NULL DEFAULT 0,
  submitted_at DATETIME(6) NULL,
  submitted_by VARCHAR(200) CHARACTER SET utf8mb4 NOT NULL DEFAULT '',
  -- SHA-256 of what was submitted: Stripe keeps it in the dispute's metadata, by which a submission whose answer was lost is known.
  digest BINARY(32) NULL,
  -- When Stripe had taken the evidence.
  taken_at DATETIME(6) NULL,
  -- Why Stripe refused the last attempt, in its words.
  refused_at DATETIME(6) NULL,
  refusal VARCHAR(500) CHARACTER SET utf8mb4 NOT NULL DEFAULT '',
  UNIQUE KEY idx_drafts_dispute (stripe_dispute_id),
  KEY idx_drafts_state (state, id),
  KEY idx_drafts_booking (booking_id)
) ENGINE = InnoDB;

-- The application's user may not delete: a file that is removed or replaced keeps its row and loses its content, and so does a file that
-- Stripe has taken.
CREATE TABLE evidence_files (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  draft_id BIGINT UNSIGNED NOT NULL,
  -- The name of Stripe's field, such as receipt.
  field VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  name VARCHAR(120) CHARACTER SET utf8mb4 NOT NULL,
  content_type VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  bytes INT UNSIGNED NOT NULL,
  pages INT UNSIGNED NOT NULL,
  sha256 BINARY(32) NOT NULL,
  -- At most 4.5 MB.
  content MEDIUMBLOB NULL,
  -- file_..., once Stripe has it.
  stripe_file_id VARCHAR(255) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  added_at DATETIME(6) NOT NULL,
  added_by VARCHAR(200) CHARACTER SET utf8mb4 NOT NULL,
  removed_at DATETIME(6) NULL,
  is_kept TINYINT AS (IF(removed_at IS NULL, 1, NULL)) STORED,
  UNIQUE KEY idx_evidence_files_kept (draft_id, is_kept, field),
  CONSTRAINT fk_evidence_files_draft FOREIGN KEY (draft_id) REFERENCES evidence_drafts (id)
) ENGINE = InnoDB;

-- The brand of the disputed card, as Stripe names it: a network limits the pages of evidence. Empty until the dispute is read again.
-- Exempt disputes: MariaDB rebuilds a table with an indexed virtual column under LOCK = SHARED; it has one row for each disputed payment.
ALTER TABLE disputes
  ADD COLUMN card_brand VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  ALGORITHM = INPLACE, LOCK = SHARED;

-- +goose Down
ALTER TABLE disputes DROP COLUMN card_brand, ALGORITHM = INPLACE, LOCK = NONE;
DROP TABLE evidence_files;
DROP TABLE evidence_drafts;

-- What people of the console move, counted against the limits of their roles, and what they propose above them.

-- +goose Up
-- A row for each refund and correction that somebody with a role has asked for, written in the transaction that reserves or posts it. A
-- day's use is the sum of the rows: nobody changes or removes one, and a refund that fails counts. The row of the person in console_people is
-- locked meanwhile.
CREATE TABLE moved_amounts (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  -- The key that stands for the person (console_people).
  api_key_id BIGINT UNSIGNED NOT NULL,
  -- refund or correction.
  kind VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  currency CHAR(3) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  amount BIGINT NOT NULL,
  -- The refund's id, or the operation key of the correction.
  subject VARBINARY(128) NOT NULL,
  at DATETIME(6) NOT NULL,
  UNIQUE KEY idx_moved_subject (kind, subject, currency),
  -- All that a sum reads.
  KEY idx_moved_person (api_key_id, kind, currency, at, amount)
) ENGINE = InnoDB;

CREATE TABLE proposals (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  -- pr_7K2M9QXA4T
  code VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  -- refund or correction.
  kind VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  -- proposed, then sent, declined or withdrawn. Whoever changes it says WHERE state = 'proposed'.
  state VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  -- The booking of a refund; NULL for a correction without one.
  booking_id BIGINT UNSIGNED NULL,
  -- The item of a correction.
  item_id BIGINT UNSIGNED NULL,
  -- What is refunded, or what the clearing account differs by from Stripe, in minor units.
  amount BIGINT NOT NULL,
  currency CHAR(3) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  -- The reason of the refund for Stripe, or the account of the other side of the correction.
  reason VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  note VARCHAR(500) CHARACTER SET utf8mb4 NOT NULL,
  proposed_at DATETIME(6) NOT NULL,
  proposed_by VARCHAR(200) CHARACTER SET utf8mb4 NOT NULL,
  proposed_client_id BIGINT UNSIGNED NULL,
  proposed_key_id BIGINT UNSIGNED NULL,
  decided_at DATETIME(6) NULL,
  decided_by VARCHAR(200) CHARACTER SET utf8mb4 NOT NULL DEFAULT '',
  decided_client_id BIGINT UNSIGNED NULL,
  decided_key_id BIGINT UNSIGNED NULL,
  -- Why it was declined or withdrawn.
  decision_note VARCHAR(500) CHARACTER SET utf8mb4 NOT NULL DEFAULT '',
  -- The refund that it became.
  refund_id VARBINARY(16) NULL,
  -- Why it could not be sent when somebody last tried to, as when the booking was refunded meanwhile.
  refused_at DATETIME(6) NULL,
  refused_by VARCHAR(200) CHARACTER SET utf8mb4 NOT NULL DEFAULT '',
  refusal VARCHAR(500) CHARACTER SET utf8mb4 NOT NULL DEFAULT '',
  UNIQUE KEY idx_proposals_code (code),
  UNIQUE KEY idx_proposals_refund (refund_id),
  KEY idx_proposals_state (state, id),
  KEY idx_proposals_booking (booking_id, id)
) ENGINE = InnoDB;

-- +goose Down
DROP TABLE proposals;
DROP TABLE moved_amounts;

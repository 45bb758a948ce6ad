-- Mails to the finance department, mails that are about no booking (payouts), and the amounts of a mail as they were
-- when it was written.

-- +goose Up
ALTER TABLE emails
  MODIFY COLUMN booking_id BIGINT UNSIGNED NULL,
  ADD COLUMN audience VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT 'customer',
  -- Amounts, states and ids; never a name or an address. NULL where the booking says all.
  ADD COLUMN content_json LONGTEXT CHARACTER SET utf8mb4 NULL,
  -- A copy that somebody asked to be sent again names the mail that it repeats.
  ADD COLUMN resent_of BIGINT UNSIGNED NULL;

-- +goose Down
ALTER TABLE emails DROP COLUMN audience, DROP COLUMN content_json, DROP COLUMN resent_of;

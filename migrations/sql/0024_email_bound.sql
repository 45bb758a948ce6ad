-- Mails about unpaid bookings are bounded per address and hour, so that nobody can have us fill somebody's mailbox by
-- bookings that cost nothing. An older release writes neither column nor lock; its mails are not counted.

-- +goose Up
-- Of the address in lower case, without dots and +tag; NULL for a mail that is not bounded.
ALTER TABLE emails ADD COLUMN recipient_sha256 BINARY(32) NULL, ALGORITHM = INSTANT;

CREATE INDEX idx_emails_recipient ON emails (recipient_sha256, created_at) ALGORITHM = INPLACE LOCK = NONE;

-- One row for each first byte of the hash: whoever counts an address's mails holds its row until the mail is written.
CREATE TABLE email_recipient_locks (
  bucket TINYINT UNSIGNED NOT NULL PRIMARY KEY
) ENGINE = InnoDB;

INSERT INTO email_recipient_locks (bucket)
WITH RECURSIVE buckets AS (SELECT 0 AS bucket UNION ALL SELECT bucket + 1 FROM buckets WHERE bucket < 255)
SELECT bucket FROM buckets;

-- +goose Down
DROP TABLE email_recipient_locks;
DROP INDEX idx_emails_recipient ON emails;
ALTER TABLE emails DROP COLUMN recipient_sha256;

-- One row a mail, written in the transaction that gives the reason for it. dedupe_key makes each reason count once.

-- +goose Up
CREATE TABLE emails (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  booking_id BIGINT UNSIGNED NOT NULL,
  kind VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  dedupe_key VARBINARY(128) NOT NULL,
  message_id VARCHAR(200) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  -- What the text needs beside the booking, as it was when the mail was written.
  decline_code VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  status VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT 'queued',
  attempts INT UNSIGNED NOT NULL DEFAULT 0,
  last_error VARCHAR(500) CHARACTER SET utf8mb4 NOT NULL DEFAULT '',
  created_at DATETIME(6) NOT NULL,
  sent_at DATETIME(6) NULL,
  UNIQUE KEY idx_emails_dedupe (dedupe_key),
  UNIQUE KEY idx_emails_message_id (message_id),
  KEY idx_emails_status (status, id),
  KEY idx_emails_booking (booking_id),
  CONSTRAINT fk_emails_booking FOREIGN KEY (booking_id) REFERENCES bookings (id)
) ENGINE = InnoDB;

-- +goose Down
DROP TABLE emails;

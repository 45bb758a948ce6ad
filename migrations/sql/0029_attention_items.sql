-- What a person has to look at, one row each: bookings.attention had room for one. It stays written, with the text of the newest
-- open row, for the previous release and for the API. `starter migrate` copies what an older release wrote there alone.

-- +goose Up
CREATE TABLE attention_items (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  booking_id BIGINT UNSIGNED NOT NULL,
  kind VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  -- What it is about, by its id: a refund, a dispute, a PaymentIntent; empty for the booking itself.
  subject VARBINARY(64) NOT NULL DEFAULT '',
  text VARCHAR(500) CHARACTER SET utf8mb4 NOT NULL,
  opened_at DATETIME(6) NOT NULL,
  closed_at DATETIME(6) NULL,
  -- Who closed it, as in audit_log; empty for one that closed when its matter was settled.
  closed_by VARCHAR(200) CHARACTER SET utf8mb4 NOT NULL DEFAULT '',
  note VARCHAR(500) CHARACTER SET utf8mb4 NOT NULL DEFAULT '',
  is_open TINYINT AS (IF(closed_at IS NULL, 1, NULL)) STORED,
  UNIQUE KEY idx_attention_open (booking_id, kind, subject, is_open),
  KEY idx_attention_list (is_open, id),
  CONSTRAINT fk_attention_booking FOREIGN KEY (booking_id) REFERENCES bookings (id)
) ENGINE = InnoDB;

-- +goose Down
DROP TABLE attention_items;

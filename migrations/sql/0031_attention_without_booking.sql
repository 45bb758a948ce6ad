-- A matter about an object that belongs to no booking, a payout for example: booking_id is NULL, and subject is the object's id. UNIQUE
-- does not compare NULL, so open matters without a booking have a unique key that leaves the booking out. The table has few rows:
-- copying it takes no time, so no ALGORITHM is asked for.

-- +goose Up
ALTER TABLE attention_items MODIFY booking_id BIGINT UNSIGNED NULL;
ALTER TABLE attention_items
  ADD COLUMN is_open_alone TINYINT AS (IF(booking_id IS NULL AND closed_at IS NULL, 1, NULL)) STORED,
  ADD UNIQUE KEY idx_attention_open_alone (is_open_alone, kind, subject);

-- +goose Down
DELETE FROM attention_items WHERE booking_id IS NULL;
ALTER TABLE attention_items DROP KEY idx_attention_open_alone, DROP COLUMN is_open_alone;
ALTER TABLE attention_items MODIFY booking_id BIGINT UNSIGNED NOT NULL;

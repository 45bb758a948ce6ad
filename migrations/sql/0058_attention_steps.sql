-- What people do about a matter that needs attention before it is decided: take it, give it back, comment on it. Rows are only added, so
-- that what somebody has written, and who had the matter when, cannot be changed. The matter's row in attention_items is locked meanwhile.

-- +goose Up
CREATE TABLE attention_steps (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  -- as_7K2M9QXA4T, chosen by the request: a repetition of it finds its row.
  code VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  -- The matter in attention_items.
  item_id BIGINT UNSIGNED NOT NULL,
  -- take, give-back or comment. Who has a matter is the actor of its last take, unless a give-back follows.
  kind VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  -- Of a comment.
  text VARCHAR(500) CHARACTER SET utf8mb4 NOT NULL DEFAULT '',
  at DATETIME(6) NOT NULL,
  -- Who it was, as in audit_log.
  actor VARCHAR(200) CHARACTER SET utf8mb4 NOT NULL,
  client_id BIGINT UNSIGNED NULL,
  api_key_id BIGINT UNSIGNED NULL,
  UNIQUE KEY idx_attention_steps_code (code),
  KEY idx_attention_steps_item (item_id, id)
) ENGINE = InnoDB;

-- +goose Down
DROP TABLE attention_steps;

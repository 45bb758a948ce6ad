-- What is to be sent to webhook endpoints: a row for each endpoint and event, written in the transaction of the change.

-- +goose Up
CREATE TABLE webhook_deliveries (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  endpoint_id BIGINT UNSIGNED NOT NULL,
  -- Derives from the endpoint and event_key: a receiver knows a repetition by it, also after a restore of the database.
  message_id VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  -- TYPE/OBJECT, which is the state of an object that is sent once.
  event_key VARBINARY(128) NOT NULL,
  event_type VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  payload TEXT CHARACTER SET utf8mb4 NOT NULL,
  occurred_at DATETIME(6) NOT NULL,
  delivered_at DATETIME(6) NULL,
  -- Of attempts since the event was written, or replayed.
  attempts INT UNSIGNED NOT NULL DEFAULT 0,
  next_attempt_at DATETIME(6) NULL,
  -- The last attempt: when it was made, what the receiver answered, and why there was no answer.
  attempted_at DATETIME(6) NULL,
  answer_status SMALLINT UNSIGNED NULL,
  answer_excerpt VARCHAR(500) CHARACTER SET utf8mb4 NOT NULL DEFAULT '',
  answer_ms INT UNSIGNED NULL,
  error VARCHAR(200) CHARACTER SET utf8mb4 NOT NULL DEFAULT '',
  is_pending TINYINT AS (IF(delivered_at IS NULL, 1, NULL)) STORED,
  UNIQUE KEY idx_deliveries_message (message_id),
  UNIQUE KEY idx_deliveries_event (endpoint_id, event_key),
  KEY idx_deliveries_pending (endpoint_id, is_pending, id),
  KEY idx_deliveries_time (endpoint_id, occurred_at, id),
  CONSTRAINT fk_deliveries_endpoint FOREIGN KEY (endpoint_id) REFERENCES webhook_endpoints (id)
) ENGINE = InnoDB;

-- +goose Down
DROP TABLE webhook_deliveries;

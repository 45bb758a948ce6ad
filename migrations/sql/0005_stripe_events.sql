-- Events as Stripe delivered them: stored before they are acted on, processed once.

-- +goose Up
CREATE TABLE stripe_events (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  stripe_event_id VARBINARY(255) NOT NULL,
  type VARCHAR(100) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  api_version VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  object_id VARBINARY(255) NOT NULL,
  livemode BOOLEAN NOT NULL,
  booking_reference VARBINARY(64) NOT NULL,
  payload LONGTEXT CHARACTER SET utf8mb4 NOT NULL,
  processed BOOLEAN NOT NULL DEFAULT FALSE,
  processed_at DATETIME(6) NULL,
  note VARCHAR(200) CHARACTER SET utf8mb4 NOT NULL DEFAULT '',
  stripe_created_at DATETIME(6) NOT NULL,
  received_at DATETIME(6) NOT NULL,
  UNIQUE KEY idx_events_stripe_id (stripe_event_id),
  KEY idx_events_processed (processed, id),
  KEY idx_events_reference (booking_reference, id)
) ENGINE = InnoDB;

-- +goose Down
DROP TABLE stripe_events;

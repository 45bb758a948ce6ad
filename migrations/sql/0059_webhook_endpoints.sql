-- Where clients want to hear of changes. The table has no signing secret: it derives from a key of WEBHOOK_KEY_FILE, the endpoint's id and
-- the number of the version.

-- +goose Up
CREATE TABLE webhook_endpoints (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  -- we_7K2M9QXA4T
  endpoint_id VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  client_id BIGINT UNSIGNED NOT NULL,
  url VARCHAR(2000) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  description VARCHAR(200) CHARACTER SET utf8mb4 NOT NULL,
  -- Who is written to when the endpoint is disabled because it fails.
  contact_email VARCHAR(254) CHARACTER SET utf8mb4 NOT NULL,
  -- Types of events, with commas between them.
  event_types VARCHAR(1000) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  -- The secret, and the one that it replaced, which signs as well until the overlap ends. A key id is the beginning of the key's hash.
  secret_number INT UNSIGNED NOT NULL,
  secret_key_id VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  previous_number INT UNSIGNED NULL,
  previous_key_id VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NULL,
  previous_until DATETIME(6) NULL,
  disabled_at DATETIME(6) NULL,
  -- owner, failing or gone; NULL while it is enabled.
  disabled_reason VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NULL,
  removed_at DATETIME(6) NULL,
  created_at DATETIME(6) NOT NULL,
  updated_at DATETIME(6) NOT NULL,
  is_kept TINYINT AS (IF(removed_at IS NULL, 1, NULL)) STORED,
  is_enabled TINYINT AS (IF(removed_at IS NULL AND disabled_at IS NULL, 1, NULL)) STORED,
  UNIQUE KEY idx_endpoints_endpoint_id (endpoint_id),
  KEY idx_endpoints_client (client_id, is_kept, id),
  KEY idx_endpoints_enabled (is_enabled, id),
  CONSTRAINT fk_endpoints_client FOREIGN KEY (client_id) REFERENCES api_clients (id)
) ENGINE = InnoDB;

-- +goose Down
DROP TABLE webhook_endpoints;

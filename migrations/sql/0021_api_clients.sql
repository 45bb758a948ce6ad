-- Clients own bookings, refunds and idempotency keys; a client has any number of API keys, which rotate. Until now a caller
-- was the row of its key.
--
-- Expand, then contract: an older release still runs on this schema. It reads and writes api_key_id, read_only and operator,
-- and knows nothing of the new columns, so each of them may be NULL. `starter migrate` fills them in id ranges afterwards
-- (store/backfill.go), and this release fills them whenever it writes. The next release drops read_only and operator and makes
-- client_id NOT NULL.

-- +goose Up
CREATE TABLE api_clients (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  -- cl_..., what people and programs call it.
  client_id VARBINARY(16) NOT NULL,
  name VARCHAR(130) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  disabled_at DATETIME(6) NULL,
  -- Whose it became: `starter client merge`.
  merged_into BIGINT UNSIGNED NULL,
  created_by VARCHAR(200) CHARACTER SET utf8mb4 NOT NULL DEFAULT '',
  created_at DATETIME(6) NOT NULL,
  UNIQUE KEY idx_clients_client_id (client_id),
  UNIQUE KEY idx_clients_name (name),
  CONSTRAINT fk_clients_merged FOREIGN KEY (merged_into) REFERENCES api_clients (id)
) ENGINE = InnoDB;

ALTER TABLE api_keys
  ADD COLUMN client_id BIGINT UNSIGNED NULL,
  -- ak_..., what people and programs call it. The token is kept as a hash only; its first letters may be shown.
  ADD COLUMN key_id VARBINARY(16) NULL,
  ADD COLUMN token_prefix VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  -- "bookings:read,refunds:write"; NULL for a key of an older release, which read_only and operator describe.
  ADD COLUMN scopes VARCHAR(500) CHARACTER SET ascii COLLATE ascii_bin NULL,
  ADD COLUMN expires_at DATETIME(6) NULL,
  ADD COLUMN last_used_at DATETIME(6) NULL,
  ADD COLUMN created_by VARCHAR(200) CHARACTER SET utf8mb4 NOT NULL DEFAULT '',
  ADD UNIQUE KEY idx_api_keys_key_id (key_id),
  ADD KEY idx_api_keys_client (client_id),
  ADD CONSTRAINT fk_api_keys_client FOREIGN KEY (client_id) REFERENCES api_clients (id);

-- No foreign key on these two: it would copy the table, and bookings wait meanwhile. What is written is read from api_keys.
ALTER TABLE bookings ADD COLUMN client_id BIGINT UNSIGNED NULL, ALGORITHM = INSTANT;

CREATE INDEX idx_bookings_client ON bookings (client_id, id) ALGORITHM = INPLACE LOCK = NONE;

ALTER TABLE idempotency_keys ADD COLUMN client_id BIGINT UNSIGNED NULL, ALGORITHM = INSTANT;

CREATE UNIQUE INDEX idx_idempotency_client ON idempotency_keys (client_id, idempotency_key) ALGORITHM = INPLACE LOCK = NONE;

-- +goose Down
DROP INDEX idx_idempotency_client ON idempotency_keys;
ALTER TABLE idempotency_keys DROP COLUMN client_id;
DROP INDEX idx_bookings_client ON bookings;
ALTER TABLE bookings DROP COLUMN client_id;
ALTER TABLE api_keys DROP FOREIGN KEY fk_api_keys_client;
ALTER TABLE api_keys
  DROP KEY idx_api_keys_client, DROP KEY idx_api_keys_key_id, DROP COLUMN client_id, DROP COLUMN key_id, DROP COLUMN token_prefix,
  DROP COLUMN scopes, DROP COLUMN expires_at, DROP COLUMN last_used_at, DROP COLUMN created_by;
DROP TABLE api_clients;

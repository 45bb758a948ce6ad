-- Who signs in to the console, and their sessions.

-- +goose Up
-- One row for each subject of an issuer. A client with a key stands for it, so that what somebody asks for through the console is audited,
-- limited and approved as what a client asks for. The key has no token and is revoked from its beginning.
CREATE TABLE console_people (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  issuer VARCHAR(255) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  subject VARBINARY(255) NOT NULL,
  api_key_id BIGINT UNSIGNED NOT NULL,
  name VARCHAR(200) CHARACTER SET utf8mb4 NOT NULL,
  -- viewer, support, finance or admin: that of the last sign-in.
  role VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  signed_in_at DATETIME(6) NOT NULL,
  created_at DATETIME(6) NOT NULL,
  UNIQUE KEY idx_people_subject (issuer, subject),
  UNIQUE KEY idx_people_key (api_key_id),
  CONSTRAINT fk_people_api_key FOREIGN KEY (api_key_id) REFERENCES api_keys (id)
) ENGINE = InnoDB;

-- A session is scratch data: signing out and expiry remove it, which is why the application's user may DELETE here. What was done in one is
-- in the audit log. The token is kept as a hash only.
CREATE TABLE console_sessions (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  token_sha256 BINARY(32) NOT NULL,
  content VARBINARY(4096) NOT NULL,
  expires_at DATETIME(6) NOT NULL,
  UNIQUE KEY idx_sessions_token (token_sha256),
  KEY idx_sessions_expiry (expires_at)
) ENGINE = InnoDB;

-- +goose Down
DROP TABLE console_sessions;
DROP TABLE console_people;

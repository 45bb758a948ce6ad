-- Callers, what they asked for, and the bookings they made.
-- Text that is compared is ASCII with a binary collation, or VARBINARY: utf8mb4's default collation makes Key-A, key-a and
-- kéy-a equal, and pads trailing spaces away.

-- +goose Up
CREATE TABLE api_keys (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  name VARCHAR(100) CHARACTER SET utf8mb4 NOT NULL,
  token_sha256 BINARY(32) NOT NULL,
  created_at DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  UNIQUE KEY idx_api_keys_token (token_sha256)
) ENGINE = InnoDB;

CREATE TABLE bookings (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  reference VARBINARY(16) NOT NULL,
  api_key_id BIGINT UNSIGNED NOT NULL,
  status VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  customer_name VARCHAR(200) CHARACTER SET utf8mb4 NOT NULL,
  customer_email VARCHAR(254) CHARACTER SET utf8mb4 NOT NULL,
  customer_locale VARCHAR(8) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  flight_json LONGTEXT CHARACTER SET utf8mb4 NOT NULL,
  amount BIGINT NOT NULL,
  currency CHAR(3) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  hold_expires_at DATETIME(6) NOT NULL,
  correlation_id VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  -- Money came for a booking that was closed already: it has to go back.
  refund_due BOOLEAN NOT NULL DEFAULT FALSE,
  -- A break that a person has to look at; NULL when there is none.
  attention VARCHAR(200) CHARACTER SET utf8mb4 NULL,
  created_at DATETIME(6) NOT NULL,
  updated_at DATETIME(6) NOT NULL,
  UNIQUE KEY idx_bookings_reference (reference),
  KEY idx_bookings_status (status, id),
  CONSTRAINT fk_bookings_api_key FOREIGN KEY (api_key_id) REFERENCES api_keys (id),
  CONSTRAINT chk_bookings_amount CHECK (amount > 0)
) ENGINE = InnoDB;

CREATE TABLE idempotency_keys (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  api_key_id BIGINT UNSIGNED NOT NULL,
  idempotency_key VARBINARY(255) NOT NULL,
  request_sha256 BINARY(32) NOT NULL,
  booking_id BIGINT UNSIGNED NOT NULL,
  -- The answer, without the client secret; NULL until there is one.
  answer_status SMALLINT UNSIGNED NULL,
  answer_body LONGTEXT CHARACTER SET utf8mb4 NULL,
  created_at DATETIME(6) NOT NULL,
  UNIQUE KEY idx_idempotency_key (api_key_id, idempotency_key),
  CONSTRAINT fk_idempotency_api_key FOREIGN KEY (api_key_id) REFERENCES api_keys (id),
  CONSTRAINT fk_idempotency_booking FOREIGN KEY (booking_id) REFERENCES bookings (id)
) ENGINE = InnoDB;

-- +goose Down
DROP TABLE idempotency_keys;
DROP TABLE bookings;
DROP TABLE api_keys;

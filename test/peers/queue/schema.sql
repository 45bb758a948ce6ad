CREATE TABLE bookings (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  reference VARCHAR(16) CHARACTER SET ascii NOT NULL UNIQUE,
  status ENUM('pending_payment', 'confirmed', 'expired', 'cancelled') NOT NULL DEFAULT 'pending_payment',
  customer_name VARCHAR(200) NOT NULL,
  customer_email VARCHAR(254) NOT NULL,
  flight JSON NOT NULL,
  amount BIGINT NOT NULL COMMENT 'minor units',
  currency CHAR(3) CHARACTER SET ascii NOT NULL,
  hold_expires_at DATETIME(3) NOT NULL,
  needs_refund BOOLEAN NOT NULL DEFAULT FALSE,
  created_at DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
  KEY by_status (status, id)
) ENGINE=InnoDB;

CREATE TABLE idempotency_keys (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  name VARBINARY(255) NOT NULL UNIQUE,
  request_sha256 BINARY(32) NOT NULL,
  booking_id BIGINT UNSIGNED NULL,
  answer JSON NULL COMMENT 'set once the request is complete',
  locked_at DATETIME(3) NULL COMMENT 'a request that died is taken over after LOCK_MS',
  created_at DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3)
) ENGINE=InnoDB;

CREATE TABLE payments (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  booking_id BIGINT UNSIGNED NOT NULL UNIQUE,
  payment_intent_id VARCHAR(64) CHARACTER SET ascii NOT NULL UNIQUE,
  status ENUM('pending', 'succeeded', 'cancelled') NOT NULL DEFAULT 'pending',
  charge_id VARCHAR(64) CHARACTER SET ascii NULL,
  decline_code VARCHAR(64) NULL,
  created_at DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
  KEY by_status (status, created_at),
  FOREIGN KEY (booking_id) REFERENCES bookings (id)
) ENGINE=InnoDB;

CREATE TABLE ledger_entries (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  booking_id BIGINT UNSIGNED NOT NULL,
  type VARCHAR(32) CHARACTER SET ascii NOT NULL,
  account VARCHAR(64) CHARACTER SET ascii NOT NULL,
  side ENUM('debit', 'credit') NOT NULL,
  amount BIGINT NOT NULL,
  currency CHAR(3) CHARACTER SET ascii NOT NULL,
  payment_intent_id VARCHAR(64) CHARACTER SET ascii NOT NULL,
  created_at DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
  UNIQUE KEY once (booking_id, type, payment_intent_id),
  FOREIGN KEY (booking_id) REFERENCES bookings (id)
) ENGINE=InnoDB;

CREATE TABLE stripe_events (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  event_id VARCHAR(255) CHARACTER SET ascii NOT NULL UNIQUE,
  type VARCHAR(100) CHARACTER SET ascii NOT NULL,
  payload JSON NOT NULL,
  processed_at DATETIME(3) NULL,
  received_at DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
  KEY by_processed (processed_at, id)
) ENGINE=InnoDB;

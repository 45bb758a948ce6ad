-- By what a bank finds a refund, as Stripe reports it, and what the mail server answered when it took an email.

-- +goose Up
ALTER TABLE refunds
  -- destination_details.card: reference, reference_status, reference_type and type. NULL where Stripe has none, and for older releases.
  ADD COLUMN bank_reference VARCHAR(128) CHARACTER SET utf8mb4 NULL,
  ADD COLUMN bank_reference_status VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NULL,
  ADD COLUMN bank_reference_type VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NULL,
  ADD COLUMN bank_way VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NULL,
  ALGORITHM = INSTANT;

ALTER TABLE emails ADD COLUMN server_answer VARCHAR(200) CHARACTER SET utf8mb4 NULL, ALGORITHM = INSTANT;

-- +goose Down
ALTER TABLE emails DROP COLUMN server_answer, ALGORITHM = INPLACE, LOCK = NONE;
ALTER TABLE refunds
  DROP COLUMN bank_way, DROP COLUMN bank_reference_type, DROP COLUMN bank_reference_status, DROP COLUMN bank_reference,
  ALGORITHM = INPLACE, LOCK = NONE;

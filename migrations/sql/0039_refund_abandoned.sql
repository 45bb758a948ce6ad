-- A refund that Stripe refuses for now can be abandoned by a person. asked_at is when Stripe was last asked for it and refused_at when
-- Stripe last refused it for now: an answer is outstanding while asked_at is the later of the two.

-- +goose Up
ALTER TABLE refunds
  ADD COLUMN asked_at DATETIME(6) NULL,
  ADD COLUMN refused_at DATETIME(6) NULL,
  ADD COLUMN abandoned_at DATETIME(6) NULL,
  ADD COLUMN abandon_note VARCHAR(500) CHARACTER SET utf8mb4 NOT NULL DEFAULT '',
  ALGORITHM = INSTANT;

-- +goose Down
ALTER TABLE refunds DROP COLUMN asked_at, DROP COLUMN refused_at, DROP COLUMN abandoned_at, DROP COLUMN abandon_note;

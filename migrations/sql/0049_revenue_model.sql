-- A booking is sold by a principal, whose income its price is, or by the airline's agent, who earns commission and service fee.

-- +goose Up
ALTER TABLE bookings
  -- principal or agent, as REVENUE_MODEL was when the booking was made. Bookings of earlier releases are a principal's.
  ADD COLUMN revenue_model VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT 'principal',
  -- departure or ticketing: when what an agent holds is passed on and earned. NULL for a principal.
  ADD COLUMN revenue_moment VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NULL,
  -- The parts of an agent's price, in minor units, which add up to amount. NULL where no breakdown was given: all of it is the airline's.
  ADD COLUMN fare BIGINT NULL,
  ADD COLUMN taxes BIGINT NULL,
  ADD COLUMN service_fee BIGINT NULL,
  ADD COLUMN commission BIGINT NULL,
  ALGORITHM = INSTANT;

-- +goose Down
ALTER TABLE bookings
  DROP COLUMN commission, DROP COLUMN service_fee, DROP COLUMN taxes, DROP COLUMN fare, DROP COLUMN revenue_moment, DROP COLUMN revenue_model,
  ALGORITHM = INPLACE, LOCK = NONE;

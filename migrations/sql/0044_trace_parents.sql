-- The span of the request that made a booking or a refund, as a traceparent (W3C Trace Context): what Stripe sends about it later is
-- recorded in the same trace. NULL for rows of older releases, and where tracing is off.

-- +goose Up
ALTER TABLE bookings ADD COLUMN trace_parent CHAR(55) CHARACTER SET ascii COLLATE ascii_bin NULL, ALGORITHM = INSTANT;
ALTER TABLE refunds ADD COLUMN trace_parent CHAR(55) CHARACTER SET ascii COLLATE ascii_bin NULL, ALGORITHM = INSTANT;

-- +goose Down
ALTER TABLE refunds DROP COLUMN trace_parent, ALGORITHM = INPLACE, LOCK = NONE;
ALTER TABLE bookings DROP COLUMN trace_parent, ALGORITHM = INPLACE, LOCK = NONE;

-- Lists of bookings, refunds, disputes and payouts, the newest first: each filter has an index in the order of (created_at, id), for one
-- client's rows and for all. The indexes are built in place, while bookings are taken.

-- +goose Up
-- The number of the flight, which flight_json has as well. It is no generated column: with an index on one, MariaDB adds no further column
-- to the table in an instant. NULL for rows of an older release until they are filled.
ALTER TABLE bookings ADD COLUMN flight_number VARCHAR(16) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL, ALGORITHM = INSTANT;
CREATE INDEX idx_bookings_created ON bookings (created_at, id) ALGORITHM = INPLACE LOCK = NONE;
CREATE INDEX idx_bookings_status_created ON bookings (status, created_at, id) ALGORITHM = INPLACE LOCK = NONE;
CREATE INDEX idx_bookings_client_created ON bookings (client_id, created_at, id) ALGORITHM = INPLACE LOCK = NONE;
CREATE INDEX idx_bookings_client_status ON bookings (client_id, status, created_at, id) ALGORITHM = INPLACE LOCK = NONE;
CREATE INDEX idx_bookings_email ON bookings (customer_email, created_at, id) ALGORITHM = INPLACE LOCK = NONE;
CREATE INDEX idx_bookings_flight ON bookings (flight_number, created_at, id) ALGORITHM = INPLACE LOCK = NONE;
CREATE INDEX idx_bookings_client_flight ON bookings (client_id, flight_number, created_at, id) ALGORITHM = INPLACE LOCK = NONE;

-- The client of the booking when the row was made: a client's own list is one range of an index. NULL for rows of an older release until
-- they are filled. A merge of clients leaves it, because the merged clients of a client are known.
ALTER TABLE refunds ADD COLUMN client_id BIGINT UNSIGNED NULL, ALGORITHM = INSTANT;
CREATE INDEX idx_refunds_created ON refunds (created_at, id) ALGORITHM = INPLACE LOCK = NONE;
CREATE INDEX idx_refunds_status_created ON refunds (status, created_at, id) ALGORITHM = INPLACE LOCK = NONE;
CREATE INDEX idx_refunds_client_created ON refunds (client_id, created_at, id) ALGORITHM = INPLACE LOCK = NONE;
CREATE INDEX idx_refunds_client_status ON refunds (client_id, status, created_at, id) ALGORITHM = INPLACE LOCK = NONE;

-- Exempt disputes: one row for some hundred bookings, copied in a moment in which it is read. Its indexed generated column bars INSTANT.
ALTER TABLE disputes ADD COLUMN client_id BIGINT UNSIGNED NULL, ALGORITHM = INPLACE, LOCK = SHARED;
CREATE INDEX idx_disputes_created ON disputes (created_at, id) ALGORITHM = INPLACE LOCK = NONE;
CREATE INDEX idx_disputes_status_created ON disputes (status, created_at, id) ALGORITHM = INPLACE LOCK = NONE;
CREATE INDEX idx_disputes_client_created ON disputes (client_id, created_at, id) ALGORITHM = INPLACE LOCK = NONE;
CREATE INDEX idx_disputes_client_status ON disputes (client_id, status, created_at, id) ALGORITHM = INPLACE LOCK = NONE;

CREATE INDEX idx_payouts_created ON payouts (created_at, id) ALGORITHM = INPLACE LOCK = NONE;
CREATE INDEX idx_payouts_status_created ON payouts (status, created_at, id) ALGORITHM = INPLACE LOCK = NONE;

-- +goose Down
DROP INDEX idx_payouts_status_created ON payouts;
DROP INDEX idx_payouts_created ON payouts;
DROP INDEX idx_disputes_client_status ON disputes;
DROP INDEX idx_disputes_client_created ON disputes;
DROP INDEX idx_disputes_status_created ON disputes;
DROP INDEX idx_disputes_created ON disputes;
ALTER TABLE disputes DROP COLUMN client_id, ALGORITHM = INPLACE, LOCK = SHARED;
DROP INDEX idx_refunds_client_status ON refunds;
DROP INDEX idx_refunds_client_created ON refunds;
DROP INDEX idx_refunds_status_created ON refunds;
DROP INDEX idx_refunds_created ON refunds;
ALTER TABLE refunds DROP COLUMN client_id, ALGORITHM = INPLACE, LOCK = NONE;
DROP INDEX idx_bookings_client_flight ON bookings;
DROP INDEX idx_bookings_flight ON bookings;
DROP INDEX idx_bookings_email ON bookings;
DROP INDEX idx_bookings_client_status ON bookings;
DROP INDEX idx_bookings_client_created ON bookings;
DROP INDEX idx_bookings_status_created ON bookings;
DROP INDEX idx_bookings_created ON bookings;
ALTER TABLE bookings DROP COLUMN flight_number, ALGORITHM = INPLACE, LOCK = NONE;

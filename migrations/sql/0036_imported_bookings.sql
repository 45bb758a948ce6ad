-- Bookings that were taken over from the system that Farebook replaces: what that system called them.

-- +goose Up
CREATE TABLE imported_bookings (
  booking_id BIGINT UNSIGNED NOT NULL PRIMARY KEY,
  earlier_reference VARBINARY(64) NOT NULL,
  imported_at DATETIME(6) NOT NULL,
  UNIQUE KEY idx_imported_earlier (earlier_reference),
  CONSTRAINT fk_imported_booking FOREIGN KEY (booking_id) REFERENCES bookings (id)
) ENGINE = InnoDB;

-- +goose Down
DROP TABLE imported_bookings;

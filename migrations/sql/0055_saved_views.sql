-- Filters of a list of the console that a caller has saved under a name. The application's user may not delete: a view that is removed
-- keeps its row, and its name is free again.

-- +goose Up
CREATE TABLE saved_views (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  -- SHA-256 of whose it is: the table names nobody.
  owner BINARY(32) NOT NULL,
  -- The list that it filters, such as bookings or reconciliation-items.
  list VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  name VARCHAR(60) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  -- The filters as a query string in the order of their names, without personal data.
  query VARCHAR(500) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  saved_at DATETIME(6) NOT NULL,
  removed_at DATETIME(6) NULL,
  is_kept TINYINT AS (IF(removed_at IS NULL, 1, NULL)) STORED,
  UNIQUE KEY idx_views_kept (owner, list, is_kept, name)
) ENGINE = InnoDB;

-- +goose Down
DROP TABLE saved_views;

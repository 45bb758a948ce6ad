-- Where the payment page may lead back to: the allow-list of each client. The application's user may not delete: an address that is removed
-- keeps its row, and can be added again. Once a client has 200 rows, a further address takes the one that was removed longest ago.

-- +goose Up
CREATE TABLE client_return_urls (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  client_id BIGINT UNSIGNED NOT NULL,
  -- Scheme, host, port and path, without a query: a booking's address may add one.
  url VARCHAR(500) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  added_by VARCHAR(200) CHARACTER SET utf8mb4 NOT NULL,
  added_at DATETIME(6) NOT NULL,
  removed_at DATETIME(6) NULL,
  UNIQUE KEY idx_return_urls_client (client_id, url),
  CONSTRAINT fk_return_urls_client FOREIGN KEY (client_id) REFERENCES api_clients (id)
) ENGINE = InnoDB;

-- +goose Down
DROP TABLE client_return_urls;

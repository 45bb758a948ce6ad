-- Plans of what the books have lost with a restore, as Stripe has it: `starter rebuild` writes one, `rebuild --apply` carries out
-- exactly that one, item by item. No personal data: Stripe has none.

-- +goose Up
CREATE TABLE rebuilds (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  -- What Stripe made before was in the books.
  since DATETIME(6) NOT NULL,
  made_at DATETIME(6) NOT NULL,
  made_by VARCHAR(200) CHARACTER SET utf8mb4 NOT NULL,
  applied_at DATETIME(6) NULL
) ENGINE = InnoDB;

CREATE TABLE rebuild_items (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  rebuild_id BIGINT UNSIGNED NOT NULL,
  -- booking, refund, dispute or payout.
  kind VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  -- pi_..., re_..., dp_... or po_...
  stripe_id VARBINARY(64) NOT NULL,
  payment_intent_id VARBINARY(64) NOT NULL DEFAULT '',
  booking_reference VARBINARY(16) NOT NULL DEFAULT '',
  amount BIGINT NOT NULL DEFAULT 0,
  currency CHAR(3) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  -- Stripe's word when the plan was made.
  stripe_status VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  stripe_created_at DATETIME(6) NOT NULL,
  -- Of a booking: what its PaymentIntent says of it beside the amount.
  booking_json TEXT CHARACTER SET utf8mb4 NULL,
  done_at DATETIME(6) NULL,
  UNIQUE KEY idx_rebuild_items (rebuild_id, kind, stripe_id),
  CONSTRAINT fk_rebuild_items FOREIGN KEY (rebuild_id) REFERENCES rebuilds (id)
) ENGINE = InnoDB;

-- +goose Down
DROP TABLE rebuild_items;
DROP TABLE rebuilds;

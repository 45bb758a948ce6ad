-- +goose Up
-- Who has a matter that is open, as attention_steps says, so that a list finds the matters of one person by an index. taken_by is the name
-- in the audit log, holder is the person behind it: client/7 or user/alice. Both are empty while nobody has it.
ALTER TABLE attention_items
  ADD COLUMN taken_by VARCHAR(200) CHARACTER SET utf8mb4 NOT NULL DEFAULT '',
  ADD COLUMN holder VARCHAR(220) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL DEFAULT '',
  ALGORITHM = INSTANT;
CREATE INDEX idx_attention_taken_by ON attention_items (is_open, taken_by, id) ALGORITHM = INPLACE LOCK = NONE;
CREATE INDEX idx_attention_holder ON attention_items (is_open, holder, id) ALGORITHM = INPLACE LOCK = NONE;

-- +goose Down
DROP INDEX idx_attention_holder ON attention_items;
DROP INDEX idx_attention_taken_by ON attention_items;
ALTER TABLE attention_items DROP COLUMN holder, DROP COLUMN taken_by, ALGORITHM = INPLACE, LOCK = NONE;

-- The root of the Merkle tree over the transactions of a seal: a path of a few hashes leads from one transaction to it, so that evidence of
-- a booking can be verified without the ledger. NULL in seals whose digest is one hash over all transactions, which stay verifiable.

-- +goose Up
ALTER TABLE ledger_seals ADD COLUMN root BINARY(32) NULL, ALGORITHM = INSTANT;

-- +goose Down
ALTER TABLE ledger_seals DROP COLUMN root;

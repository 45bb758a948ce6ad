package seal

import (
	"errors"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"
)

// tree is the Merkle tree of RFC 6962 over the transactions of a range, in memory. Leaves and nodes are hashed with different prefixes,
// so that no node can pass for a transaction.
type tree struct {
	leaves int64
	hashes []tlog.Hash // in the order of tlog's storage
}

// ReadHashes is how tlog reads the hashes of the tree.
func (t *tree) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		out[i] = t.hashes[index]
	}
	return out, nil
}

func (t *tree) add(record []byte) error {
	added, err := tlog.StoredHashes(t.leaves, record, t)
	t.hashes = append(t.hashes, added...)
	t.leaves++
	return err
}

func (t *tree) root() (Digest, error) {
	root, err := tlog.TreeHash(t.leaves, t)
	return Digest(root), err
}

func (t *tree) path(leaf int) ([]Digest, error) {
	proof, err := tlog.ProveRecord(t.leaves, int64(leaf), t)
	hashes := make([]Digest, len(proof))
	for i, hash := range proof {
		hashes[i] = Digest(hash)
	}
	return hashes, err
}

// Path leads from a transaction to the root of its range: the audit path of RFC 6962.
type Path struct {
	Leaf   uint64   // which transaction of the range it is, from 0
	Hashes []Digest // from the leaf to the root
}

// maxTransactions is how many transactions a seal has at most. Larger numbers in a file from outside would keep tlog busy for ever.
const maxTransactions = 1 << 32

// Check returns an error when the path does not lead from the transaction to the root of a range with so many transactions. The path then
// belongs to another transaction or to another seal, or one of the three was changed.
func (p Path) Check(t Transaction, root Digest, transactions uint64) error {
	if p.Leaf >= transactions || transactions > maxTransactions {
		return fmt.Errorf("its path begins at transaction %d of %d", p.Leaf+1, transactions)
	}
	record, err := t.encode()
	if err != nil {
		return err
	}
	proof := make(tlog.RecordProof, len(p.Hashes))
	for i, hash := range p.Hashes {
		proof[i] = tlog.Hash(hash)
	}
	err = tlog.CheckRecord(proof, int64(transactions), tlog.Hash(root), int64(p.Leaf), tlog.RecordHash(record)) //nolint:gosec // bounded above
	if err != nil {
		return errors.New("its path does not lead to the root of the seal")
	}
	return nil
}

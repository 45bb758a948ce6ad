package seal

import (
	"crypto/sha256"
	"fmt"
	"hash"
	"slices"
	"time"

	"farebook/ledger"
)

// Transaction is a transaction as the database has it, with the ids that the digest covers.
type Transaction struct {
	ID        uint64
	BookingID uint64 // 0 for none
	PostedAt  time.Time
	EntryIDs  []uint64 // of Entries, in their order
	ledger.Transaction
}

// Range computes the seal of a range of transactions, which are added in the order of their ids.
type Range struct {
	seal     Seal
	last     uint64
	ids      []uint64
	tree     tree      // FormatTree
	sequence hash.Hash // FormatSequence; nil in FormatTree
}

// NewRange begins the range that follows previous, and ends with transaction to. The zero previous is that of the first seal.
func NewRange(previous Seal, to uint64) *Range {
	return &Range{
		seal: Seal{Number: previous.Number + 1, FromID: previous.ToID + 1, ToID: to, Sums: Sums{}, Previous: previous.Digest},
		last: previous.ToID,
	}
}

// Recompute begins the range of a recorded seal once more, in the format that the seal has.
func Recompute(recorded Seal) *Range {
	r := NewRange(Seal{Number: recorded.Number - 1, ToID: recorded.FromID - 1, Digest: recorded.Previous}, recorded.ToID)
	if recorded.Format() == FormatSequence {
		begin := encoding{}
		begin.text(sequenceVersion)
		begin = append(begin, recorded.Previous[:]...)
		begin.number(recorded.FromID)
		begin.number(recorded.ToID)
		r.sequence = sha256.New()
		r.sequence.Write(begin) // never fails
	}
	return r
}

// Missing returns the ids of which the range has no transaction yet: those after one, up to another.
func (r *Range) Missing() (after, to uint64) { return r.last, r.seal.ToID }

// Add takes the next transaction. It refuses one that is outside the range or out of order.
func (r *Range) Add(t Transaction) error {
	if t.ID <= r.last || t.ID > r.seal.ToID {
		return fmt.Errorf("transaction %d does not follow %d in the range up to %d", t.ID, r.last, r.seal.ToID)
	}
	record, err := t.encode()
	if err != nil {
		return err
	}
	if r.sequence != nil {
		r.sequence.Write(record) // never fails
	} else if err := r.tree.add(record); err != nil {
		return err
	}
	r.last = t.ID
	r.ids = append(r.ids, t.ID)
	r.seal.Transactions++
	r.seal.Entries += uint64(len(t.Entries))
	r.seal.Sums.AddEntries(t.Entries)
	return nil
}

// Seal ends the range.
func (r *Range) Seal(at time.Time) (Seal, error) {
	sealed := r.seal
	sealed.SealedAt = at.UTC().Truncate(time.Microsecond)
	if r.sequence != nil {
		copy(sealed.Digest[:], r.sequence.Sum(nil))
		return sealed, nil
	}
	root, err := r.tree.root()
	if err != nil {
		return Seal{}, err
	}
	sealed.Root = root
	sealed.Digest = sealed.digest()
	return sealed, nil
}

// Path returns the path from a transaction of the range to the root, and reports whether the range has that transaction. A range in
// FormatSequence has no paths.
func (r *Range) Path(id uint64) (Path, bool, error) {
	leaf, found := slices.BinarySearch(r.ids, id)
	if !found || r.sequence != nil {
		return Path{}, false, nil
	}
	hashes, err := r.tree.path(leaf)
	return Path{Leaf: uint64(leaf), Hashes: hashes}, err == nil, err //nolint:gosec // an index
}

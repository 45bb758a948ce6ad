package seal

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash"
	"time"

	"farebook/ledger"
)

// version is the first field of every digest: another way to encode a transaction is another version.
const version = "farebook-ledger-seal-v1"

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
	seal Seal
	last uint64
	hash hash.Hash
}

// NewRange begins the range that follows previous, and ends with transaction to. The zero previous is that of the first seal.
func NewRange(previous Seal, to uint64) *Range {
	r := &Range{
		seal: Seal{Number: previous.Number + 1, FromID: previous.ToID + 1, ToID: to, Sums: Sums{}, Previous: previous.Digest},
		last: previous.ToID,
		hash: sha256.New(),
	}
	r.text(version)
	r.hash.Write(previous.Digest[:]) // never fails
	r.number(r.seal.FromID)
	r.number(to)
	return r
}

// Add takes the next transaction. It refuses one that is outside the range or out of order.
func (r *Range) Add(t Transaction) error {
	if t.ID <= r.last || t.ID > r.seal.ToID {
		return fmt.Errorf("transaction %d does not follow %d in the range up to %d", t.ID, r.last, r.seal.ToID)
	}
	if len(t.EntryIDs) != len(t.Entries) {
		return fmt.Errorf("transaction %d has %d entries and %d ids of entries", t.ID, len(t.Entries), len(t.EntryIDs))
	}
	r.last = t.ID
	r.seal.Transactions++
	r.number(t.ID)
	r.number(t.BookingID)
	r.number(uint64(t.PostedAt.UnixMicro()))           //nolint:gosec // bits, which are the same for each time
	r.number(uint64(t.Effective.At.UTC().UnixMicro())) //nolint:gosec // bits, which are the same for each time
	for _, field := range []string{
		string(t.Type), t.PaymentIntentID, t.ObjectID, t.BalanceTransactionID, t.OperationKey, string(t.Effective.Basis), t.Description,
	} {
		r.text(field)
	}
	r.number(uint64(len(t.Entries)))
	for i, entry := range t.Entries {
		r.entry(t.EntryIDs[i], entry)
	}
	return nil
}

func (r *Range) entry(id uint64, e ledger.Entry) {
	r.seal.Entries++
	r.number(id)
	r.text(string(e.Account))
	r.text(string(e.Side))
	r.number(uint64(e.Amount)) //nolint:gosec // bits, which are the same for each amount
	r.text(string(e.Currency))
	amount := e.Amount
	if e.Side == ledger.Credit {
		amount = -amount
	}
	r.seal.Sums.Add(e.Account, e.Currency, amount)
}

// Seal ends the range.
func (r *Range) Seal(at time.Time) Seal {
	sealed := r.seal
	copy(sealed.Digest[:], r.hash.Sum(nil))
	sealed.SealedAt = at.UTC().Truncate(time.Microsecond)
	return sealed
}

// text writes a field with its length before it, so that no two lists of fields are written alike.
func (r *Range) text(field string) {
	r.number(uint64(len(field)))
	r.hash.Write([]byte(field)) // never fails
}

func (r *Range) number(n uint64) {
	var raw [8]byte
	binary.BigEndian.PutUint64(raw[:], n)
	r.hash.Write(raw[:]) // never fails
}

// Package seal makes the history of the ledger tamper-evident. A seal covers a range of transactions by their ids: how many there are,
// their sums by account and currency, the root of a Merkle tree over every transaction and entry, and a SHA-256 digest over all of this
// and the digest of the seal before it. An entry that is added, changed, dated back or removed afterwards changes the digest of its
// range, and so of every later seal. A path of a few hashes proves that one transaction is under a seal, without the others. The package
// imports ledger and money, and does no I/O.
package seal

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"time"

	"farebook/ledger"
	"farebook/money"
)

// Digest is a SHA-256 sum. The zero Digest stands before the first seal.
type Digest [sha256.Size]byte

func (d Digest) String() string { return hex.EncodeToString(d[:]) }

// ParseDigest reads 64 hexadecimal digits.
func ParseDigest(text string) (Digest, error) {
	var d Digest
	raw, err := hex.DecodeString(text)
	if err != nil || len(raw) != len(d) {
		return d, fmt.Errorf("%q is not a digest: 64 hexadecimal digits", text)
	}
	copy(d[:], raw)
	return d, nil
}

// Seal covers the transactions with ids FromID to ToID, both included. Ids may be missing in between: MySQL does not give an id again
// that a rolled-back transaction has taken.
type Seal struct {
	Number       uint64 // 1 for the first; each is one above its predecessor
	FromID, ToID uint64
	Transactions uint64
	Entries      uint64
	// Sums are debits less credits, in minor units.
	Sums     Sums
	Root     Digest // of the Merkle tree over the transactions; zero in FormatSequence
	Previous Digest // of the seal before; zero for the first
	Digest   Digest
	SealedAt time.Time // with microseconds
}

// The formats of a digest. A seal keeps the format that it was made in, and is verified in it.
const (
	// FormatSequence is one hash over all transactions of the range. The sums and the time of the seal are not under it.
	FormatSequence = 1
	// FormatTree is a hash over the statement's first lines, among which is the root of a Merkle tree over the transactions.
	FormatTree = 2
)

// sequenceVersion is the first field of a digest of FormatSequence.
const sequenceVersion = "farebook-ledger-seal-v1"

// Format is the format of the seal's digest.
func (s Seal) Format() int {
	if s.Root == (Digest{}) {
		return FormatSequence
	}
	return FormatTree
}

// Intact returns an error when the seal's digest does not cover what the seal says: its numbers, sums, root or time were changed. A seal of
// FormatSequence is only verified with its transactions.
func (s Seal) Intact() error {
	if s.Format() == FormatTree && s.digest() != s.Digest {
		return fmt.Errorf("seal %d was changed: its digest does not cover its numbers, sums, root and time", s.Number)
	}
	return nil
}

// Sums are debits less credits by account and currency, in minor units. They add up to zero in each currency.
type Sums map[ledger.Account]map[money.Currency]int64

// Add adds debits less credits to the sum of an account.
func (s Sums) Add(account ledger.Account, currency money.Currency, amount int64) {
	if s[account] == nil {
		s[account] = map[money.Currency]int64{}
	}
	s[account][currency] += amount
}

// AddEntries adds entries, debits above zero.
func (s Sums) AddEntries(entries []ledger.Entry) {
	for _, entry := range entries {
		s.Add(entry.Account, entry.Currency, entry.Signed())
	}
}

// AddAll adds the sums of another range.
func (s Sums) AddAll(other Sums) {
	for account, amounts := range other {
		for currency, amount := range amounts {
			s.Add(account, currency, amount)
		}
	}
}

// Equal reports whether both have the same sums of the same accounts and currencies.
func (s Sums) Equal(other Sums) bool { return maps.EqualFunc(s, other, maps.Equal) }

// Follows returns an error that says why next is not the seal after s, or nil. It compares numbers, ranges and digests; whether the
// transactions still have the digest is for Range.
func (s Seal) Follows(next Seal) error {
	switch {
	case next.Number != s.Number+1:
		return fmt.Errorf("seal %d follows seal %d: one is missing", next.Number, s.Number)
	case next.FromID != s.ToID+1:
		return fmt.Errorf("seal %d begins at transaction %d, and seal %d ends at %d", next.Number, next.FromID, s.Number, s.ToID)
	case next.Previous != s.Digest:
		return fmt.Errorf("seal %d names another digest for seal %d than the one recorded", next.Number, s.Number)
	default:
		return nil
	}
}

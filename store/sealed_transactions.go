package store

import (
	"context"

	"farebook/ledger/seal"
	"farebook/store/internal/journal"
)

// SealedTransaction is a transaction with the path to its seal.
type SealedTransaction struct {
	seal.Transaction

	Seal uint64     // the number of its seal; 0 for a transaction that is not sealed yet
	Path *seal.Path // to the root of that seal; nil without a seal, and for one of seal.FormatSequence
}

// A SealLink is a seal of the chain from a transaction's seal to one that finance has.
type SealLink struct {
	seal.Seal

	End bool // of a chain: the seal that finance has received by email or, where it has received none yet, the transaction's own
}

// maxLinks bounds how many seals may lie between a transaction's seal and one that finance has: a day's at ten million transactions a day.
const maxLinks = 1_000

// SealedTransactions reads a booking's transactions by ascending id with the paths to their seals, and the seals by number: of each
// transaction its own and those that follow it, up to the first that finance has received by email. It reads each range that has a
// transaction of the booking, MaxSealed ids at most.
func (s *Store) SealedTransactions(ctx context.Context, bookingID uint64) (transactions []SealedTransaction, links []SealLink, err error) {
	posted, err := journal.OfBooking(s.db.WithContext(ctx), bookingID)
	if err != nil {
		return nil, nil, err
	}
	var current sealedRange
	sealed := true
	for _, one := range posted {
		if sealed && current.recorded.ToID < one.ID {
			// Seals leave no gap: nothing after the first transaction that is not sealed is.
			current, sealed, err = s.rangeOf(ctx, one.ID)
			if err == nil && sealed {
				links, err = s.addLinks(ctx, links, current.recorded)
			}
			if err != nil {
				return nil, nil, err
			}
		}
		with := SealedTransaction{Transaction: one}
		if sealed {
			with, err = current.find(one)
			if err != nil {
				return nil, nil, err
			}
		}
		transactions = append(transactions, with)
	}
	return transactions, links, nil
}

// sealedRange is a recorded seal and its transactions as they are now.
type sealedRange struct {
	recorded seal.Seal
	now      *seal.Range
}

// rangeOf reads the range of the seal that covers a transaction, and reports whether the transaction is sealed.
func (s *Store) rangeOf(ctx context.Context, id uint64) (sealedRange, bool, error) {
	recorded, found, err := readSeal(s.db.WithContext(ctx).Where("to_id >= ?", id).Order("to_id"))
	if err != nil || !found {
		return sealedRange{}, false, err
	}
	read := sealedRange{recorded, seal.Recompute(recorded)}
	return read, true, s.readRange(ctx, read.now)
}

func (r sealedRange) find(one seal.Transaction) (SealedTransaction, error) {
	with := SealedTransaction{Transaction: one, Seal: r.recorded.Number}
	path, found, err := r.now.Path(one.ID)
	if found {
		with.Path = &path
	}
	return with, err
}

// addLinks adds the seals from one on, up to the first that finance has received, without those that are there already.
func (s *Store) addLinks(ctx context.Context, links []SealLink, first seal.Seal) ([]SealLink, error) {
	last, err := s.EmailedSeal(ctx, first.Number, first.SealedAt)
	if err != nil {
		return nil, err
	}
	if last == 0 || last-first.Number >= maxLinks {
		last = first.Number
	}
	from := first.Number
	if len(links) > 0 {
		from = max(from, links[len(links)-1].Number+1)
	}
	if from > last {
		return links, nil
	}
	var rows []sealRow
	err = s.db.WithContext(ctx).Where("number BETWEEN ? AND ?", from, last).Order("number").Find(&rows).Error
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		link, err := row.domain()
		if err != nil {
			return nil, err
		}
		links = append(links, SealLink{Seal: link, End: row.Number == last})
	}
	return links, nil
}

package store

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"time"

	"gorm.io/gorm"

	"farebook/ledger/seal"
	"farebook/store/internal/db"
	"farebook/store/internal/journal"
)

// Bounds of sealing.
const (
	// MaxSealed is how many ids one seal covers at most: a range that is read in well under a second.
	MaxSealed = 10_000
	// sealPage is how many transactions are read at once.
	sealPage = 1_000
	// sealWait is how long sealing waits for a transaction that posts. Postings wait behind it meanwhile.
	sealWait = 2 * time.Second
	// postedBefore is how long before the seal of an earlier range a transaction may say that it was posted: what the clocks of processes
	// may differ by, and a posting may take. What says an earlier time was dated back.
	postedBefore = time.Hour
)

type sealRow struct {
	Number         uint64 `gorm:"primaryKey;autoIncrement:false"`
	FromID         uint64
	ToID           uint64
	Transactions   uint64
	Entries        uint64
	Sums           string
	Root           []byte // NULL in a seal of seal.FormatSequence
	PreviousDigest []byte
	Digest         []byte
	SealedAt       time.Time
}

func (sealRow) TableName() string { return "ledger_seals" }

func sealRowOf(s seal.Seal) (sealRow, error) {
	sums, err := json.Marshal(s.Sums)
	return sealRow{
		Number: s.Number, FromID: s.FromID, ToID: s.ToID, Transactions: s.Transactions, Entries: s.Entries, Sums: string(sums),
		Root: s.Root[:], PreviousDigest: s.Previous[:], Digest: s.Digest[:], SealedAt: s.SealedAt,
	}, err
}

func (r sealRow) domain() (seal.Seal, error) {
	s := seal.Seal{
		Number: r.Number, FromID: r.FromID, ToID: r.ToID, Transactions: r.Transactions, Entries: r.Entries, SealedAt: r.SealedAt,
	}
	copy(s.Root[:], r.Root)
	copy(s.Previous[:], r.PreviousDigest)
	copy(s.Digest[:], r.Digest)
	if err := json.Unmarshal([]byte(r.Sums), &s.Sums); err != nil {
		return s, fmt.Errorf("read the sums of seal %d: %w", r.Number, err)
	}
	return s, nil
}

// SealLedger seals the complete transactions that follow the last seal, MaxSealed ids at most, and reports false when there are none. A
// range ends before a transaction of an older release that has no effective date yet. Two that seal at once make one seal: the number is
// the primary key. It returns an error when a transaction that posts is held open for longer than two seconds: try again later.
func (s *Store) SealLedger(ctx context.Context) (seal.Seal, bool, error) {
	last, err := s.LastSeal(ctx)
	if err != nil {
		return seal.Seal{}, false, err
	}
	complete, err := s.lastComplete(ctx, last.ToID)
	if err != nil || complete == 0 {
		return seal.Seal{}, false, err
	}
	made, err := s.sealOf(ctx, seal.NewRange(last, complete), s.Now())
	if err != nil {
		return seal.Seal{}, false, err
	}
	row, err := sealRowOf(made)
	if err != nil {
		return seal.Seal{}, false, err
	}
	if err := s.db.WithContext(ctx).Create(&row).Error; db.DuplicateKey(err) {
		return seal.Seal{}, false, nil // another process has sealed the range meanwhile
	} else if err != nil {
		return seal.Seal{}, false, err
	}
	return made, true, nil
}

// LastSeal reads the newest seal, or the zero Seal when there is none.
func (s *Store) LastSeal(ctx context.Context) (seal.Seal, error) {
	last, _, err := readSeal(s.db.WithContext(ctx).Order("number DESC"))
	return last, err
}

// Seal reads a seal by its number, and reports whether there is one.
func (s *Store) Seal(ctx context.Context, number uint64) (seal.Seal, bool, error) {
	return readSeal(s.db.WithContext(ctx).Where("number = ?", number))
}

// readSeal reads the first seal of a query, and reports whether there is one.
func readSeal(query *gorm.DB) (seal.Seal, bool, error) {
	var row sealRow
	found := query.Limit(1).Find(&row)
	if found.Error != nil || found.RowsAffected == 0 {
		return seal.Seal{}, false, found.Error
	}
	recorded, err := row.domain()
	return recorded, err == nil, err
}

// lastComplete is the id up to which every transaction after one is committed and has its effective date; 0 for none. AUTO_INCREMENT
// gives out ids before their transactions commit, in any order. Each posting shares the lock on ledger_opening's row from before its
// first INSERT until it commits, so no id is in flight while sealing holds it exclusively. The locking read also waits for rows that were
// inserted without that lock, such as by an older release.
func (s *Store) lastComplete(ctx context.Context, after uint64) (uint64, error) {
	var complete uint64
	err := s.db.InTransactionWithin(ctx, sealWait, func(tx *gorm.DB) error {
		if _, err := journal.Opening(tx, journal.Exclusively); err != nil {
			return err
		}
		var ids []uint64
		err := tx.Raw("SELECT id FROM financial_ledger WHERE id > ? ORDER BY id LIMIT ? "+journal.Shared, after, MaxSealed).Scan(&ids).Error
		if err != nil || len(ids) == 0 {
			return err
		}
		complete = ids[len(ids)-1]
		return nil
	})
	if err != nil || complete == 0 {
		return 0, err
	}
	var undated *uint64
	err = s.db.WithContext(ctx).Raw("SELECT MIN(id) FROM financial_ledger WHERE id > ? AND id <= ? AND effective_at IS NULL", after, complete).
		Scan(&undated).Error
	if undated == nil || err != nil {
		return complete, err
	}
	if *undated <= after+1 {
		return 0, nil
	}
	return *undated - 1, nil
}

// sealOf reads the transactions of a range and computes its seal.
func (s *Store) sealOf(ctx context.Context, r *seal.Range, at time.Time) (seal.Seal, error) {
	if err := s.readRange(ctx, r); err != nil {
		return seal.Seal{}, err
	}
	return r.Seal(at)
}

// readRange adds the transactions that a range has not, page by page.
func (s *Store) readRange(ctx context.Context, r *seal.Range) error {
	for {
		after, to := r.Missing()
		page, err := journal.Page(s.db.WithContext(ctx), after, to, sealPage)
		if err != nil || len(page) == 0 {
			return err
		}
		for _, one := range page {
			if err := r.Add(one); err != nil {
				return err
			}
		}
	}
}

// A BrokenSeal is a seal that the ledger does not agree with.
type BrokenSeal struct {
	Seal   seal.Seal
	Reason string // what differs, for an operator
}

// Chain is what VerifyChain found.
type Chain struct {
	Seals    uint64
	Last     seal.Seal // the zero Seal when there is none
	Broken   []BrokenSeal
	Unsealed uint64 // transactions after the last seal
}

// Holds reports whether every seal agrees with the ledger.
func (c Chain) Holds() bool { return len(c.Broken) == 0 }

// VerifyChain reads the whole sealed ledger, range by range, and holds it against the seals: an entry or a transaction that was added,
// changed, dated back or removed breaks the seal of its range. done is called after each seal, for a progress display. It writes nothing.
func (s *Store) VerifyChain(ctx context.Context, done func(seal.Seal)) (Chain, error) {
	var chain Chain
	for {
		recorded, found, err := readSeal(s.db.WithContext(ctx).Where("number > ?", chain.Last.Number).Order("number"))
		if err != nil {
			return chain, err
		}
		if !found {
			err := s.checkUnsealed(ctx, &chain)
			return chain, err
		}
		reason, err := s.checkSeal(ctx, chain.Last, recorded)
		if err != nil {
			return chain, err
		}
		if reason != "" {
			chain.Broken = append(chain.Broken, BrokenSeal{recorded, reason})
		}
		chain.Seals, chain.Last = chain.Seals+1, recorded
		done(recorded)
	}
}

// VerifySeal says what differs between the seal of a number, the seal before it and the ledger, or nothing.
func (s *Store) VerifySeal(ctx context.Context, number uint64) (string, error) {
	previous, before, err := s.Seal(ctx, number-1)
	if err != nil {
		return "", err
	}
	recorded, found, err := s.Seal(ctx, number)
	switch {
	case err != nil:
		return "", err
	case !found || !before && number > 1:
		return fmt.Sprintf("seal %d, or the one before it, is not in the database: it was removed", number), nil
	}
	return s.checkSeal(ctx, previous, recorded)
}

// VerifyUnsealed says what after the last seal was dated back, or nothing.
func (s *Store) VerifyUnsealed(ctx context.Context) (string, error) {
	last, err := s.LastSeal(ctx)
	if err != nil {
		return "", err
	}
	return s.datedBack(ctx, last, math.MaxInt64)
}

// checkSeal says what differs between a recorded seal and the ledger, or nothing.
func (s *Store) checkSeal(ctx context.Context, previous, recorded seal.Seal) (string, error) {
	if err := previous.Follows(recorded); err != nil {
		return err.Error(), nil //nolint:nilerr // a finding, and no failure
	}
	if err := recorded.Intact(); err != nil {
		return err.Error(), nil //nolint:nilerr // a finding, and no failure
	}
	now, err := s.sealOf(ctx, seal.Recompute(recorded), recorded.SealedAt)
	if err != nil {
		return "", err
	}
	switch {
	case now.Transactions != recorded.Transactions || now.Entries != recorded.Entries:
		return fmt.Sprintf("transactions %d to %d: %d transactions with %d entries were sealed, and %d with %d are there", recorded.FromID,
			recorded.ToID, recorded.Transactions, recorded.Entries, now.Transactions, now.Entries), nil
	case now.Digest != recorded.Digest:
		return fmt.Sprintf("transactions %d to %d: a transaction or an entry was changed after it was sealed", recorded.FromID, recorded.ToID),
			nil
	case !now.Sums.Equal(recorded.Sums):
		return fmt.Sprintf("seal %d was changed: its sums are not those of transactions %d to %d", recorded.Number, recorded.FromID,
			recorded.ToID), nil
	}
	return s.datedBack(ctx, previous, recorded.ToID)
}

// datedBack names the first transaction after a seal, up to one, that says it was posted well before the seal was made; empty when there
// is no such transaction.
func (s *Store) datedBack(ctx context.Context, after seal.Seal, to uint64) (string, error) {
	if after.Number == 0 {
		return "", nil
	}
	var first *uint64
	err := s.db.WithContext(ctx).Raw("SELECT MIN(id) FROM financial_ledger WHERE id > ? AND id <= ? AND posted_at < ?", after.ToID, to,
		after.SealedAt.Add(-postedBefore)).Scan(&first).Error
	if first == nil {
		return "", err
	}
	return fmt.Sprintf("transaction %d says that it was posted before seal %d, which is older than it: it was dated back", *first,
		after.Number), err
}

// checkUnsealed counts what follows the last seal, and finds what among it was dated back.
func (s *Store) checkUnsealed(ctx context.Context, chain *Chain) error {
	conn := s.db.WithContext(ctx)
	if err := conn.Raw("SELECT COUNT(*) FROM financial_ledger WHERE id > ?", chain.Last.ToID).Scan(&chain.Unsealed).Error; err != nil {
		return err
	}
	reason, err := s.datedBack(ctx, chain.Last, math.MaxInt64)
	if reason != "" {
		chain.Broken = append(chain.Broken, BrokenSeal{chain.Last, reason})
	}
	return err
}

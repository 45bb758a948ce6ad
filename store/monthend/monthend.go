// Package monthend closes the months of the books: it checks what a month end needs, keeps what one operator proposes until another one
// approves it, and posts manual journals. It is above store, which does not know it: it imports store, store/recon, store/internal/,
// access, booking, internal/failpoint, ledger and money.
package monthend

import (
	"context"
	"fmt"
	"math"
	"time"

	"gorm.io/gorm"

	"farebook/access"
	"farebook/ledger"
	"farebook/ledger/closing"
	"farebook/store"
	"farebook/store/internal/db"
	"farebook/store/internal/journal"
	"farebook/store/recon"
)

// Months closes and reopens months. It is safe for concurrent use.
type Months struct {
	books *store.Store
	runs  *recon.Runs
	db    *db.DB
}

// New returns the months of the books. It opens no connection and keeps no state.
func New(books *store.Store) *Months {
	return &Months{books: books, runs: recon.New(books), db: books.DB()}
}

// RefusedError says why something is not done, and what to do.
type RefusedError struct{ Reason string }

func (e *RefusedError) Error() string { return e.Reason }

// SamePersonError says that who approves is who has proposed. It is a *RefusedError as well.
type SamePersonError struct{ RefusedError }

// Unwrap returns the *RefusedError.
func (e *SamePersonError) Unwrap() error { return &e.RefusedError }

func refused(format string, args ...any) error { return &RefusedError{fmt.Sprintf(format, args...)} }

// lockWait is how long a close waits for a transaction that posts. Postings wait behind it meanwhile.
const lockWait = 2 * time.Second

// Calendar reads which months are closed.
func (m *Months) Calendar(ctx context.Context) (ledger.Calendar, error) {
	books, err := journal.Opening(m.db.WithContext(ctx), "")
	return books.Calendar, err
}

// alone runs work while nobody posts: whoever posts shares the lock of the opening's row until it commits.
func (m *Months) alone(ctx context.Context, work func(tx *gorm.DB, books journal.Books) error) error {
	err := m.db.InTransactionWithin(ctx, lockWait, func(tx *gorm.DB) error {
		books, err := journal.Opening(tx, journal.Exclusively)
		if err != nil {
			return err
		}
		return work(tx, books)
	})
	if db.LockWaitTimeout(err) {
		return refused("a transaction that posts was held open for more than %s: try again", lockWait)
	}
	return err
}

// sumsSoFar are the sums of a month up to a transaction, which are read before postings have to wait.
type sumsSoFar struct {
	period   ledger.Period
	openings []closing.Line
	sums     journal.PeriodSums
	upTo     uint64
}

// trial is the trial balance of what was read.
func (s sumsSoFar) trial(zone string) closing.Trial {
	t := closing.NewTrial(s.period, zone, s.openings, s.sums.Movements)
	t.Transactions, t.Entries = s.sums.Transactions, s.sums.Entries
	return t
}

// complete is the id up to which every transaction is committed and has its period. AUTO_INCREMENT gives out ids before their transactions
// commit, in any order; no id is in flight while the lock is held alone.
func (m *Months) complete(ctx context.Context) (upTo uint64, err error) {
	err = m.alone(ctx, func(tx *gorm.DB, _ journal.Books) error {
		if err := eachHasItsPeriod(tx, journal.Shared); err != nil {
			return err
		}
		return tx.Raw("SELECT COALESCE(MAX(id), 0) FROM financial_ledger").Scan(&upTo).Error
	})
	return upTo, err
}

// eachHasItsPeriod returns *RefusedError while `starter migrate` has to complete transactions.
func eachHasItsPeriod(tx *gorm.DB, lock string) error {
	without, err := journal.WithoutPeriod(tx, lock)
	if err != nil {
		return err
	}
	var rezone *uint64
	if err := tx.Raw("SELECT rezone_to FROM ledger_opening WHERE id = 1").Scan(&rezone).Error; err != nil {
		return err
	}
	switch {
	case without != 0:
		return refused("transaction %d of an older release has no period yet: run `starter migrate`", without)
	case rezone != nil:
		return refused("transactions up to %d have still to get their month in another time zone: run `starter migrate`", *rezone)
	}
	return nil
}

// read reads a month's openings and its transactions up to one.
func (m *Months) read(ctx context.Context, period ledger.Period, upTo uint64) (sumsSoFar, error) {
	conn := m.db.WithContext(ctx)
	read := sumsSoFar{period: period, upTo: upTo}
	var err error
	if read.openings, err = openings(conn, period, upTo); err != nil {
		return read, err
	}
	read.sums, err = journal.SumsOfPeriod(conn, period, 0, upTo)
	return read, err
}

// openings are the balances before a month: the closings of the month before if that is closed, otherwise the sums of all earlier months.
func openings(conn *gorm.DB, period ledger.Period, upTo uint64) ([]closing.Line, error) {
	before, found, err := closingOf(conn, period.Previous())
	if err != nil || found {
		return before.Trial.Lines, err
	}
	var movements []closing.Movement
	for earlier := ledger.Period(""); ; {
		if earlier, err = journal.NextPeriod(conn, earlier); err != nil {
			return nil, err
		}
		if earlier == "" || earlier >= period {
			return closing.NewTrial(period, "", nil, movements).Lines, nil
		}
		sums, err := journal.SumsOfPeriod(conn, earlier, 0, upTo)
		if err != nil {
			return nil, err
		}
		movements = append(movements, sums.Movements...)
	}
}

// Trial is the trial balance of a month: as it was closed, or of its entries so far.
func (m *Months) Trial(ctx context.Context, period ledger.Period) (closing.Trial, error) {
	conn := m.db.WithContext(ctx)
	closed, found, err := closingOf(conn, period)
	if err != nil || found {
		return closed.Trial, err
	}
	return m.Recompute(ctx, period)
}

// Recompute is the trial balance of a month's entries now, whether it is closed or not.
func (m *Months) Recompute(ctx context.Context, period ledger.Period) (closing.Trial, error) {
	calendar, err := m.Calendar(ctx)
	if err != nil {
		return closing.Trial{}, err
	}
	read, err := m.read(ctx, period, math.MaxInt64)
	return read.trial(calendar.ZoneName()), err
}

// differentPeople returns *SamePersonError when who approves is who has proposed.
func differentPeople(tx *gorm.DB, proposed, approves access.Actor) error {
	same, err := store.SameOperator(tx, proposed, approves)
	if err == nil && same {
		err = &SamePersonError{RefusedError{proposed.Name + " has proposed it: another operator approves"}}
	}
	return err
}

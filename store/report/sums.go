package report

import (
	"maps"
	"time"

	"gorm.io/gorm"

	"farebook/finance"
	"farebook/ledger/seal"
	"farebook/money"
	"farebook/store/internal/journal"
)

// idRange is how many ids a statement covers at most.
const idRange = 10_000

// sealMargin is what the clocks of processes may differ by: a transaction of a later seal says that it was posted at most so long before
// the seal before it was made (store.VerifyChain finds one that does not), and one of an earlier seal at most so long after its own.
const sealMargin = time.Hour

// sumsBefore are the balances of all accounts before an end of an interval, without zeros. By posting they are the sums of the seals before
// it and of the transactions between those and the first seal after it. By effective date they are that, with what was posted later for an
// earlier date and without what was posted earlier for a later date. By period they are those by effective date, without what took effect
// before and counts in the months from then on. All that is read from the time on, so that a recent time is cheap in books of any age.
func sumsBefore(tx *gorm.DB, i finance.Interval, at time.Time) (seal.Sums, error) {
	if at.IsZero() {
		return seal.Sums{}, nil
	}
	sums, err := postedBefore(tx, at)
	if err == nil && i.Basis != finance.ByPosted {
		err = addDated(tx, sums, at)
	}
	if err == nil && i.Basis == finance.ByPeriod {
		err = walkLate(tx, at, i.PeriodOf(at), "", func(page []place) error { return addSums(tx, sums, idsOf(page), -1) })
	}
	for _, amounts := range sums { // an account that has no money any more is not told from one that never had any
		maps.DeleteFunc(amounts, func(_ money.Currency, amount int64) bool { return amount == 0 })
	}
	return sums, err
}

// addDated makes sums of what was posted before a time those of what took effect before it.
func addDated(tx *gorm.DB, sums seal.Sums, at time.Time) error {
	if err := addPlaces(tx, sums, finance.ByPosted, at, +1, func(p place) bool { return p.effective().Before(at) }); err != nil {
		return err
	}
	return addPlaces(tx, sums, finance.ByEffective, at, -1, func(p place) bool { return p.PostedAt.Before(at) })
}

// postedBefore sums what was posted before a time.
func postedBefore(tx *gorm.DB, at time.Time) (seal.Sums, error) {
	var last, next struct{ Number, ToID uint64 }
	err := tx.Raw("SELECT number, to_id FROM ledger_seals WHERE sealed_at <= ? ORDER BY number DESC LIMIT 1", at.Add(-sealMargin)).
		Scan(&last).Error
	if err != nil {
		return nil, err
	}
	err = tx.Raw("SELECT number, to_id FROM ledger_seals WHERE number > ? AND sealed_at >= ? ORDER BY number LIMIT 1", last.Number,
		at.Add(sealMargin)).Scan(&next).Error
	if err != nil {
		return nil, err
	}
	if next.ToID == 0 {
		if err := tx.Raw("SELECT COALESCE(MAX(id), 0) FROM financial_ledger").Scan(&next.ToID).Error; err != nil {
			return nil, err
		}
	}
	sums, err := journal.SumsOfSeals(tx, last.Number)
	if err != nil {
		return nil, err
	}
	for from := last.ToID + 1; from <= next.ToID; from += idRange {
		part, err := journal.SumsPostedBefore(tx, from, min(from+idRange-1, next.ToID), at)
		if err != nil {
			return nil, err
		}
		addAll(sums, part, +1)
	}
	return sums, nil
}

// addPlaces adds the transactions from a time on, by one date, that meet a condition on both dates.
func addPlaces(tx *gorm.DB, sums seal.Sums, basis finance.Basis, from time.Time, sign int64, wanted func(place) bool) error {
	return walk(tx, finance.Interval{From: from, Basis: basis}, func(page []place) error {
		var ids []uint64
		for _, p := range page {
			if wanted(p) {
				ids = append(ids, p.ID)
			}
		}
		if len(ids) == 0 {
			return nil
		}
		return addSums(tx, sums, ids, sign)
	})
}

func addSums(tx *gorm.DB, sums seal.Sums, ids []uint64, sign int64) error {
	part, err := journal.SumsOfIDs(tx, ids)
	addAll(sums, part, sign)
	return err
}

func addAll(sums seal.Sums, part []journal.Balance, sign int64) {
	for _, one := range part {
		sums.Add(one.Account, one.Currency, sign*one.Amount)
	}
}

package report

import (
	"fmt"
	"time"

	"gorm.io/gorm"

	"farebook/booking"
	"farebook/finance"
	"farebook/ledger"
	"farebook/store/internal/journal"
)

// pageSize is how many transactions are in memory at once.
const pageSize = 1_000

// place is a transaction in the order of one of its dates.
type place struct {
	ID          uint64
	PostedAt    time.Time
	EffectiveAt *time.Time
	Late        bool // it took effect before the months in which it counts
}

// effective is the date by which a transaction of an older release without one counts as posted.
func (p place) effective() time.Time {
	if p.EffectiveAt == nil {
		return p.PostedAt
	}
	return *p.EffectiveAt
}

func (p place) date(basis finance.Basis) time.Time {
	if basis == finance.ByPosted {
		return p.PostedAt
	}
	return p.effective()
}

// UndatedError says that transactions of an older release have no effective date or no month yet, so that no report by it is right.
type UndatedError struct{ LedgerID uint64 }

func (e *UndatedError) Error() string {
	return fmt.Sprintf("transaction %d of an older release has no effective date or no month: run `starter migrate`, or report by the time "+
		"of posting", e.LedgerID)
}

// dated returns an *UndatedError when a report by effective date or by period would leave a transaction out.
func dated(tx *gorm.DB, basis finance.Basis) error {
	if basis == finance.ByPosted {
		return nil
	}
	var ids []uint64
	err := tx.Raw("SELECT id FROM financial_ledger WHERE effective_at IS NULL LIMIT 1").Scan(&ids).Error
	if err == nil && len(ids) == 0 && basis == finance.ByPeriod {
		err = tx.Raw("SELECT id FROM financial_ledger FORCE INDEX (idx_ledger_period) WHERE period IS NULL LIMIT 1").Scan(&ids).Error
	}
	if err == nil && len(ids) > 0 {
		return &UndatedError{ids[0]}
	}
	return err
}

// walk reads the transactions of an interval in the order of their dates, and of their ids within one, page by page. The zero To is
// without an end. By period, the late ones are the first.
func walk(tx *gorm.DB, i finance.Interval, take func(page []place) error) error {
	if i.Basis == finance.ByPeriod {
		if err := walkLate(tx, i.From, i.PeriodOf(i.From), i.PeriodOf(i.To), take); err != nil {
			return err
		}
	}
	return walkDates(tx, i, take)
}

// walkLate reads the transactions that took effect before a time and count in the months from one on, before another one where it is given,
// in the order of their ids. Nothing takes effect after its month.
func walkLate(tx *gorm.DB, before time.Time, from, to ledger.Period, take func(page []place) error) error {
	if before.IsZero() {
		return nil
	}
	for after := uint64(0); ; {
		query := tx.Table("financial_ledger FORCE INDEX (idx_ledger_period)").Select("id, posted_at, effective_at, TRUE AS late").
			Where("period >= ? AND effective_at < ? AND id > ?", from, before, after)
		if to != "" {
			query = query.Where("period < ?", to)
		}
		var page []place
		if err := query.Order("id").Limit(pageSize).Scan(&page).Error; err != nil {
			return err
		}
		if len(page) > 0 {
			if err := take(page); err != nil {
				return err
			}
			after = page[len(page)-1].ID
		}
		if len(page) < pageSize {
			return nil
		}
	}
}

func walkDates(tx *gorm.DB, i finance.Interval, take func(page []place) error) error {
	column := "effective_at"
	if i.Basis == finance.ByPosted {
		column = "posted_at"
	}
	from, after := i.From, uint64(0)
	if from.IsZero() {
		from = time.Unix(0, 0) // before the first transaction: a zero time is no DATETIME
	}
	for {
		query := tx.Table("financial_ledger").Select("id, posted_at, effective_at").Where(column+" >= ?", from)
		if !i.To.IsZero() {
			query = query.Where(column+" < ?", i.To)
		}
		if i.Basis == finance.ByPeriod {
			query = query.Where("period < ?", i.PeriodOf(i.To))
		}
		if after != 0 {
			query = query.Where(column+" > ? OR id > ?", from, after)
		}
		var page []place
		if err := query.Order(column + ", id").Limit(pageSize).Scan(&page).Error; err != nil {
			return err
		}
		if len(page) == 0 {
			return nil
		}
		if err := take(page); err != nil {
			return err
		}
		if len(page) < pageSize {
			return nil
		}
		last := page[len(page)-1]
		from, after = last.date(i.Basis), last.ID
	}
}

func idsOf(page []place) []uint64 {
	ids := make([]uint64, len(page))
	for i, p := range page {
		ids[i] = p.ID
	}
	return ids
}

// read reads the transactions of a page with their entries and references, in its order. The date of a late one is the interval's
// beginning.
func read(tx *gorm.DB, i finance.Interval, page []place) ([]finance.Posted, error) {
	found, err := journal.OfIDs(tx, idsOf(page))
	if err != nil {
		return nil, err
	}
	byID := make(map[uint64]finance.Posted, len(found))
	bookings := make([]uint64, 0, len(found))
	for _, one := range found {
		byID[one.ID] = finance.Posted{Transaction: one}
		if one.BookingID != 0 {
			bookings = append(bookings, one.BookingID)
		}
	}
	references, err := referencesOf(tx, bookings)
	if err != nil {
		return nil, err
	}
	posted := make([]finance.Posted, len(page))
	for n, p := range page {
		posted[n] = byID[p.ID]
		posted[n].Date = p.date(i.Basis)
		if p.Late {
			posted[n].Date = i.From
		}
		posted[n].Reference = references[posted[n].BookingID]
	}
	return posted, nil
}

func referencesOf(tx *gorm.DB, ids []uint64) (map[uint64]booking.Reference, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	var rows []struct {
		ID        uint64
		Reference booking.Reference
	}
	err := tx.Table("bookings").Select("id, reference").Where("id IN ?", ids).Scan(&rows).Error
	references := make(map[uint64]booking.Reference, len(rows))
	for _, row := range rows {
		references[row.ID] = row.Reference
	}
	return references, err
}

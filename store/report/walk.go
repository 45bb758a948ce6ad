package report

import (
	"fmt"
	"time"

	"gorm.io/gorm"

	"farebook/booking"
	"farebook/finance"
	"farebook/store/internal/journal"
)

// pageSize is how many transactions are in memory at once.
const pageSize = 1_000

// place is a transaction in the order of one of its dates.
type place struct {
	ID          uint64
	PostedAt    time.Time
	EffectiveAt *time.Time
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

// UndatedError says that transactions of an older release have no effective date yet, so that no report by it is right.
type UndatedError struct{ LedgerID uint64 }

func (e *UndatedError) Error() string {
	return fmt.Sprintf("transaction %d of an older release has no effective date: run `starter migrate`, or report by the time of posting",
		e.LedgerID)
}

// dated returns an *UndatedError when a report by effective date would leave a transaction out.
func dated(tx *gorm.DB, basis finance.Basis) error {
	if basis == finance.ByPosted {
		return nil
	}
	var ids []uint64
	err := tx.Raw("SELECT id FROM financial_ledger WHERE effective_at IS NULL LIMIT 1").Scan(&ids).Error
	if err == nil && len(ids) > 0 {
		return &UndatedError{ids[0]}
	}
	return err
}

// walk reads the transactions of an interval in the order of their dates, and of their ids within one, page by page. The zero To is
// without an end.
func walk(tx *gorm.DB, i finance.Interval, take func(page []place) error) error {
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

// read reads the transactions of a page with their entries and references, in its order.
func read(tx *gorm.DB, basis finance.Basis, page []place) ([]finance.Posted, error) {
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
	for i, p := range page {
		posted[i] = byID[p.ID]
		posted[i].Date = p.date(basis)
		posted[i].Reference = references[posted[i].BookingID]
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

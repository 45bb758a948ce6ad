package report

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"gorm.io/gorm"

	"farebook/booking"
	"farebook/finance"
	"farebook/store/internal/journal"
)

// settledAfter is how long after its departure a booking's revenue is recognised at the latest: the sweeper does it within minutes.
const settledAfter = time.Hour

// Unearned writes the roll-forward of what travellers have paid for and not flown yet.
func (r *Reports) Unearned(ctx context.Context, i finance.Interval, sink finance.Sink) (checks finance.Checks, err error) {
	err = r.snapshot(ctx, func(tx *gorm.DB) error {
		roll, err := r.rollForward(tx, i, func(finance.OpenBooking) error { return nil })
		if err != nil {
			return err
		}
		checks = roll.Checks()
		return writeAll(sink, finance.RollForwardTable(i), roll.Rows())
	})
	return checks, err
}

// UnearnedItems writes the bookings that have something unearned at the end of an interval.
func (r *Reports) UnearnedItems(ctx context.Context, i finance.Interval, sink finance.Sink) (checks finance.Checks, err error) {
	err = r.snapshot(ctx, func(tx *gorm.DB) error {
		if err := sink.Begin(finance.OpenBookingsTable(i)); err != nil {
			return err
		}
		roll, err := r.rollForward(tx, i, func(b finance.OpenBooking) error { return sink.Row(b.Row()) })
		if err == nil {
			checks = roll.Checks()
		}
		return err
	})
	return checks, err
}

func (r *Reports) rollForward(tx *gorm.DB, i finance.Interval, take func(finance.OpenBooking) error) (*finance.RollForward, error) {
	opening, closing, err := ends(tx, i)
	if err != nil {
		return nil, err
	}
	roll := finance.NewRollForward(opening, closing)
	err = walk(tx, i, func(page []place) error {
		rows, err := rowsOn(tx, i, page, finance.UnearnedAccounts)
		for _, row := range rows {
			roll.Add(row.Posted)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	due := r.due(i)
	each := func(b finance.OpenBooking) error {
		roll.Open(b, due)
		return take(b)
	}
	if err := openNow(tx, i, each); err != nil {
		return nil, err
	}
	return roll, openThen(tx, i, each)
}

// due is the time by whose departures everything is earned at the end of an interval. By posting, a departure is posted some minutes later.
func (r *Reports) due(i finance.Interval) time.Time {
	due := r.now().Add(-settledAfter)
	switch {
	case i.Basis == finance.ByPosted:
		return time.Time{}
	case i.To.Before(due):
		return i.To
	}
	return due
}

// openRow is a booking as the list of open ones needs it.
type openRow struct {
	ID          uint64
	Reference   booking.Reference
	FlightJSON  string `gorm:"column:flight_json"`
	Disputed    bool
	RecogniseAt *time.Time
}

const openColumns = `b.id, b.reference, b.flight_json, b.recognise_at,
	EXISTS (SELECT 1 FROM disputes d WHERE d.booking_id = b.id AND d.status IN ?) AS disputed`

// openNow reads the bookings that wait for their recognition now, and had something unearned at the end of an interval.
func openNow(tx *gorm.DB, i finance.Interval, take func(finance.OpenBooking) error) error {
	at, after := time.Unix(0, 0), uint64(0)
	for {
		var page []openRow
		err := tx.Raw(`SELECT `+openColumns+` FROM bookings b FORCE INDEX (idx_bookings_recognise)
			WHERE b.recognise_at >= ? AND (b.recognise_at > ? OR b.id > ?) ORDER BY b.recognise_at, b.id LIMIT ?`,
			booking.WithholdingDisputes, at, at, after, pageSize).Scan(&page).Error
		if err != nil || len(page) == 0 {
			return err
		}
		posted, err := unearnedOf(tx, i, page)
		if err != nil {
			return err
		}
		for _, one := range page {
			if err := takeOpen(one, posted[one.ID], i, take); err != nil {
				return err
			}
		}
		last := page[len(page)-1]
		at, after = *last.RecogniseAt, last.ID
	}
}

// openThen reads the bookings that had something unearned at the end of an interval and were recognised since: each at the first
// transaction that changed it afterwards.
func openThen(tx *gorm.DB, i finance.Interval, take func(finance.OpenBooking) error) error {
	return walkFrom(tx, i, i.To, func(page []place) error {
		var some []openRow
		err := tx.Raw(`SELECT DISTINCT `+openColumns+` FROM financial_ledger l JOIN ledger_entries e ON e.ledger_id = l.id
			JOIN bookings b ON b.id = l.booking_id WHERE l.id IN ? AND e.account IN ? AND b.recognise_at IS NULL`,
			booking.WithholdingDisputes, idsOf(page), finance.UnearnedAccounts).Scan(&some).Error
		if err != nil || len(some) == 0 {
			return err
		}
		posted, err := unearnedOf(tx, i, some)
		if err != nil {
			return err
		}
		for _, one := range some {
			rows := posted[one.ID]
			first := slices.IndexFunc(rows, func(row finance.Settling) bool { return !row.Date.Before(i.To) })
			if first < 0 || !slices.ContainsFunc(page, func(p place) bool { return p.ID == rows[first].ID }) {
				continue
			}
			if err := takeOpen(one, rows, i, take); err != nil {
				return err
			}
		}
		return nil
	})
}

// unearnedOf reads the transactions of some bookings with unearned entries, by ascending id.
func unearnedOf(tx *gorm.DB, i finance.Interval, bookings []openRow) (map[uint64][]finance.Settling, error) {
	ids := make([]uint64, len(bookings))
	for n, one := range bookings {
		ids[n] = one.ID
	}
	posted, err := journal.OfBookingsOn(tx, ids, finance.UnearnedAccounts)
	if err != nil {
		return nil, err
	}
	rows, err := settlings(tx, i, posted)
	found := make(map[uint64][]finance.Settling, len(bookings))
	for _, row := range rows {
		found[row.BookingID] = append(found[row.BookingID], row)
	}
	return found, err
}

// takeOpen takes what a booking had unearned at the end of an interval.
func takeOpen(one openRow, rows []finance.Settling, i finance.Interval, take func(finance.OpenBooking) error) error {
	var flight struct {
		DepartsAt time.Time `json:"departsAt"`
	}
	if one.FlightJSON != "" {
		if err := json.Unmarshal([]byte(one.FlightJSON), &flight); err != nil {
			return err
		}
	}
	sums := map[finance.Of]int64{}
	for _, row := range rows {
		for _, m := range finance.MovementsOf(row, finance.UnearnedAccounts) {
			if row.Date.Before(i.To) {
				sums[m.Of] += m.Amount
			}
		}
	}
	var open []finance.OpenBooking
	for of, amount := range sums {
		if amount != 0 {
			open = append(open, finance.OpenBooking{
				Reference: one.Reference, DepartsAt: flight.DepartsAt, Disputed: one.Disputed, Of: of, Amount: amount,
			})
		}
	}
	slices.SortFunc(open, finance.ByReference)
	for _, b := range open {
		if err := take(b); err != nil {
			return err
		}
	}
	return nil
}

package gauges

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"farebook/booking"
	"farebook/money"
)

// Day is what was booked and asked back from a time on to another one. Of more than Cap bookings or refunds, the first Cap are counted.
type Day struct {
	From, To       time.Time
	Bookings, Paid int64
	Refunds        int64
	// FailedRefunds are those of the refunds that gave nothing back.
	FailedRefunds int64
	// Declines are the bookings that are not paid, by why the last attempt was declined: the most frequent first.
	Declines []Decline
	// Money is what was captured for the bookings, and what was asked back, by currency.
	Money []Taken
	// Capped says that there are more than were counted.
	Capped bool
}

// Decline counts the bookings with one decline code.
type Decline struct {
	Code  string
	Count int64
}

// Taken is money in one currency, in minor units.
type Taken struct {
	Currency           money.Currency
	Captured, Refunded int64
}

// bookedInDay reads the bookings by idx_bookings_created, and the payment of each. Declined is empty for a booking that is paid.
var bookedInDay = fmt.Sprintf(`SELECT b.currency, COALESCE(p.amount_captured, 0) > 0 AS is_paid,
	IF(COALESCE(p.amount_captured, 0) > 0, '', COALESCE(p.decline_code, '')) AS declined,
	COUNT(*) AS count, SUM(COALESCE(p.amount_captured, 0)) AS captured
	FROM (SELECT id, currency FROM bookings FORCE INDEX (idx_bookings_created) WHERE created_at >= ? AND created_at < ?
		ORDER BY created_at LIMIT %d) b
	LEFT JOIN payments p FORCE INDEX (idx_payments_booking) ON p.booking_id = b.id
	GROUP BY b.currency, is_paid, declined`, Cap)

// refundedInDay reads the refunds by idx_refunds_created.
var refundedInDay = fmt.Sprintf(`SELECT r.currency, r.status, COUNT(*) AS count, SUM(r.amount) AS amount
	FROM (SELECT status, amount, currency FROM refunds FORCE INDEX (idx_refunds_created) WHERE created_at >= ? AND created_at < ?
		ORDER BY created_at LIMIT %d) r
	GROUP BY r.currency, r.status`, Cap)

// Day reads what was booked and asked back from a time on to another one, which is excluded.
func (r *Reader) Day(ctx context.Context, from, to time.Time) (Day, error) {
	day, taken, declined := Day{From: from, To: to}, map[money.Currency]Taken{}, map[string]int64{}
	conn := r.books.DB().WithContext(ctx)
	var booked []struct {
		Currency        money.Currency
		IsPaid          bool
		Declined        string
		Count, Captured int64
	}
	if err := conn.Raw(bookedInDay, from.UTC(), to.UTC()).Scan(&booked).Error; err != nil {
		return Day{}, fmt.Errorf("bookings of a day: %w", err)
	}
	for _, row := range booked {
		day.Bookings += row.Count
		if row.IsPaid {
			day.Paid += row.Count
		}
		if row.Declined != "" {
			declined[row.Declined] += row.Count
		}
		sum := taken[row.Currency]
		sum.Captured += row.Captured
		taken[row.Currency] = sum
	}
	var refunded []struct {
		Currency      money.Currency
		Status        booking.RefundStatus
		Count, Amount int64
	}
	if err := conn.Raw(refundedInDay, from.UTC(), to.UTC()).Scan(&refunded).Error; err != nil {
		return Day{}, fmt.Errorf("refunds of a day: %w", err)
	}
	for _, row := range refunded {
		day.Refunds += row.Count
		if row.Status == booking.RefundFailed || row.Status == booking.RefundCanceled {
			day.FailedRefunds += row.Count
			continue
		}
		sum := taken[row.Currency]
		sum.Refunded += row.Amount
		taken[row.Currency] = sum
	}
	day.Capped = day.Bookings == Cap || day.Refunds == Cap
	day.Declines, day.Money = mostFrequent(declined), byCurrency(taken)
	return day, nil
}

// mostFrequent orders codes by how often they were met, and those met as often by name.
func mostFrequent(counts map[string]int64) []Decline {
	declines := make([]Decline, 0, len(counts))
	for _, code := range slices.Sorted(maps.Keys(counts)) {
		declines = append(declines, Decline{code, counts[code]})
	}
	slices.SortStableFunc(declines, func(a, b Decline) int { return int(b.Count - a.Count) })
	return declines
}

func byCurrency(sums map[money.Currency]Taken) []Taken {
	taken := make([]Taken, 0, len(sums))
	for _, currency := range slices.Sorted(maps.Keys(sums)) {
		sum := sums[currency]
		sum.Currency = currency
		taken = append(taken, sum)
	}
	return taken
}

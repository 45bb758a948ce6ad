package report

import (
	"time"

	"gorm.io/gorm"

	"farebook/booking"
	"farebook/finance"
	"farebook/ledger"
	"farebook/store/internal/journal"
)

// positionAt reads the clearing account at a time, and what of it Stripe's balance does not have yet.
func positionAt(tx *gorm.DB, i finance.Interval, at time.Time) (finance.Position, error) {
	balances, err := sumsBefore(tx, i, at)
	if err != nil {
		return finance.Position{}, err
	}
	position := finance.NewPosition(balances)
	err = inTransit(tx, i, at, func(row finance.Settling) error {
		position.InTransit = position.InTransit.Plus(finance.ClearingOf(row.Entries), 1)
		return nil
	})
	return position, err
}

// inTransit reads the payments that were posted before a time and whose balance transactions were not: those that still wait for one, and
// those whose fee was posted later, which are read from the time on.
func inTransit(tx *gorm.DB, i finance.Interval, at time.Time, take func(finance.Settling) error) error {
	if at.IsZero() {
		return nil
	}
	if err := waiting(tx, i, at, take); err != nil {
		return err
	}
	return walkFrom(tx, i, at, func(page []place) error {
		var late []paymentOf
		err := tx.Table("financial_ledger").Select("booking_id, stripe_payment_intent_id").
			Where("id IN ? AND type = ? AND booking_id IS NOT NULL", idsOf(page), ledger.TypeStripeFee).Scan(&late).Error
		if err != nil {
			return err
		}
		return early(tx, i, at, late, take)
	})
}

// walkFrom reads what counts from a time on, by the basis of an interval.
func walkFrom(tx *gorm.DB, i finance.Interval, at time.Time, take func(page []place) error) error {
	from := finance.Interval{From: at, Basis: i.Basis, Zone: i.Zone}
	if i.Basis != finance.ByPeriod {
		return walkDates(tx, from, take)
	}
	if err := walkLate(tx, at, i.PeriodOf(at), "", take); err != nil {
		return err
	}
	from.Basis = finance.ByEffective
	return walkDates(tx, from, take)
}

// paymentOf names the payment of a booking.
type paymentOf struct {
	BookingID             uint64
	StripePaymentIntentID string
}

// waiting reads the payments that wait for their balance transactions now.
func waiting(tx *gorm.DB, i finance.Interval, at time.Time, take func(finance.Settling) error) error {
	after := uint64(0)
	for {
		var page []paymentOf
		err := tx.Table("payments").Select("booking_id, stripe_payment_intent_id").
			Where("status = ? AND fee_posted = FALSE AND booking_id > ?", booking.PaymentSucceeded, after).
			Order("booking_id").Limit(pageSize).Scan(&page).Error
		if err != nil || len(page) == 0 {
			return err
		}
		if err := early(tx, i, at, page, take); err != nil {
			return err
		}
		after = page[len(page)-1].BookingID
	}
}

// early takes the payments among those named that were posted before their balance transactions, before a time. One for which an operator's
// correction stands in, from before that time, is left out.
func early(
	tx *gorm.DB, i finance.Interval, at time.Time, named []paymentOf, take func(finance.Settling) error,
) error {
	if len(named) == 0 {
		return nil
	}
	wanted, bookings := map[paymentOf]bool{}, make([]uint64, len(named))
	for n, one := range named {
		wanted[one], bookings[n] = true, one.BookingID
	}
	posted, err := journal.EarlyPayments(tx, bookings)
	if err != nil || len(posted) == 0 {
		return err
	}
	corrections, err := journal.ChargeCorrections(tx, bookings)
	if err != nil {
		return err
	}
	rows, err := settlings(tx, i, append(corrections, posted...))
	if err != nil {
		return err
	}
	for _, row := range rows {
		of := paymentOf{row.BookingID, row.PaymentIntentID}
		switch {
		case !row.Date.Before(at):
		case row.Type == ledger.TypeCorrection:
			delete(wanted, of)
		case wanted[of]:
			if err := take(row); err != nil {
				return err
			}
		}
	}
	return nil
}

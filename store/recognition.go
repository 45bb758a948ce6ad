package store

import (
	"context"
	"time"

	"farebook/booking"
	"farebook/ledger"
	"farebook/ledger/seal"
	"farebook/money"
	"farebook/store/internal/db"
	"farebook/store/internal/journal"
)

// noteUnearned notes that a transaction changes what is held of the booking, which is looked at when it is to be recognised.
func (b *lockedBooking) noteUnearned(t ledger.Transaction) error {
	for _, entry := range t.Entries {
		if entry.Account == b.heldOn() {
			return b.recogniseLater()
		}
	}
	return nil
}

// recogniseLater has what is held of the booking looked at when its flight departs, also if it has departed; at ticketing by the next
// sweep, so that no payment waits for it. Nothing is recognised of a booking whose flight is not known, as after it was rebuilt from
// Stripe.
func (b *lockedBooking) recogniseLater() error {
	known, err := b.booking.domain()
	due := known.Flight.DepartsAt
	if err != nil || due.IsZero() {
		return err
	}
	if b.atTicketing() && !b.late() {
		due = b.now
	}
	if b.booking.RecogniseAt != nil && b.booking.RecogniseAt.Equal(due) {
		return nil
	}
	b.booking.RecogniseAt = &due
	return b.saveBooking("recognise_at")
}

// DueRecognition is a booking that is to be recognised, and of which what is held has changed since it was last recognised.
type DueRecognition struct {
	ID          uint64
	Reference   booking.Reference
	RecogniseAt time.Time
}

// DueRecognitions are the bookings that are due at a time, by the time since when, after another one.
func (s *Store) DueRecognitions(ctx context.Context, now time.Time, after DueRecognition, limit int) (due []DueRecognition, err error) {
	query := s.db.WithContext(ctx).Table("bookings").Select("id, reference, recognise_at").Where("recognise_at <= ?", now)
	if !after.RecogniseAt.IsZero() { // MySQL refuses to compare with the zero time, which is no date
		query = query.Where("(recognise_at > ? OR recognise_at = ? AND id > ?)", after.RecogniseAt, after.RecogniseAt, after.ID)
	}
	return due, query.Order("recognise_at, id").Limit(limit).Scan(&due).Error
}

// disputedWait is when a booking is looked at again whose dispute is open.
const disputedWait = 24 * time.Hour

// RecogniseRevenue posts what a booking has unearned after its departure, or an agent holds of it at ticketing, under its lock, and reports
// whether it did. While a dispute is
// open, nothing is recognised: the booking is due again a day later. Repetition is harmless: nothing is unearned afterwards, and the UNIQUE
// operation key recognition/<reference>/<n> refuses a second posting. Error: ErrNotFound.
func (s *Store) RecogniseRevenue(ctx context.Context, reference booking.Reference, now time.Time) (recognised bool, err error) {
	err = s.underLock(ctx, reference, now, func(b *lockedBooking) error {
		recognised, err = b.recognise()
		return err
	})
	return recognised && err == nil, err
}

func (b *lockedBooking) recognise() (recognised bool, err error) {
	if b.booking.RecogniseAt == nil || b.booking.Status == booking.StatusPendingPayment {
		return false, nil
	}
	postponed, err := b.postponeRecognition()
	if err != nil || postponed {
		return false, err
	}
	if err := b.carryOver(); err != nil {
		return false, err
	}
	sums, err := journal.OfBookingSums(b.tx, b.booking.ID)
	if err != nil {
		return false, err
	}
	if left := b.heldIn(sums); len(left) > 0 {
		recognised = true
		if err := b.postRecognition(left, sums); err != nil {
			return false, err
		}
	}
	b.booking.RecogniseAt = nil
	return recognised, b.saveBooking("recognise_at")
}

// postponeRecognition reports whether nothing can be recognised now, and notes when the booking is looked at again: at its departure, or a
// day later while a dispute is open. A booking that was closed before it was paid has no ticket. Nothing is
// recognised of a booking whose flight is not known.
func (b *lockedBooking) postponeRecognition() (bool, error) {
	known, err := b.booking.domain()
	if err != nil {
		return false, err
	}
	standing, err := b.standing()
	if err != nil {
		return false, err
	}
	departs := known.Flight.DepartsAt
	switch {
	case departs.IsZero():
		b.booking.RecogniseAt = nil
	case departs.After(b.now) && (b.late() || !b.atTicketing()):
		b.booking.RecogniseAt = &departs
	case standing.Disputed:
		again := b.now.Add(disputedWait)
		b.booking.RecogniseAt = &again
	default:
		b.booking.RecogniseAt = &departs
		return false, nil
	}
	return true, b.saveBooking("recognise_at")
}

// heldIn is what sums have on the account of what was paid, credits less debits, without zeros.
func (b *lockedBooking) heldIn(sums seal.Sums) map[money.Currency]int64 {
	left := map[money.Currency]int64{}
	for currency, amount := range sums[b.heldOn()] {
		if amount != 0 {
			left[currency] = -amount
		}
	}
	return left
}

// postRecognition recognises what is left: as income of the flight, also for a traveller who did not come; as a fee for a booking that was
// cancelled; and as a refund that is owed for money that came too late. An agent passes on what it holds.
func (b *lockedBooking) postRecognition(left map[money.Currency]int64, sums seal.Sums) error {
	count, err := journal.CountOf(b.tx, b.booking.ID, journal.Objects{Type: ledger.TypeRecognition})
	if err != nil {
		return err
	}
	last, err := journal.LastOn(b.tx, b.booking.ID, b.heldOn())
	if err != nil {
		return err
	}
	recognising := ledger.Recognising{
		Reference: b.booking.Reference, PaymentIntentID: b.payment.StripePaymentIntentID, Amounts: left, Posting: count + 1,
		Effective: ledger.Effective{At: *b.booking.RecogniseAt, Basis: ledger.ByBooking}, // the departure
	}
	switch {
	case b.late():
		recognising.To = ledger.LiabilityRefundsPayable
	case b.byAgent():
		b.passOnAll(&recognising, sums)
	case b.booking.CancelledAt != nil:
		recognising.To = ledger.IncomeCancellationFees
	default:
		recognising.To = ledger.IncomeFlights
	}
	if recognising.Moment == booking.AtTicketing || last.After(recognising.Effective.At) {
		recognising.Effective.At = last
	}
	transaction, err := ledger.Recognition(recognising)
	if err != nil {
		return err
	}
	return b.insert(transaction)
}

// passOnAll has what an agent holds passed on in each currency.
func (b *lockedBooking) passOnAll(r *ledger.Recognising, sums seal.Sums) {
	r.Moment, r.PassedOn = db.OrEmpty(b.booking.Revenue.Moment), map[money.Currency]ledger.Parts{}
	for currency, amount := range r.Amounts {
		r.PassedOn[currency] = b.passOn(amount, currency, claimsIn(sums, currency).passedOn)
	}
	r.Amounts = nil
}

package store

import (
	"cmp"

	"farebook/booking"
	"farebook/ledger"
	"farebook/money"
	"farebook/store/internal/db"
)

// revenueRow are the columns of a booking that say how it is posted. They are written when it is made, so that a change of REVENUE_MODEL or
// RECOGNISE_AT changes no booking that exists.
type revenueRow struct {
	Model  booking.RevenueModel   `gorm:"column:revenue_model"`
	Moment *booking.RevenueMoment `gorm:"column:revenue_moment"` // NULL for a principal
	// The parts of the price are NULL where no breakdown was given.
	Fare, Taxes, ServiceFee, Commission *int64
}

func newRevenueRow(r booking.Revenue) revenueRow {
	row := revenueRow{Model: cmp.Or(r.Model, booking.ModelPrincipal)}
	if r.Model == booking.ModelAgent {
		row.Moment = db.OrNil(cmp.Or(r.Moment, booking.AtDeparture))
		row.setBreakdown(r.Breakdown)
	}
	return row
}

func (r *revenueRow) setBreakdown(b *booking.Breakdown) {
	if b != nil {
		r.Fare, r.Taxes, r.ServiceFee, r.Commission = &b.Fare, &b.Taxes, &b.ServiceFee, &b.Commission
	}
}

func (r *revenueRow) domain() booking.Revenue {
	revenue := booking.Revenue{Model: r.Model, Moment: db.OrEmpty(r.Moment)}
	if r.Fare != nil && r.Taxes != nil && r.ServiceFee != nil && r.Commission != nil {
		revenue.Breakdown = &booking.Breakdown{Fare: *r.Fare, Taxes: *r.Taxes, ServiceFee: *r.ServiceFee, Commission: *r.Commission}
	}
	return revenue
}

// byAgent reports whether an agent has sold the booking.
func (b *lockedBooking) byAgent() bool { return b.booking.Revenue.Model == booking.ModelAgent }

// atTicketing reports whether what an agent holds is passed on as soon as the booking is confirmed.
func (b *lockedBooking) atTicketing() bool {
	return b.byAgent() && db.OrEmpty(b.booking.Revenue.Moment) == booking.AtTicketing
}

// heldOn is the account that has what was paid.
func (b *lockedBooking) heldOn() ledger.Account { return ledger.Held(b.booking.Revenue.Model) }

// recallable is the part of a refund that an agent takes back from what was passed on and earned: in proportion to what is left of it.
func (b *lockedBooking) recallable(amount int64, owed claims) ledger.Parts {
	if !b.byAgent() {
		return ledger.Parts{}
	}
	return owed.passedOn.Recall(amount)
}

// passOn divides what an agent holds by whom it belongs to. Another currency, which only an operator's correction has, follows the
// breakdown alone.
func (b *lockedBooking) passOn(amount int64, currency money.Currency, passedOn ledger.Parts) ledger.Parts {
	whole := ledger.PartsOf(b.booking.Revenue.domain().Breakdown, b.booking.Amount)
	if currency != b.booking.Currency {
		return whole.Share(amount)
	}
	return whole.PassOn(amount, passedOn)
}

package store

import (
	"context"
	"errors"
	"strings"
	"time"

	"gorm.io/gorm"

	"farebook/money"
)

// ListFilter narrows a list of bookings, refunds or disputes; what is zero does not.
type ListFilter struct {
	Owner    *Owner    // whose rows; nil for those of every client
	Named    string    // a reference, a refund's id or an id of Stripe's: only what it names, whatever the other fields say
	Status   string    // of the listed object
	From, To time.Time // when it was created: From included, To excluded
	// Of the booking and its payment:
	PaymentIntentID string
	ChargeID        string
	Email           string // the whole address; letters match in both cases
	Flight          string
	Attention       bool // an operator has to examine the booking
	// Paid narrows bookings to those whose payment was captured, or was not.
	Paid YesOrNo
	// DeclineCode narrows bookings to those that are not paid and whose last attempt was declined with it.
	DeclineCode string
	// Failed narrows refunds to those that gave nothing back, or leaves them out.
	Failed YesOrNo
	// Amount is of the listed object.
	Amount AmountRange
}

// YesOrNo narrows a list to rows for which something is so, or is not; empty does not narrow it.
type YesOrNo string

// The answers.
const (
	Yes YesOrNo = "yes"
	No  YesOrNo = "no"
)

// AmountRange is a range of amounts of one currency, in minor units, both ends included. Max is zero for no upper end, Currency is empty
// for every currency.
type AmountRange struct {
	Currency money.Currency
	Min, Max int64
}

func (r AmountRange) narrow(query *gorm.DB, table string) *gorm.DB {
	if r.Currency != "" {
		query = query.Where(table+".currency = ?", r.Currency)
	}
	if r.Min > 0 {
		query = query.Where(table+".amount >= ?", r.Min)
	}
	if r.Max > 0 {
		query = query.Where(table+".amount <= ?", r.Max)
	}
	return query
}

// narrow applies the filter to rows of a table that is joined with bookings and payments under these names. Ownership is decided here, by
// the booking, whichever index has found the row.
func (f ListFilter) narrow(query *gorm.DB, table, bookings, payments string) *gorm.DB {
	if f.Owner != nil {
		query = query.Scopes(f.Owner.owns(bookings))
	}
	if f.Named != "" {
		return query
	}
	for column, value := range map[string]string{
		table + ".status":                      f.Status,
		payments + ".stripe_payment_intent_id": f.PaymentIntentID,
		payments + ".stripe_charge_id":         f.ChargeID,
		bookings + ".flight_number":            f.Flight,
	} {
		if value != "" {
			query = query.Where(column+" = ?", value)
		}
	}
	if f.Email != "" {
		query = query.Where(sameEmail(bookings), f.Email, f.Email)
	}
	if f.Attention {
		query = query.Where(bookings + ".attention IS NOT NULL")
	}
	return f.Amount.narrow(f.narrowOutcome(query, table, payments), table)
}

// narrowOutcome narrows to bookings that were paid or declined, and to refunds that failed or did not.
func (f ListFilter) narrowOutcome(query *gorm.DB, table, payments string) *gorm.DB {
	captured := "COALESCE(" + payments + ".amount_captured, 0)"
	if f.DeclineCode != "" {
		query = query.Where(payments+".decline_code = ? AND "+captured+" = 0", f.DeclineCode)
	}
	switch f.Paid {
	case Yes:
		query = query.Where(captured + " > 0")
	case No:
		query = query.Where(captured + " = 0")
	}
	switch f.Failed {
	case Yes:
		query = query.Where(table+".status IN ?", failedRefund)
	case No:
		query = query.Where(table+".status NOT IN ?", failedRefund)
	}
	return query
}

// sameEmail compares addresses by the index, then without what the column's collation ignores beside the case, such as accents.
func sameEmail(bookings string) string {
	return bookings + ".customer_email = ? AND LOWER(" + bookings + ".customer_email) = BINARY LOWER(?)"
}

// times are the range of a list; what is named has none.
func (f ListFilter) times() (from, to time.Time) {
	if f.Named != "" {
		return time.Time{}, time.Time{}
	}
	return f.From, f.To
}

// ownedBy makes one read for each client of an owner, through an index that begins with the client, and one for rows without a client,
// which an older release has written and starter migrate has not filled yet. begin starts a read anew.
func ownedBy(owner Owner, table string, begin func() *gorm.DB) []*gorm.DB {
	var reads []*gorm.DB
	for _, client := range owner.ids() {
		reads = append(reads, begin().Where(table+".client_id = ?", client))
	}
	return append(reads, begin().Where(table+".client_id IS NULL"))
}

// named leads from an event to what it is about; every other id stays as it is. It is empty for an event that is not in the inbox.
func (s *Store) named(ctx context.Context, id string) (string, error) {
	if !strings.HasPrefix(id, "evt_") {
		return id, nil
	}
	event, err := s.Event(ctx, id)
	switch {
	case errors.Is(err, ErrNotFound):
		return "", nil
	case event.Reference != "":
		return event.Reference, err
	}
	return event.ObjectID, err
}

// The tables that an id may name a row of, with the column that has it.
var namedBy = map[string]struct{ table, column, booking string }{
	"FB-":  {"bookings", "reference", "id"},
	"RF-":  {"refunds", "refund_id", "booking_id"},
	"pi_":  {"payments", "stripe_payment_intent_id", "booking_id"},
	"ch_":  {"payments", "stripe_charge_id", "booking_id"},
	"py_":  {"payments", "stripe_charge_id", "booking_id"},
	"re_":  {"refunds", "stripe_refund_id", "booking_id"},
	"pyr_": {"refunds", "stripe_refund_id", "booking_id"},
	"dp_":  {"disputes", "stripe_dispute_id", "booking_id"},
	"du_":  {"disputes", "stripe_dispute_id", "booking_id"},
}

// bookingsNamed narrows a column to the bookings that an id names, directly or as a part of them: none for an id of another kind.
func bookingsNamed(conn *gorm.DB, query *gorm.DB, column, id string) *gorm.DB {
	for prefix, by := range namedBy {
		if strings.HasPrefix(id, prefix) {
			return query.Where(column+" IN (?)", conn.Table(by.table).Select(by.booking).Where(by.column+" = ?", id))
		}
	}
	return query.Where("1 = 0")
}

package store

import (
	"context"

	"gorm.io/gorm"
)

// ListBookings lists bookings, the newest first.
func (s *Store) ListBookings(ctx context.Context, f ListFilter, p Page) (Listed[Booking], error) {
	conn := s.db.WithContext(ctx)
	named, err := s.named(ctx, f.Named)
	if err != nil {
		return Listed[Booking]{}, err
	}
	bookings := list[bookingRow]{
		keys: func() []keyRead {
			if f.Named != "" {
				return keyReads("b", bookingsNamed(conn, conn.Table("bookings b").Select("b.id, b.created_at"), "b.id", named))
			}
			return keyReads("b", f.bookingKeys(conn)...)
		},
		rows: func(ids []uint64, limit int) (rows []bookingRow, err error) {
			// The server would rather walk through the table in the order of the list than find some hundred rows by their ids.
			query := conn.Model(&bookingRow{}).Table("bookings FORCE INDEX (PRIMARY)").Joins("Payment").Joins("Client").
				Where("bookings.id IN ?", ids)
			err = f.narrow(query, "bookings", "bookings", "Payment").Order("bookings.created_at DESC, bookings.id DESC").Limit(limit).
				Find(&rows).Error
			return rows, err
		},
		position: func(r bookingRow) Position { return Position{r.CreatedAt, r.ID} },
	}
	bookings.from, bookings.to = f.times()
	page, err := bookings.page(conn, p)
	if err != nil {
		return Listed[Booking]{}, err
	}
	listed := Listed[Booking]{Next: page.Next}
	for _, row := range page.Rows {
		known, err := row.withClient()
		if err != nil {
			return Listed[Booking]{}, err
		}
		listed.Rows = append(listed.Rows, known)
	}
	return listed, nil
}

func keyReads(alias string, queries ...*gorm.DB) []keyRead {
	reads := make([]keyRead, len(queries))
	for i, query := range queries {
		reads[i] = keyRead{query, alias}
	}
	return reads
}

// through begins a read of keys through an index.
func through(conn *gorm.DB, table, alias, index string) *gorm.DB {
	return conn.Table(table + " " + alias + " FORCE INDEX (" + index + ")").Select(alias + ".id, " + alias + ".created_at")
}

// bookingKeys reads keys through the index of the filter that leaves the fewest bookings.
func (f ListFilter) bookingKeys(conn *gorm.DB) []*gorm.DB {
	switch {
	case f.PaymentIntentID != "":
		return f.mine("b", func() *gorm.DB {
			return conn.Table("payments p").Select("b.id, b.created_at").Joins("JOIN bookings b ON b.id = p.booking_id").
				Where("p.stripe_payment_intent_id = ?", f.PaymentIntentID)
		})
	case f.ChargeID != "":
		return f.mine("b", func() *gorm.DB {
			return conn.Table("payments p FORCE INDEX (idx_payments_charge)").Select("b.id, b.created_at").
				Joins("JOIN bookings b ON b.id = p.booking_id").Where("p.stripe_charge_id = ?", f.ChargeID)
		})
	case f.Email != "":
		return f.mine("b", func() *gorm.DB {
			return through(conn, "bookings", "b", "idx_bookings_email").Where(sameEmail("b"), f.Email, f.Email)
		})
	case f.Attention:
		return f.mine("b", func() *gorm.DB {
			// Of what waits for an operator there is little, however large the books are.
			return conn.Table("attention_items a FORCE INDEX (idx_attention_list)").Distinct("b.id", "b.created_at").
				Joins("STRAIGHT_JOIN bookings b ON b.id = a.booking_id").Where("a.is_open = 1")
		})
	case f.Flight != "":
		return f.by(conn, "bookings", "b", "flight", "flight_number", f.Flight)
	case f.Status != "":
		return f.by(conn, "bookings", "b", "status", "status", f.Status)
	}
	return f.by(conn, "bookings", "b", "created", "", "")
}

// mine narrows a read that few rows match to the owner's bookings; every client's are one read.
func (f ListFilter) mine(bookings string, begin func() *gorm.DB) []*gorm.DB {
	if f.Owner == nil {
		return []*gorm.DB{begin()}
	}
	return []*gorm.DB{begin().Scopes(f.Owner.owns(bookings))}
}

// by reads keys through one of the indexes that each listed table has twice: for one client's rows and for all.
func (f ListFilter) by(conn *gorm.DB, table, alias, name, column, value string) []*gorm.DB {
	all := map[string]string{"created": "_created", "status": "_status_created", "flight": "_flight"}[name]
	index := "idx_" + table + all
	if f.Owner != nil {
		index = "idx_" + table + "_client_" + name
	}
	begin := func() *gorm.DB {
		query := through(conn, table, alias, index)
		if column != "" {
			query = query.Where(alias+"."+column+" = ?", value)
		}
		return query
	}
	if f.Owner == nil {
		return []*gorm.DB{begin()}
	}
	return ownedBy(*f.Owner, alias, begin)
}

package store

import (
	"context"
	"strings"

	"gorm.io/gorm"

	"farebook/booking"
	"farebook/store/internal/db"
)

// ListedDispute is a dispute of a list, with the booking that it is about.
type ListedDispute struct {
	Dispute
	Reference booking.Reference
}

type listedRefundRow struct {
	Refund    refundRow `gorm:"embedded"`
	Reference booking.Reference
}

type listedDisputeRow struct {
	Dispute   disputeRow `gorm:"embedded"`
	Reference booking.Reference
}

// ListRefunds lists refunds, the newest first.
func (s *Store) ListRefunds(ctx context.Context, f ListFilter, p Page) (Listed[Refund], error) {
	refunds := moneyBack{table: "refunds", ids: map[string]string{"RF-": "refund_id", "re_": "stripe_refund_id", "pyr_": "stripe_refund_id"}}
	page, err := listMoneyBack(ctx, s, refunds, f, p, func(r listedRefundRow) Position { return Position{r.Refund.CreatedAt, r.Refund.ID} })
	listed := Listed[Refund]{Next: page.Next}
	for _, row := range page.Rows {
		listed.Rows = append(listed.Rows, row.Refund.domain(row.Reference))
	}
	return listed, err
}

// ListDisputes lists disputes, the newest first.
func (s *Store) ListDisputes(ctx context.Context, f ListFilter, p Page) (Listed[ListedDispute], error) {
	disputes := moneyBack{table: "disputes", ids: map[string]string{"dp_": "stripe_dispute_id", "du_": "stripe_dispute_id"}}
	page, err := listMoneyBack(ctx, s, disputes, f, p,
		func(r listedDisputeRow) Position { return Position{r.Dispute.CreatedAt, r.Dispute.ID} })
	listed := Listed[ListedDispute]{Next: page.Next}
	for _, row := range page.Rows {
		listed.Rows = append(listed.Rows, ListedDispute{row.Dispute.domain(), row.Reference})
	}
	return listed, err
}

// DisputesDue lists the disputes for which Stripe waits for evidence, the soonest deadline first, up to limit.
func (s *Store) DisputesDue(ctx context.Context, limit int) ([]ListedDispute, error) {
	conn := s.db.WithContext(ctx)
	var reads []*gorm.DB
	for _, status := range []booking.DisputeStatus{booking.DisputeNeedsResponse, booking.DisputeWarningNeedsResponse} {
		reads = append(reads, conn.Table("disputes t FORCE INDEX (idx_disputes_due)").Select("t.*, b.reference").
			Joins("STRAIGHT_JOIN bookings b ON b.id = t.booking_id").Where("t.status = ? AND t.due_by IS NOT NULL", status))
	}
	var rows []listedDisputeRow
	err := db.Merge(conn, "due_by, id", limit, reads).Scan(&rows).Error
	due := make([]ListedDispute, 0, len(rows))
	for _, row := range rows {
		due = append(due, ListedDispute{row.Dispute.domain(), row.Reference})
	}
	return due, err
}

// moneyBack is a table whose rows belong to bookings, with the columns of the ids that name one row. In statements it is called t.
type moneyBack struct {
	table string
	ids   map[string]string
}

func listMoneyBack[Row any](ctx context.Context, s *Store, of moneyBack, f ListFilter, p Page, position func(Row) Position,
) (Listed[Row], error) {
	conn := s.db.WithContext(ctx)
	named, err := s.named(ctx, f.Named)
	if err != nil {
		return Listed[Row]{}, err
	}
	rows := list[Row]{
		keys: func() []keyRead {
			if f.Named != "" {
				return keyReads("t", of.named(conn, named))
			}
			return keyReads("t", of.keys(conn, f)...)
		},
		rows: func(ids []uint64, limit int) (rows []Row, err error) {
			query := conn.Table(of.table+" t FORCE INDEX (PRIMARY)").Select("t.*, b.reference").Joins("JOIN bookings b ON b.id = t.booking_id").
				Joins("LEFT JOIN payments p ON p.booking_id = t.booking_id").Where("t.id IN ?", ids)
			err = f.narrow(query, "t", "b", "p").Order("t.created_at DESC, t.id DESC").Limit(limit).Find(&rows).Error
			return rows, err
		},
		position: position,
	}
	rows.from, rows.to = f.times()
	return rows.page(conn, p)
}

// named reads the key of the row that an id names, or those of the rows of the booking that it names.
func (m moneyBack) named(conn *gorm.DB, id string) *gorm.DB {
	query := conn.Table(m.table + " t").Select("t.id, t.created_at")
	for prefix, column := range m.ids {
		if strings.HasPrefix(id, prefix) {
			return query.Where("t."+column+" = ?", id)
		}
	}
	return bookingsNamed(conn, query, "t.booking_id", id)
}

// keys reads keys through the index of the filter that leaves the fewest rows. A flight may have any number of rows or none: those are read
// in the order of the list.
func (m moneyBack) keys(conn *gorm.DB, f ListFilter) []*gorm.DB {
	switch {
	case f.PaymentIntentID != "":
		return m.ofBookings(conn, f, "payments b FORCE INDEX (idx_payments_payment_intent)", "booking_id", "b.stripe_payment_intent_id = ?",
			f.PaymentIntentID)
	case f.ChargeID != "":
		return m.ofBookings(conn, f, "payments b FORCE INDEX (idx_payments_charge)", "booking_id", "b.stripe_charge_id = ?", f.ChargeID)
	case f.Email != "":
		return m.ofBookings(conn, f, "bookings b FORCE INDEX (idx_bookings_email)", "id", sameEmail("b"), f.Email, f.Email)
	case f.Attention:
		return m.ofBookings(conn, f, "attention_items b FORCE INDEX (idx_attention_list)", "booking_id", "b.is_open = 1")
	case f.Status != "":
		return f.by(conn, m.table, "t", "status", "status", f.Status)
	case f.Failed == Yes:
		var reads []*gorm.DB
		for _, status := range failedRefund {
			reads = append(reads, f.by(conn, m.table, "t", "status", "status", string(status))...)
		}
		return reads
	}
	return f.by(conn, m.table, "t", "created", "", "")
}

// ofBookings reads the keys of the rows of a few bookings, which a condition on b finds; booking is b's column with the booking's id.
func (m moneyBack) ofBookings(conn *gorm.DB, f ListFilter, from, bookingID, where string, args ...any) []*gorm.DB {
	query := conn.Table(from).Distinct("t.id", "t.created_at").
		Joins("STRAIGHT_JOIN "+m.table+" t FORCE INDEX (idx_"+m.table+"_booking) ON t.booking_id = b."+bookingID).Where(where, args...)
	if f.Owner != nil {
		query = query.Where("(t.client_id IN ? OR t.client_id IS NULL)", f.Owner.ids())
	}
	return []*gorm.DB{query}
}

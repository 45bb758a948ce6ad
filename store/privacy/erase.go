package privacy

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"

	"farebook/access"
	"farebook/booking"
	"farebook/internal/failpoint"
	"farebook/privacy"
	"farebook/store"
	"farebook/store/internal/db"
)

// OpenError refuses to erase a booking that still needs its traveller.
type OpenError struct {
	Reference booking.Reference
	Reasons   []string
}

func (e *OpenError) Error() string {
	return fmt.Sprintf("booking %s is open: %s", e.Reference, strings.Join(e.Reasons, "; "))
}

// Erased is what an erasure has done.
type Erased struct {
	Reference booking.Reference
	// Before is when the booking was erased the first time; zero if this was the first time.
	Before time.Time
	// Rows are how many rows were changed, by table.
	Rows map[string]int64
	// Stripe are the ids of the objects at Stripe that may have what the traveller typed there.
	Stripe AtStripe
}

// AtStripe are objects at Stripe.
type AtStripe struct {
	PaymentIntents []string `json:"paymentIntents"`
	Charges        []string `json:"charges"`
	Refunds        []string `json:"refunds"`
	Disputes       []string `json:"disputes"`
}

// bookingRow is what erasure reads of a booking.
type bookingRow struct {
	ID            uint64
	Reference     booking.Reference
	Status        booking.Status
	CustomerName  string
	CustomerEmail string
	FlightJSON    string `gorm:"column:flight_json"`
	RefundDue     bool
	ErasedAt      *time.Time
}

func (bookingRow) TableName() string { return "bookings" }

// CheckErasable returns nil if a booking may be erased, store.ErrNotFound, or *OpenError with every reason why not.
func (b *Books) CheckErasable(ctx context.Context, reference booking.Reference) error {
	conn := b.db.WithContext(ctx)
	row, err := find(conn, reference)
	if err != nil {
		return err
	}
	return b.checkOpen(conn, row)
}

func find(conn *gorm.DB, reference booking.Reference) (bookingRow, error) {
	var row bookingRow
	err := conn.Where("reference = ?", reference).Take(&row).Error
	return row, db.NotFound(err)
}

// Erase puts tombstones in place of what a booking and all that is about it have of its traveller, in one transaction with its line in the
// audit log, which does not name the traveller. Amounts, states, keys and digests stay. A repetition changes what has come since. Errors:
// store.ErrNotFound, *OpenError.
func (b *Books) Erase(ctx context.Context, reference booking.Reference, by access.Actor) (Erased, error) {
	var erased Erased
	failpoint.Hit("before-erase-booking")
	err := b.db.InTransaction(ctx, func(tx *gorm.DB) error {
		row, err := find(tx.Clauses(db.ForUpdate), reference)
		if err != nil {
			return err
		}
		if err := b.checkOpen(tx, row); err != nil {
			return err
		}
		if erased, err = b.erase(tx, row); err != nil || len(erased.Rows) == 0 {
			return err
		}
		return store.AuditIn(tx, b.store.Now(), store.AuditEntry{
			Actor: by, Action: store.ActionErase, Subject: string(reference), BookingID: &row.ID, Detail: describe(erased.Rows),
		})
	})
	failpoint.Hit("after-erase-booking")
	return erased, err
}

func describe(rows map[string]int64) string {
	parts := make([]string, 0, len(rows))
	for table, count := range rows {
		parts = append(parts, fmt.Sprintf("%s %d", table, count))
	}
	slices.Sort(parts)
	return strings.Join(parts, ", ")
}

// erase empties every text about a booking. Its row is locked.
func (b *Books) erase(tx *gorm.DB, row bookingRow) (Erased, error) {
	erased := Erased{Reference: row.Reference, Before: db.TimeOrZero(row.ErasedAt), Rows: map[string]int64{}}
	if row.ErasedAt == nil {
		if err := eraseBooking(tx, row, b.store.Now()); err != nil {
			return Erased{}, err
		}
		erased.Rows["bookings"] = 1
	}
	of := subject{row.ID, row.Reference}
	for _, table := range privacy.Tables() {
		if len(table.Rows) == 0 || len(table.Texts) == 0 || table.Name == "bookings" {
			continue
		}
		found, err := ids(tx, table, of)
		if err != nil {
			return Erased{}, fmt.Errorf("find the rows of %s: %w", table.Name, err)
		}
		for page := range slices.Chunk(found, rowsPage) {
			changed := emptying(tx, table).Where("id IN ?", page)
			count, err := emptied(changed, table)
			if err != nil {
				return Erased{}, fmt.Errorf("empty %s: %w", table.Name, err)
			}
			if count > 0 {
				erased.Rows[table.Name] += count
			}
		}
	}
	var err error
	erased.Stripe, err = atStripe(tx, row.ID)
	return erased, err
}

// eraseBooking keeps how many passengers there are, and where and when they flew: the price and the refund depended on it.
func eraseBooking(tx *gorm.DB, row bookingRow, now time.Time) error {
	var flight booking.Flight
	if err := json.Unmarshal([]byte(row.FlightJSON), &flight); err != nil {
		return fmt.Errorf("flight of booking %s in the database: %w", row.Reference, err)
	}
	for i := range flight.Passengers {
		flight.Passengers[i] = booking.Passenger{Name: privacy.ErasedName}
	}
	text, err := json.Marshal(flight)
	if err != nil {
		return err
	}
	columns := map[string]any{"erased_at": now}
	for _, text := range privacy.ByName("bookings").Texts {
		columns[text.Column] = gorm.Expr(text.Empty)
	}
	columns["flight_json"] = string(text)
	return tx.Model(&bookingRow{}).Where("id = ?", row.ID).Updates(columns).Error
}

// emptying narrows a table to rows that have something to empty.
func emptying(tx *gorm.DB, table privacy.Table) *gorm.DB {
	has := make([]string, len(table.Texts))
	for i, text := range table.Texts {
		has[i] = text.Column + " <> " + text.Empty
		if text.Empty == "NULL" {
			has[i] = text.Column + " IS NOT NULL"
		}
	}
	return tx.Table(table.Name).Where("(" + strings.Join(has, " OR ") + ")")
}

// emptied empties the texts of the rows of a query, and returns how many rows those are. NULL stays NULL.
func emptied(rows *gorm.DB, table privacy.Table) (int64, error) {
	set := make(map[string]any, len(table.Texts))
	for _, text := range table.Texts {
		set[text.Column] = gorm.Expr("IF(" + text.Column + " IS NULL, NULL, " + text.Empty + ")")
	}
	changed := rows.Updates(set)
	return changed.RowsAffected, changed.Error
}

func atStripe(conn *gorm.DB, bookingID uint64) (AtStripe, error) {
	var at AtStripe
	for _, read := range []struct {
		table, column string
		into          *[]string
	}{
		{"payments", "stripe_payment_intent_id", &at.PaymentIntents},
		{"payments", "stripe_charge_id", &at.Charges},
		{"refunds", "stripe_refund_id", &at.Refunds},
		{"disputes", "stripe_dispute_id", &at.Disputes},
	} {
		*read.into = []string{}
		err := conn.Table(read.table).Where("booking_id = ? AND "+read.column+" <> ''", bookingID).Order("id").Limit(rowsPage).
			Pluck(read.column, read.into).Error
		if err != nil {
			return AtStripe{}, err
		}
	}
	return at, nil
}

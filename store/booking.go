package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"gorm.io/gorm"

	"farebook/booking"
	"farebook/money"
	"farebook/store/internal/db"
)

type bookingRow struct {
	ID             uint64
	Reference      booking.Reference
	ClientID       *uint64
	APIKeyID       uint64 `gorm:"column:api_key_id"` // the API key that created it
	Status         booking.Status
	CustomerName   string
	CustomerEmail  string
	CustomerLocale money.Locale
	FlightJSON     string  `gorm:"column:flight_json"`
	FlightNumber   *string // for lists; NULL for bookings of older releases
	Amount         int64
	Currency       money.Currency
	HoldExpiresAt  time.Time
	CorrelationID  string
	TraceParent    *string
	RefundDue      bool
	Attention      *string
	CaptureMethod  booking.CaptureMethod
	PaymentMethods *booking.PaymentMethods // NULL for bookings of older releases, as is RequestKey
	RequestKey     *string
	ReturnURL      *string `gorm:"column:return_url"`
	CancelledAt    *time.Time
	CancelPercent  *int
	Revenue        revenueRow `gorm:"embedded"`
	LedgerRules    int        // see ledgerRules
	RecogniseAt    *time.Time // NULL when nothing was posted to unearned revenue since it was recognised
	ErasedAt       *time.Time // when name, address and passengers were erased; see store/privacy
	// SupplementOf is the booking that it is a further payment of; NULL for a booking, as are Purpose, PurposeText and the two about a
	// cancellation that is due.
	SupplementOf     *booking.Reference
	Purpose          *booking.Purpose
	PurposeText      *string
	CancelDueAt      *time.Time // when its booking ended, until it is settled itself
	CancelDuePercent *int       // what is given back of it then
	Supplements      int        // how many rows name it in SupplementOf
	CreatedAt        time.Time
	UpdatedAt        time.Time
	// Payment and Client are only set by Joins.
	Payment *paymentRow `gorm:"foreignKey:BookingID"`
	Client  *clientCode `gorm:"foreignKey:ClientID;references:Row"`
}

func (bookingRow) TableName() string { return "bookings" }

// Booking is a booking with its payment, as the books have it.
type Booking struct {
	ID            uint64
	Reference     booking.Reference
	Status        booking.Status
	Customer      booking.Customer
	Flight        booking.Flight
	Amount        money.Money
	HoldExpiresAt time.Time
	CreatedAt     time.Time
	CorrelationID string
	// TraceParent is the span of the request that made it, as a traceparent; empty without one.
	TraceParent string
	// RefundDue: money came for a booking that was closed already.
	RefundDue bool
	// Attention is a break that an operator has to look at; empty when there is none.
	Attention string
	Capture   booking.CaptureMethod
	// Methods is empty for a booking of an older release.
	Methods booking.PaymentMethods
	// RequestKey identifies the request that asked for it; empty for a booking of an older release.
	RequestKey string
	// ReturnURL is what the request named; ReturnURLOf says whether the payment page may lead there.
	ReturnURL string
	// CancelledAt and CancelPercent are set when it was cancelled after payment: what the policy gave back.
	CancelledAt   *time.Time
	CancelPercent *int
	// CancelDueAt is when the booking of a further payment ended, until the further payment is settled; otherwise nil.
	CancelDueAt *time.Time
	// Revenue is how it is posted.
	Revenue booking.Revenue
	// Supplement is what a further payment of a booking is; nil for a booking.
	Supplement *booking.Supplement
	// Supplements is how many further payments were asked for on a booking.
	Supplements int
	// ClientCode is what people call the client that the booking belongs to (cl_...); empty where an older release has not written it, and in
	// lists.
	ClientCode string
	// ErasedAt is when the data of the traveller was erased; nil while it is kept.
	ErasedAt *time.Time
	// Payment is nil until the PaymentIntent is known.
	Payment *Payment
}

// Booking reads a booking, or ErrNotFound.
func (s *Store) Booking(ctx context.Context, reference booking.Reference) (Booking, error) {
	return s.bookingWhere(ctx, "bookings.reference = ?", reference)
}

// BookingToPay is Booking for whoever is about to ask Stripe for its payment, with the time at which no fence was up; zero while one is.
func (s *Store) BookingToPay(ctx context.Context, reference booking.Reference) (Booking, time.Time, error) {
	asked := s.Now()
	var row bookingRow
	var beside struct{ Fenced bool }
	query := s.db.WithContext(ctx).Joins("Payment").Joins("Client").Where("bookings.reference = ?", reference).
		Select("bookings.*", fenceIsUp+" AS fenced")
	if err := db.TakeWith(query, &row, &beside); err != nil {
		return Booking{}, time.Time{}, db.NotFound(err)
	}
	known, err := row.withClient()
	return known, noFenceAt(beside.Fenced, asked), err
}

// BookingOf reads an owner's booking. Another client's is ErrNotFound, as if it did not exist.
func (s *Store) BookingOf(ctx context.Context, owner Owner, reference booking.Reference) (Booking, error) {
	return s.bookingFrom(s.db.WithContext(ctx).Scopes(owner.owns("bookings")).Where("bookings.reference = ?", reference))
}

// bookingWhere reads a booking with its payment and its client by one statement.
func (s *Store) bookingWhere(ctx context.Context, where string, args ...any) (Booking, error) {
	return s.bookingFrom(s.db.WithContext(ctx).Where(where, args...))
}

func (*Store) bookingFrom(query *gorm.DB) (Booking, error) {
	var row bookingRow
	if err := query.Joins("Payment").Joins("Client").Take(&row).Error; err != nil {
		return Booking{}, db.NotFound(err)
	}
	return row.withClient()
}

// withClient is the booking with the payment and the client that were read with it.
func (r bookingRow) withClient() (Booking, error) {
	found, err := r.withPayment()
	if r.Client != nil {
		found.ClientCode = r.Client.Code
	}
	return found, err
}

// withPayment is the booking with the payment that was read with it.
func (r bookingRow) withPayment() (Booking, error) {
	known, err := r.domain()
	if err == nil && r.Payment != nil {
		known.Payment = r.Payment.domain()
	}
	return known, err
}

// FirstBooking is when the first booking was taken, or ErrNotFound.
func (s *Store) FirstBooking(ctx context.Context) (time.Time, error) {
	var row bookingRow
	err := s.db.WithContext(ctx).Select("created_at").Order("id").Limit(1).Take(&row).Error
	return row.CreatedAt, db.NotFound(err)
}

func (r bookingRow) domain() (Booking, error) {
	var flight booking.Flight
	if err := json.Unmarshal([]byte(r.FlightJSON), &flight); err != nil {
		return Booking{}, fmt.Errorf("flight of booking %s in the database: %w", r.Reference, err)
	}
	return Booking{
		ID:            r.ID,
		Reference:     r.Reference,
		Status:        r.Status,
		Customer:      booking.Customer{Name: r.CustomerName, Email: r.CustomerEmail, Locale: r.CustomerLocale},
		Flight:        flight,
		Amount:        money.Money{Value: r.Amount, Currency: r.Currency},
		HoldExpiresAt: r.HoldExpiresAt,
		CreatedAt:     r.CreatedAt,
		CorrelationID: r.CorrelationID,
		TraceParent:   db.OrEmpty(r.TraceParent),
		RefundDue:     r.RefundDue,
		Attention:     db.OrEmpty(r.Attention),
		Capture:       r.CaptureMethod,
		Methods:       db.OrEmpty(r.PaymentMethods),
		RequestKey:    db.OrEmpty(r.RequestKey),
		ReturnURL:     db.OrEmpty(r.ReturnURL),
		CancelledAt:   r.CancelledAt,
		CancelPercent: r.CancelPercent,
		CancelDueAt:   r.CancelDueAt,
		Revenue:       r.Revenue.domain(),
		ErasedAt:      r.ErasedAt,
		Supplement:    r.supplement(),
		Supplements:   r.Supplements,
	}, nil
}

// clientCode is what people call a client. The row that has it is referred to by the name Row, so that gorm joins by the foreign key of a
// booking, and not by a column of the same name here.
type clientCode struct {
	Row  uint64 `gorm:"column:id;primaryKey"`
	Code string `gorm:"column:client_id"`
}

func (clientCode) TableName() string { return "api_clients" }

// earlierName is what an imported booking was called before.
type earlierName struct {
	Row       uint64 `gorm:"column:booking_id;primaryKey"`
	Reference string `gorm:"column:earlier_reference"`
}

func (earlierName) TableName() string { return "imported_bookings" }

type importedRow struct {
	BookingID        uint64 `gorm:"primaryKey;autoIncrement:false"`
	EarlierReference string
	ImportedAt       time.Time
}

func (importedRow) TableName() string { return "imported_bookings" }

func bookingsOf(rows []bookingRow) ([]Booking, error) {
	bookings := make([]Booking, 0, len(rows))
	for _, row := range rows {
		known, err := row.withPayment()
		if err != nil {
			return nil, err
		}
		bookings = append(bookings, known)
	}
	return bookings, nil
}

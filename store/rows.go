package store

import (
	"encoding/json"
	"fmt"
	"time"

	"farebook/booking"
)

// The rows as they stand in the tables; what leaves this package are the types of booking.go and its neighbours.

type bookingRow struct {
	ID             uint64
	Reference      string
	APIKeyID       uint64 `gorm:"column:api_key_id"`
	Status         string
	CustomerName   string
	CustomerEmail  string
	CustomerLocale string
	FlightJSON     string `gorm:"column:flight_json"`
	Amount         int64
	Currency       string
	HoldExpiresAt  time.Time
	CorrelationID  string
	RefundDue      bool
	Attention      *string
	CreatedAt      time.Time
	UpdatedAt      time.Time
}

func (bookingRow) TableName() string { return "bookings" }

type paymentRow struct {
	ID                    uint64
	BookingID             uint64
	StripePaymentIntentID string
	Status                string
	Amount                int64
	AmountCaptured        int64
	Currency              string
	StripeChargeID        string
	DeclineCode           string
	FeePosted             bool
	CreatedAt             time.Time
	UpdatedAt             time.Time
}

func (paymentRow) TableName() string { return "payments" }

type idempotencyRow struct {
	ID             uint64
	APIKeyID       uint64 `gorm:"column:api_key_id"`
	IdempotencyKey []byte
	RequestSha256  []byte
	BookingID      uint64
	AnswerStatus   *int
	AnswerBody     *string
	CreatedAt      time.Time
}

func (idempotencyRow) TableName() string { return "idempotency_keys" }

type ledgerRow struct {
	ID                         uint64
	BookingID                  *uint64
	Type                       string
	StripePaymentIntentID      *string
	StripeObjectID             string
	StripeBalanceTransactionID string
	OperationKey               *string
	Description                string
	PostedAt                   time.Time
}

func (ledgerRow) TableName() string { return "financial_ledger" }

type entryRow struct {
	ID       uint64
	LedgerID uint64
	Account  string
	Side     string
	Amount   int64
	Currency string
}

func (entryRow) TableName() string { return "ledger_entries" }

type eventRow struct {
	ID               uint64
	StripeEventID    string
	Type             string
	APIVersion       string `gorm:"column:api_version"`
	ObjectID         string
	Livemode         bool
	BookingReference string
	Payload          string
	Processed        bool
	ProcessedAt      *time.Time
	Note             string
	StripeCreatedAt  time.Time
	ReceivedAt       time.Time
}

func (eventRow) TableName() string { return "stripe_events" }

type emailRow struct {
	ID          uint64
	BookingID   uint64
	Kind        string
	DedupeKey   string
	MessageID   string
	DeclineCode string
	Status      string
	Attempts    int
	LastError   string
	CreatedAt   time.Time
	SentAt      *time.Time
}

func (emailRow) TableName() string { return "emails" }

type apiKeyRow struct {
	ID          uint64
	Name        string
	TokenSha256 []byte
	ReadOnly    bool
	RevokedAt   *time.Time
	CreatedAt   time.Time
}

func (apiKeyRow) TableName() string { return "api_keys" }

func (r bookingRow) domain() (Booking, error) {
	var flight booking.Flight
	if err := json.Unmarshal([]byte(r.FlightJSON), &flight); err != nil {
		return Booking{}, fmt.Errorf("flight of booking %s in the database: %w", r.Reference, err)
	}
	return Booking{
		ID:            r.ID,
		Reference:     booking.Reference(r.Reference),
		APIKeyID:      r.APIKeyID,
		Status:        booking.Status(r.Status),
		Customer:      booking.Customer{Name: r.CustomerName, Email: r.CustomerEmail, Locale: booking.Locale(r.CustomerLocale)},
		Flight:        flight,
		Amount:        booking.Money{Value: r.Amount, Currency: booking.Currency(r.Currency)},
		HoldExpiresAt: r.HoldExpiresAt,
		CreatedAt:     r.CreatedAt,
		CorrelationID: r.CorrelationID,
		RefundDue:     r.RefundDue,
	}, nil
}

func (r paymentRow) domain() *Payment {
	return &Payment{
		ID:              r.ID,
		PaymentIntentID: r.StripePaymentIntentID,
		Status:          booking.PaymentStatus(r.Status),
		Amount:          booking.Money{Value: r.Amount, Currency: booking.Currency(r.Currency)},
		AmountCaptured:  r.AmountCaptured,
		ChargeID:        r.StripeChargeID,
		DeclineCode:     r.DeclineCode,
		FeePosted:       r.FeePosted,
	}
}

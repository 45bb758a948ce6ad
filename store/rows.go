package store

import (
	"encoding/json"
	"fmt"
	"time"

	"farebook/booking"
	"farebook/money"
	"farebook/notice"
	"farebook/store/internal/db"
)

// The rows of the tables. Other packages get the exported types of bookings.go, payments.go and so on instead.

type bookingRow struct {
	ID             uint64
	Reference      booking.Reference
	ClientID       *uint64
	APIKeyID       uint64 `gorm:"column:api_key_id"` // the API key that created it
	Status         booking.Status
	CustomerName   string
	CustomerEmail  string
	CustomerLocale money.Locale
	FlightJSON     string `gorm:"column:flight_json"`
	Amount         int64
	Currency       money.Currency
	HoldExpiresAt  time.Time
	CorrelationID  string
	RefundDue      bool
	Attention      *string
	CaptureMethod  booking.CaptureMethod
	PaymentMethods *booking.PaymentMethods // NULL for bookings of older releases, as is RequestKey
	RequestKey     *string
	CancelledAt    *time.Time
	CancelPercent  *int
	CreatedAt      time.Time
	UpdatedAt      time.Time
	// Payment is only set by Joins.
	Payment *paymentRow `gorm:"foreignKey:BookingID"`
}

func (bookingRow) TableName() string { return "bookings" }

type paymentRow struct {
	ID                    uint64
	BookingID             uint64
	StripePaymentIntentID string
	Status                booking.PaymentStatus
	StripeStatus          string // the status at Stripe where Status is unknown
	Amount                int64
	AmountCaptured        int64
	AmountRefunded        int64
	AmountChargedBack     int64
	Currency              money.Currency
	StripeChargeID        string
	DeclineCode           string
	FeePosted             bool
	CaptureBefore         *time.Time
	CreatedAt             time.Time
	UpdatedAt             time.Time
}

func (paymentRow) TableName() string { return "payments" }

type refundRow struct {
	ID                    uint64
	RefundID              booking.RefundID
	BookingID             uint64
	StripePaymentIntentID string
	StripeRefundID        *string
	Origin                booking.RefundOrigin
	OriginKey             *string
	Amount                int64
	Currency              money.Currency
	Reason                string
	Note                  string
	Status                booking.RefundStatus
	StripeStatus          string // the status at Stripe where Status is unknown
	FailureReason         string
	Posted                bool
	FailurePosted         bool
	CorrelationID         string
	AskedAt               *time.Time // when it was last requested from Stripe
	RefusedAt             *time.Time // when Stripe last postponed it
	AbandonedAt           *time.Time
	AbandonNote           string
	RequestKey            *string // NULL for refunds of older releases, and for those made in Stripe's dashboard
	CreatedAt             time.Time
	UpdatedAt             time.Time
}

func (refundRow) TableName() string { return "refunds" }

type disputeRow struct {
	ID                    uint64
	BookingID             uint64
	StripeDisputeID       string
	StripePaymentIntentID string
	Status                booking.DisputeStatus
	StripeStatus          string // the status at Stripe where Status is unknown
	Reason                string
	Amount                int64
	Currency              money.Currency
	DueBy                 *time.Time
	Withheld              int64
	Loss                  int64
	LossPostings          int
	SettlementCurrency    money.Currency
	CreatedAt             time.Time
	UpdatedAt             time.Time
}

func (disputeRow) TableName() string { return "disputes" }

type payoutRow struct {
	ID             uint64
	StripePayoutID string
	Status         booking.PayoutStatus
	StripeStatus   string // the status at Stripe where Status is unknown
	Amount         int64
	Currency       money.Currency
	Automatic      bool
	ArrivesAt      *time.Time
	FailureCode    string
	Proof          Proof
	Transactions   int
	Unmatched      int
	Difference     int64
	Posted         bool
	FailurePosted  bool
	CreatedAt      time.Time
	UpdatedAt      time.Time
}

func (payoutRow) TableName() string { return "payouts" }

type idempotencyRow struct {
	ID             uint64
	ClientID       *uint64
	APIKeyID       uint64 `gorm:"column:api_key_id"` // the API key that first used it
	IdempotencyKey []byte
	RequestSha256  []byte
	Operation      string
	Resource       string
	BookingID      *uint64
	Lease          *string
	LeasedUntil    *time.Time
	AnswerStatus   *int
	AnswerBody     *string
	CreatedAt      time.Time
}

func (idempotencyRow) TableName() string { return "idempotency_keys" }

type eventRow struct {
	ID               uint64
	StripeEventID    string
	Type             string
	APIVersion       string `gorm:"column:api_version"`
	ObjectID         string
	Livemode         bool
	BookingReference string
	Account          string
	Payload          string
	PayloadForm      PayloadForm
	Processed        bool
	ProcessedAt      *time.Time
	State            EventState
	Attempts         int
	LastError        string
	NextAttemptAt    *time.Time
	Note             string
	StripeCreatedAt  time.Time
	ReceivedAt       time.Time
}

func (eventRow) TableName() string { return "stripe_events" }

type emailRow struct {
	ID          uint64
	BookingID   *uint64
	Kind        notice.Kind
	Audience    string
	DedupeKey   string
	MessageID   string
	DeclineCode string
	ContentJSON *string `gorm:"column:content_json"`
	ResentOf    *uint64
	Status      string
	Attempts    int
	LastError   string
	// RecipientSha256 is set for emails whose number per address is bounded.
	RecipientSha256 []byte
	// SendingUntil is when the claim of the attempt that is running ends.
	SendingUntil *time.Time
	CreatedAt    time.Time
	SentAt       *time.Time
}

func (emailRow) TableName() string { return "emails" }

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
		RefundDue:     r.RefundDue,
		Attention:     db.OrEmpty(r.Attention),
		Capture:       r.CaptureMethod,
		Methods:       db.OrEmpty(r.PaymentMethods),
		RequestKey:    db.OrEmpty(r.RequestKey),
		CancelledAt:   r.CancelledAt,
		CancelPercent: r.CancelPercent,
	}, nil
}

func (r paymentRow) domain() *Payment {
	return &Payment{
		ID:              r.ID,
		PaymentIntentID: r.StripePaymentIntentID,
		Status:          r.Status,
		Amount:          money.Money{Value: r.Amount, Currency: r.Currency},
		AmountCaptured:  r.AmountCaptured,
		AmountRefunded:  r.AmountRefunded,
		ChargedBack:     r.AmountChargedBack,
		CaptureBefore:   r.CaptureBefore,
		ChargeID:        r.StripeChargeID,
		DeclineCode:     r.DeclineCode,
		FeePosted:       r.FeePosted,
		CreatedAt:       r.CreatedAt,
	}
}

// priced is an amount for people, with its currency.
func priced(value int64, currency money.Currency) string { return money.Text(value, currency) }

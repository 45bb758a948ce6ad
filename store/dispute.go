package store

import (
	"context"
	"time"

	"gorm.io/gorm"

	"farebook/booking"
	"farebook/money"
	"farebook/store/internal/db"
)

type disputeRow struct {
	ID                    uint64
	BookingID             uint64
	ClientID              *uint64 // the booking's when the dispute was opened; NULL for disputes of older releases
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
	CardBrand             string // as Stripe names it; empty while it is not known
	CreatedAt             time.Time
	UpdatedAt             time.Time
}

func (disputeRow) TableName() string { return "disputes" }

// Dispute is a dispute as the books have it. Withheld and Loss are minor units of the settlement currency.
type Dispute struct {
	ID                 string // dp_...
	PaymentIntentID    string
	Status             booking.DisputeStatus
	Reason             string
	Amount             money.Money
	DueBy              *time.Time
	Withheld           int64
	Loss               int64
	SettlementCurrency money.Currency
	CreatedAt          time.Time
	UpdatedAt          time.Time
}

// DisputesOf are a booking's disputes, oldest first.
func (s *Store) DisputesOf(ctx context.Context, known Booking) ([]Dispute, error) {
	return disputesOf(s.db.WithContext(ctx), known)
}

func disputesOf(conn *gorm.DB, known Booking) ([]Dispute, error) {
	var rows []disputeRow
	if err := conn.Where("booking_id = ?", known.ID).Order("id").Find(&rows).Error; err != nil {
		return nil, err
	}
	disputes := make([]Dispute, 0, len(rows))
	for _, r := range rows {
		disputes = append(disputes, r.domain())
	}
	return disputes, nil
}

// Dispute reads a dispute, or ErrNotFound.
func (s *Store) Dispute(ctx context.Context, id string) (Dispute, error) {
	var row disputeRow
	err := s.db.WithContext(ctx).Where("stripe_dispute_id = ?", id).Take(&row).Error
	return row.domain(), db.NotFound(err)
}

func (r disputeRow) domain() Dispute {
	return Dispute{
		ID: r.StripeDisputeID, PaymentIntentID: r.StripePaymentIntentID, Status: r.Status, Reason: r.Reason,
		Amount: money.Money{Value: r.Amount, Currency: r.Currency}, DueBy: r.DueBy, Withheld: r.Withheld,
		Loss: r.Loss, SettlementCurrency: r.SettlementCurrency, CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt,
	}
}

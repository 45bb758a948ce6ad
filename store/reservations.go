package store

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"time"

	"gorm.io/gorm"

	"farebook/booking"
)

// NewBooking is what a caller asks for, under its idempotency key.
type NewBooking struct {
	APIKeyID       uint64
	IdempotencyKey string
	RequestHash    [32]byte
	Request        booking.Request
	HoldExpiresAt  time.Time
	CorrelationID  string
	Now            time.Time
}

// Reservation is the booking behind an idempotency key.
type Reservation struct {
	Booking Booking
	// Replayed: the key was known already.
	Replayed bool
	// Answer is nil until StoreAnswer; it never has the client secret.
	Answer       []byte
	AnswerStatus int
}

// IdempotencyConflict says that a key was used before with another body.
type IdempotencyConflict struct{}

func (*IdempotencyConflict) Error() string {
	return "this Idempotency-Key was used before with another body: send the same body again, or use a new key for a new booking"
}

// referenceDraws bounds how often a reference that exists already is drawn anew; two in a row would be a broken random
// source.
const referenceDraws = 3

// ReserveBooking writes idempotency key and booking in one transaction, or finds what the key stands for already. The
// UNIQUE key (caller, idempotency key) decides, also among a hundred at once.
func (s *Store) ReserveBooking(ctx context.Context, in NewBooking) (Reservation, error) {
	for range referenceDraws {
		if known, err := s.KnownReservation(ctx, in); err == nil || !isNotFound(err) {
			return known, err
		}
		err := s.insertReservation(ctx, in)
		if err != nil && !duplicateKey(err) {
			return Reservation{}, err
		}
		if err == nil {
			fresh, err := s.KnownReservation(ctx, in)
			fresh.Replayed = false
			return fresh, err
		}
	}
	return s.KnownReservation(ctx, in)
}

func isNotFound(err error) bool { return errors.Is(err, ErrNotFound) }

// KnownReservation reads what a key stands for and writes nothing: ErrNotFound, *IdempotencyConflict or the booking. Of in
// it takes caller, key and hash.
func (s *Store) KnownReservation(ctx context.Context, in NewBooking) (Reservation, error) {
	var key idempotencyRow
	err := s.db.WithContext(ctx).Where("api_key_id = ? AND idempotency_key = ?", in.APIKeyID, []byte(in.IdempotencyKey)).Take(&key).Error
	if err != nil {
		return Reservation{}, notFound(err)
	}
	if !bytes.Equal(key.RequestSha256, in.RequestHash[:]) {
		return Reservation{}, &IdempotencyConflict{}
	}
	known, err := s.bookingByID(ctx, key.BookingID)
	if err != nil {
		return Reservation{}, err
	}
	out := Reservation{Booking: known, Replayed: true}
	if key.AnswerBody != nil {
		out.Answer, out.AnswerStatus = []byte(*key.AnswerBody), *key.AnswerStatus
	}
	return out, nil
}

func (s *Store) insertReservation(ctx context.Context, in NewBooking) error {
	flight, err := json.Marshal(in.Request.Flight)
	if err != nil {
		return err
	}
	return s.inTransaction(ctx, func(tx *gorm.DB) error {
		row := bookingRow{
			Reference:      string(booking.NewReference()),
			APIKeyID:       in.APIKeyID,
			Status:         string(booking.StatusPendingPayment),
			CustomerName:   in.Request.Customer.Name,
			CustomerEmail:  in.Request.Customer.Email,
			CustomerLocale: string(in.Request.Customer.Locale),
			FlightJSON:     string(flight),
			Amount:         in.Request.Amount.Value,
			Currency:       string(in.Request.Amount.Currency),
			HoldExpiresAt:  in.HoldExpiresAt,
			CorrelationID:  in.CorrelationID,
			CreatedAt:      in.Now,
			UpdatedAt:      in.Now,
		}
		if err := tx.Create(&row).Error; err != nil {
			return err
		}
		return tx.Create(&idempotencyRow{
			APIKeyID:       in.APIKeyID,
			IdempotencyKey: []byte(in.IdempotencyKey),
			RequestSha256:  in.RequestHash[:],
			BookingID:      row.ID,
			CreatedAt:      in.Now,
		}).Error
	})
}

// StoreAnswer keeps the first answer to a key and returns the one that is kept, so that everybody who asked at once gets
// the same. body must not have the client secret.
func (s *Store) StoreAnswer(ctx context.Context, apiKeyID uint64, key string, status int, body []byte) (int, []byte, error) {
	db := s.db.WithContext(ctx)
	const where = "api_key_id = ? AND idempotency_key = ?"
	err := db.Model(&idempotencyRow{}).Where(where+" AND answer_body IS NULL", apiKeyID, []byte(key)).
		Updates(map[string]any{"answer_status": status, "answer_body": string(body)}).Error
	if err != nil {
		return 0, nil, err
	}
	var row idempotencyRow
	if err := db.Where(where, apiKeyID, []byte(key)).Take(&row).Error; err != nil {
		return 0, nil, notFound(err)
	}
	return *row.AnswerStatus, []byte(*row.AnswerBody), nil
}

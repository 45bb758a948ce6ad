package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"farebook/access"
	"farebook/booking"
	"farebook/money"
	"farebook/store/internal/db"
)

// rebuiltHold is how long after its PaymentIntent a rebuilt booking can be paid: Stripe does not have the hold that was asked for.
const rebuiltHold = 30 * time.Minute

// NoOwnerError says that nobody owns a booking that is to be rebuilt: its client was lost as well, or has no key.
type NoOwnerError struct{ ClientID string }

func (e *NoOwnerError) Error() string {
	if e.ClientID == "" {
		return "its PaymentIntent names no client, as those of older releases: say with --client whose it is"
	}
	return fmt.Sprintf("its client %s is not in the books, or has no key: make a key with api-key create, or both and plan again with "+
		"--client", e.ClientID)
}

// RebuildBooking brings a booking back that the books have lost, open and without a payment, which the recording step adds. Whoever
// made it repeats its request under its Idempotency-Key, which fills in customer and flight: until then an operator is shown that they
// are missing. Harmless when repeated: UNIQUE reference and request key. Errors: *NoOwnerError.
func (s *Store) RebuildBooking(ctx context.Context, item RebuildItem, by access.Actor, now time.Time) error {
	return s.db.InTransaction(ctx, func(tx *gorm.DB) error {
		owner, err := ownerOf(tx, item.Booking.ClientID)
		if err != nil {
			return err
		}
		row := bookingRow{
			Reference: item.Reference, ClientID: owner.ClientID, APIKeyID: owner.ID, Status: booking.StatusPendingPayment,
			CustomerLocale: money.LocaleEN, FlightJSON: "{}", Amount: item.Amount.Value, Currency: item.Amount.Currency,
			HoldExpiresAt: item.Created.Add(rebuiltHold), CorrelationID: item.Booking.CorrelationID, CaptureMethod: item.Booking.Capture,
			Revenue:        newRevenueRow(item.Revenue),
			PaymentMethods: db.OrNil(item.Booking.Methods), RequestKey: db.OrNil(item.Booking.RequestKey), LedgerRules: ledgerRules,
			CreatedAt: item.Created, UpdatedAt: now,
		}
		of, err := rebuiltPart(tx, item)
		if err != nil {
			return err
		}
		if of != nil {
			row.SupplementOf = &of.Reference
		}
		existing := tx.Model(&bookingRow{}).Where("reference = ? OR request_key = ?", row.Reference, row.RequestKey)
		exists, err := db.Exists(tx.Create(&row).Error, existing, "currency")
		if exists {
			return nil // an attempt that died, or the client was faster
		}
		if err == nil && of != nil {
			err = attachSupplement(tx, *of, &row, now)
		}
		if err != nil {
			return err
		}
		b := s.newLockedBooking(tx, now)
		b.booking = row
		err = b.markForAttention(AttentionRebuilt, "",
			"rebuilt from Stripe: customer and flight are not known until its client repeats the request under its Idempotency-Key")
		if err != nil {
			return err
		}
		return audit(tx, now, AuditEntry{
			Actor: by, Action: ActionBookingRebuild, Subject: string(row.Reference), BookingID: &row.ID,
			Detail: item.PaymentIntentID,
		})
	})
}

// rebuiltPart locks the booking that a lost payment is a further payment of. It is nil for a booking, and where the books do not have that
// one: whoever repeats the request of the payment names it again.
func rebuiltPart(tx *gorm.DB, item RebuildItem) (*bookingRow, error) {
	if item.Booking.SupplementOf == "" {
		return nil, nil
	}
	var of bookingRow
	err := tx.Clauses(db.ForUpdate).Where("reference = ?", item.Booking.SupplementOf).Take(&of).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return nil, nil
	}
	return &of, err
}

// ownerOf finds a key of a client, the newest: bookings belong to the client, and a row names a key.
func ownerOf(tx *gorm.DB, clientID string) (apiKeyRow, error) {
	var key apiKeyRow
	err := tx.Table("api_keys k").Joins("JOIN api_clients c ON c.id = k.client_id").Select("k.*").
		Where("c.client_id = ?", clientID).Order("k.id DESC").Limit(1).Take(&key).Error
	err = db.NotFound(err)
	if errors.Is(err, ErrNotFound) {
		return key, &NoOwnerError{ClientID: clientID}
	}
	return key, err
}

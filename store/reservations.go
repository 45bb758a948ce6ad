package store

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"gorm.io/gorm"

	"farebook/access"
	"farebook/booking"
	"farebook/store/internal/db"
)

// OperationCreateBooking is what a key of POST /v1/bookings stands for.
const OperationCreateBooking = "create-booking"

// NewBooking is what a caller asks for, under its idempotency key.
type NewBooking struct {
	Caller         Caller
	IdempotencyKey string
	RequestHash    [32]byte
	Lease          string // see IdempotencyKey
	Request        booking.Request
	HoldExpiresAt  time.Time
	Methods        booking.PaymentMethods
	Revenue        booking.Revenue
	CorrelationID  string
	TraceParent    string // see Booking
	Now            time.Time
	Known          bool // see IdempotencyKey
	// Supplement is set for a further payment of a booking.
	Supplement *booking.Supplement
	// By asks for it; only written for a further payment.
	By access.Actor
}

// Key is the booking's idempotency key.
func (in NewBooking) Key() IdempotencyKey {
	operation := OperationCreateBooking
	if in.Supplement != nil {
		operation = OperationCreatePayment
	}
	return IdempotencyKey{Caller: in.Caller, Key: in.IdempotencyKey, Operation: operation, Hash: in.RequestHash, Lease: in.Lease}
}

// Reservation is the booking behind an idempotency key.
type Reservation struct {
	Booking Booking
	Claim
	// New: this call has inserted the booking, which nobody knew before.
	New bool
}

// ReserveBooking writes idempotency key and booking in one transaction, or finds what the key stands for already. The UNIQUE keys of both
// rows say whether the key is new, so that nothing is read before.
func (s *Store) ReserveBooking(ctx context.Context, in NewBooking) (Reservation, error) {
	installation, err := s.Installation(ctx)
	if err != nil {
		return Reservation{}, err
	}
	row, err := s.reserveNew(ctx, in, installation.request(in.Key()))
	if err == nil {
		reservation, err := s.reserved(in, row, Claim{Resource: string(row.Reference)})
		reservation.New = err == nil
		return reservation, err
	}
	if !isKnown(err) { // such as a COMMIT whose answer was lost
		claim, err := s.winner(ctx, in.Key(), s.Now(), err)
		return s.reservation(ctx, claim, err)
	}
	claim, err := s.claim(ctx, in.Key(), s.Now(), func(tx *gorm.DB) (of created, err error) {
		row, err = reserveBooking(tx, in, installation.request(in.Key()))
		return created{resource: string(row.Reference), bookingID: &row.ID}, err
	})
	if err != nil || claim.Replayed {
		return s.reservation(ctx, claim, err)
	}
	return s.reserved(in, row, claim)
}

// reserved is the reservation of a booking that was just made.
func (s *Store) reserved(in NewBooking, row bookingRow, claim Claim) (Reservation, error) {
	s.report(changes{func(o Observer) { o.BookingEntered(row.Status) }})
	fresh, err := row.domain()
	fresh.ClientCode = in.Caller.ClientCode
	return Reservation{Booking: fresh, Claim: claim}, err
}

// reserveNew inserts booking and key as a new request's, under the first reference that derives from it. An error that is errKnown or a
// duplicate key means that one of the rows exists; nothing is written then.
func (s *Store) reserveNew(ctx context.Context, in NewBooking, asked derivation) (bookingRow, error) {
	if in.Known {
		return bookingRow{}, errKnown
	}
	row, err := newBookingRow(in)
	if err != nil {
		return bookingRow{}, err
	}
	requestKey := asked.requestKey()
	row.RequestKey, row.Reference = &requestKey, booking.ReferenceFrom(asked.code(0))
	err = s.db.InTransaction(ctx, func(tx *gorm.DB) error {
		row.ID = 0 // of an attempt that was rolled back
		if err := tx.Create(&row).Error; err != nil {
			return err
		}
		return s.insertNewKey(tx, in.Key(), created{resource: string(row.Reference), bookingID: &row.ID}, s.Now())
	})
	return row, err
}

// KnownReservation reads what a key stands for and writes nothing: ErrNotFound, *IdempotencyConflictError or the booking. Only
// the caller, key and hash of in are used.
func (s *Store) KnownReservation(ctx context.Context, in NewBooking) (Reservation, error) {
	claim, err := s.KnownClaim(ctx, in.Key())
	return s.reservation(ctx, claim, err)
}

func (s *Store) reservation(ctx context.Context, claim Claim, err error) (Reservation, error) {
	if err != nil {
		return Reservation{}, err
	}
	if claim.Answer != nil || claim.InProgress {
		// Whoever replays an answer, or waits for one, needs no more than the reference.
		return Reservation{Booking: Booking{Reference: booking.Reference(claim.Resource)}, Claim: claim}, nil
	}
	known, err := s.Booking(ctx, booking.Reference(claim.Resource))
	return Reservation{Booking: known, Claim: claim}, err
}

// reserveBooking inserts the booking that the request asks for, under the reference that derives from it. A booking that the request
// has made already, although the books do not know its key (a restored backup, rebuilt from Stripe), becomes that of the key.
// Error: *IdempotencyConflictError.
func reserveBooking(tx *gorm.DB, in NewBooking, asked derivation) (bookingRow, error) {
	row, err := newBookingRow(in)
	if err != nil {
		return bookingRow{}, err
	}
	requestKey := asked.requestKey()
	row.RequestKey = &requestKey
	for twin := range derivedCodes {
		row.Reference = booking.ReferenceFrom(asked.code(twin))
		insertErr := tx.Create(&row).Error
		if !db.DuplicateKey(insertErr) {
			return row, insertErr
		}
		row.ID = 0
		known, err := bookingOfRequest(tx, requestKey)
		switch {
		case err == nil:
			return known.askedAgain(tx, row)
		case !errors.Is(err, ErrNotFound):
			return bookingRow{}, err
		}
		if err := otherHas(tx, row.Reference, insertErr); err != nil {
			return bookingRow{}, err
		}
	}
	return bookingRow{}, errNoCodeLeft
}

// otherHas returns nil where another booking has the reference, as duplicate says, of an INSERT.
func otherHas(tx *gorm.DB, reference booking.Reference, duplicate error) error {
	_, err := db.Exists(duplicate, tx.Model(&bookingRow{}).Where("reference = ?", reference), "currency")
	return err
}

func bookingOfRequest(tx *gorm.DB, requestKey string) (bookingRow, error) {
	var known bookingRow
	err := tx.Clauses(db.ForUpdate).Where("request_key = ?", requestKey).Take(&known).Error
	return known, db.NotFound(err)
}

// askedAgain takes over what the request says of the customer and the flight, which is not at Stripe. What Stripe has of the booking
// has to be the same.
func (r bookingRow) askedAgain(tx *gorm.DB, asked bookingRow) (bookingRow, error) {
	of, askedOf := db.OrEmpty(r.SupplementOf), db.OrEmpty(asked.SupplementOf)
	otherPart := of != askedOf && (of != "" || r.CustomerEmail != "") // one that was rebuilt without its booking learns it now
	if r.Amount != asked.Amount || r.Currency != asked.Currency || r.CaptureMethod != asked.CaptureMethod || otherPart {
		return bookingRow{}, &IdempotencyConflictError{}
	}
	if r.CustomerEmail != "" {
		return r, nil
	}
	r.CustomerName, r.CustomerEmail, r.CustomerLocale = asked.CustomerName, asked.CustomerEmail, asked.CustomerLocale
	r.FlightJSON, r.FlightNumber, r.ReturnURL = asked.FlightJSON, asked.FlightNumber, asked.ReturnURL
	if r.Revenue.Model == booking.ModelAgent {
		r.Revenue.setBreakdown(asked.Revenue.domain().Breakdown)
	}
	r.SupplementOf, r.Purpose, r.PurposeText = asked.SupplementOf, asked.Purpose, asked.PurposeText
	rebuilt := &lockedBooking{tx: tx, now: asked.UpdatedAt, booking: r}
	if err := rebuilt.recogniseLater(); err != nil { // its payment may be posted
		return bookingRow{}, err
	}
	err := rebuilt.saveBooking("customer_name", "customer_email", "customer_locale", "flight_json", "flight_number", "return_url", "fare",
		"taxes", "service_fee", "commission", "supplement_of", "purpose", "purpose_text")
	if err != nil {
		return bookingRow{}, err
	}
	err = rebuilt.settleAttention(AttentionRebuilt, "")
	return rebuilt.booking, err
}

func newBookingRow(in NewBooking) (bookingRow, error) {
	flight, err := json.Marshal(in.Request.Flight)
	if err != nil {
		return bookingRow{}, err
	}
	capture := in.Request.Capture
	if capture == "" {
		capture = booking.CaptureAutomatic
	}
	row := bookingRow{
		ClientID:       db.IDOrNil(in.Caller.ClientID),
		APIKeyID:       in.Caller.KeyID,
		Status:         booking.StatusPendingPayment,
		CustomerName:   in.Request.Customer.Name,
		CustomerEmail:  in.Request.Customer.Email,
		CustomerLocale: in.Request.Customer.Locale,
		FlightJSON:     string(flight),
		FlightNumber:   db.OrNil(in.Request.Flight.Number),
		Amount:         in.Request.Amount.Value,
		Currency:       in.Request.Amount.Currency,
		HoldExpiresAt:  in.HoldExpiresAt.Truncate(time.Microsecond), // as the column has it
		CorrelationID:  in.CorrelationID,
		TraceParent:    db.OrNil(in.TraceParent),
		CaptureMethod:  capture,
		PaymentMethods: db.OrNil(in.Methods),
		ReturnURL:      db.OrNil(in.Request.ReturnURL),
		Revenue:        newRevenueRow(in.Revenue),
		LedgerRules:    ledgerRules,
		CreatedAt:      in.Now.Truncate(time.Microsecond),
		UpdatedAt:      in.Now.Truncate(time.Microsecond),
	}
	row.setSupplement(in.Supplement)
	return row, nil
}

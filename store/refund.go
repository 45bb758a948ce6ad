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

type refundRow struct {
	ID                    uint64
	RefundID              booking.RefundID
	BookingID             uint64
	ClientID              *uint64 // the booking's when the refund was made; NULL for refunds of older releases
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
	TraceParent           *string
	AskedAt               *time.Time // when it was last requested from Stripe
	RefusedAt             *time.Time // when Stripe last postponed it
	AbandonedAt           *time.Time
	AbandonNote           string
	// What Stripe reports of the bank's reference; NULL where it reports none.
	BankReference       *string
	BankReferenceStatus *string
	BankReferenceType   *string
	BankWay             *string
	RequestKey          *string // NULL for refunds of older releases, and for those made in Stripe's dashboard
	CreatedAt           time.Time
	UpdatedAt           time.Time
}

func (refundRow) TableName() string { return "refunds" }

// OperationCreateRefund is what a key of POST /v1/bookings/{reference}/refunds stands for.
const OperationCreateRefund = "create-refund"

// Refund is a refund as the books have it.
type Refund struct {
	ID              booking.RefundID
	Reference       booking.Reference
	PaymentIntentID string
	StripeRefundID  string // empty until Stripe has made it
	Origin          booking.RefundOrigin
	Amount          money.Money
	Reason          string
	Note            string
	Status          booking.RefundStatus
	FailureReason   string
	CorrelationID   string
	TraceParent     string     // the span of what asked for it, as a traceparent; empty without one
	RequestKey      string     // identifies the request that asked for it; empty for a refund of an older release
	AskedAt         *time.Time // when it was last requested from Stripe
	RefusedAt       *time.Time // when Stripe last postponed it
	AbandonedAt     *time.Time // when an operator decided that it is no longer requested
	AbandonNote     string
	Bank            booking.BankReference
	CreatedAt       time.Time
	UpdatedAt       time.Time
}

// Refused reports whether the refund is settled without Stripe having made it, as far as the books know.
func (r Refund) Refused() bool { return r.Status.Settled() && r.StripeRefundID == "" }

func (r refundRow) domain(reference booking.Reference) Refund {
	return Refund{
		ID: r.RefundID, Reference: reference, PaymentIntentID: r.StripePaymentIntentID,
		StripeRefundID: db.OrEmpty(r.StripeRefundID), Origin: r.Origin,
		Amount: money.Money{Value: r.Amount, Currency: r.Currency},
		Reason: r.Reason, Note: r.Note, Status: r.Status, FailureReason: r.FailureReason,
		CorrelationID: r.CorrelationID, TraceParent: db.OrEmpty(r.TraceParent), RequestKey: db.OrEmpty(r.RequestKey),
		AskedAt: r.AskedAt, RefusedAt: r.RefusedAt, AbandonedAt: r.AbandonedAt, AbandonNote: r.AbandonNote,
		Bank: booking.BankReference{
			Reference: db.OrEmpty(r.BankReference), Status: db.OrEmpty(r.BankReferenceStatus), Type: db.OrEmpty(r.BankReferenceType),
			Way: db.OrEmpty(r.BankWay),
		},
		CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt,
	}
}

// Refund reads a refund, or ErrNotFound.
func (s *Store) Refund(ctx context.Context, id booking.RefundID) (Refund, error) {
	return s.refundFrom(s.db.WithContext(ctx).Where("r.refund_id = ?", id))
}

// RefundOf reads a refund of an owner's booking. Another client's is ErrNotFound.
func (s *Store) RefundOf(ctx context.Context, owner Owner, id booking.RefundID) (Refund, error) {
	return s.refundFrom(s.db.WithContext(ctx).Where("r.refund_id = ?", id).Scopes(owner.owns("b")))
}

// RefundByStripeID reads the refund that Stripe calls re_..., or ErrNotFound.
func (s *Store) RefundByStripeID(ctx context.Context, id string) (Refund, error) {
	return s.refundFrom(s.db.WithContext(ctx).Where("r.stripe_refund_id = ?", id))
}

// KnownRefunds are the sums of a booking's refunds that give money back, in minor units.
type KnownRefunds struct {
	Made  int64 // at Stripe
	Asked int64 // not known to be made at Stripe yet
	Bank  int64 // failed at Stripe, and paid from the bank by a journal
}

// KnownRefunds adds them up.
func (s *Store) KnownRefunds(ctx context.Context, bookingID uint64) (known KnownRefunds, err error) {
	err = s.db.WithContext(ctx).Model(&refundRow{}).
		Select("COALESCE(SUM(IF(status = ? OR status IN ?, 0, amount)), 0) AS made, COALESCE(SUM(IF(status = ?, amount, 0)), 0) AS asked, "+
			"COALESCE(SUM(IF(status IN ? AND "+paidFromBank+", amount, 0)), 0) AS bank",
			booking.RefundRequested, failedRefund, booking.RefundRequested, failedRefund).
		Where("booking_id = ?", bookingID).
		Scan(&known).Error
	return known, err
}

func (*Store) refundFrom(query *gorm.DB) (Refund, error) {
	var row struct {
		Refund    refundRow `gorm:"embedded"`
		Reference booking.Reference
	}
	err := query.Table("refunds r").Select("r.*, b.reference").Joins("JOIN bookings b ON b.id = r.booking_id").Take(&row).Error
	if err != nil {
		return Refund{}, db.NotFound(err)
	}
	return row.Refund.domain(row.Reference), nil
}

// waitingAtOnce bounds how many refunds are requested again at once. The others follow with the next money, or within the hour.
const waitingAtOnce = 100

// RefundsWaitingForBalance are the refunds that Stripe's balance did not cover when they were requested, oldest first.
func (s *Store) RefundsWaitingForBalance(ctx context.Context) ([]Refund, error) {
	var rows []struct {
		Refund    refundRow `gorm:"embedded"`
		Reference booking.Reference
	}
	err := s.db.WithContext(ctx).Table("refunds r").Select("r.*, b.reference").Joins("JOIN bookings b ON b.id = r.booking_id").
		Where("r.status = ? AND r.failure_reason = ?", booking.RefundRequested, booking.CodeBalanceInsufficient).
		Order("r.id").Limit(waitingAtOnce).Find(&rows).Error
	refunds := make([]Refund, 0, len(rows))
	for _, row := range rows {
		refunds = append(refunds, row.Refund.domain(row.Reference))
	}
	return refunds, err
}

// RefundsOf are a booking's refunds, oldest first.
func (s *Store) RefundsOf(ctx context.Context, known Booking) ([]Refund, error) {
	return refundsOf(s.db.WithContext(ctx), known)
}

func refundsOf(conn *gorm.DB, known Booking) ([]Refund, error) {
	var rows []refundRow
	if err := conn.Where("booking_id = ?", known.ID).Order("id").Find(&rows).Error; err != nil {
		return nil, err
	}
	refunds := make([]Refund, 0, len(rows))
	for _, row := range rows {
		refunds = append(refunds, row.domain(known.Reference))
	}
	return refunds, nil
}

// RefundExceedsCapturedError means that the requested refund exceeds what is left of the captured amount.
type RefundExceedsCapturedError struct {
	Asked, Left money.Money
}

func (e *RefundExceedsCapturedError) Error() string {
	return fmt.Sprintf("%s is more than the %s that is left of the payment; refunds on their way count",
		e.Asked.Format(money.LocaleEN), e.Left.Format(money.LocaleEN))
}

// NotRefundableError says why nothing of a booking can be refunded now.
type NotRefundableError struct{ Why string }

func (e *NotRefundableError) Error() string { return e.Why }

// NewRefund is what a caller asks for, under its idempotency key.
type NewRefund struct {
	Key           IdempotencyKey
	Reference     booking.Reference
	Request       booking.RefundRequest
	CorrelationID string // the booking's
	TraceParent   string // see Refund
	By            access.Actor
	// Limits are those of refunds.
	Limits access.Limits
	// Proposal is the code of what somebody else has proposed; empty for a refund without a proposal.
	Proposal string
	Now      time.Time
}

// ReserveRefund inserts idempotency key and refund in one transaction, or finds what the key already stands for. The amount is reserved
// under the booking's lock: refunds never exceed the captured amount, even when fifty requests arrive at once.
// Errors: ErrNotFound, *IdempotencyConflictError, *RefundExceedsCapturedError, *NotRefundableError, *access.AboveLimitError.
func (s *Store) ReserveRefund(ctx context.Context, in NewRefund) (Refund, Claim, error) {
	installation, err := s.Installation(ctx)
	if err != nil {
		return Refund{}, Claim{}, err
	}
	claim, err := s.claim(ctx, in.Key, in.Now, func(tx *gorm.DB) (created, error) {
		b, row, err := s.reserveAsked(tx, in, installation.request(in.Key), nil)
		return created{resource: string(row.RefundID), bookingID: &b.booking.ID}, err
	})
	if err != nil || claim.Answer != nil || claim.InProgress {
		return Refund{}, claim, err
	}
	known, err := s.Refund(ctx, booking.RefundID(claim.Resource))
	return known, claim, err
}

// ReserveRefundOnce is ReserveRefund for a refund that no client has requested under a key: the occasion identifies it, in the books and at
// Stripe. also writes within the same transaction what belongs to it.
func (s *Store) ReserveRefundOnce(ctx context.Context, in NewRefund, occasion string, also func(tx *gorm.DB, reserved Refund) error,
) (reserved Refund, err error) {
	installation, err := s.Installation(ctx)
	if err != nil {
		return Refund{}, err
	}
	err = s.db.InTransaction(ctx, func(tx *gorm.DB) error {
		_, row, err := s.reserveAsked(tx, in, installation.occasion(occasion), also)
		reserved = row.domain(in.Reference)
		return err
	})
	return reserved, err
}

// reserveAsked reserves the refund that somebody asks for, and counts it against the limits of their role.
func (s *Store) reserveAsked(tx *gorm.DB, in NewRefund, asked derivation, also func(*gorm.DB, Refund) error,
) (*lockedBooking, refundRow, error) {
	b := s.newLockedBooking(tx, in.Now)
	if err := b.lock(in.Reference, false); err != nil {
		return b, refundRow{}, err
	}
	row, err := b.refundAskedFor(in, asked)
	if err != nil {
		return b, refundRow{}, err
	}
	amount := money.Money{Value: row.Amount, Currency: row.Currency}
	detail := amount.Format(money.LocaleEN) + " of " + string(b.booking.Reference) + ", " + row.Reason
	if in.Proposal != "" {
		detail += ", proposed as " + in.Proposal
	}
	err = audit(tx, in.Now, AuditEntry{
		Actor: in.By, Action: ActionRefundCreate, Subject: string(row.RefundID), BookingID: &b.booking.ID, Detail: detail,
	})
	if err == nil && also != nil {
		err = also(tx, row.domain(b.booking.Reference))
	}
	if err == nil {
		err = MoveIn(tx, in.Now, Moved{Kind: MovedByRefund, Subject: string(row.RefundID), Amount: amount, By: in.By, Limits: in.Limits})
	}
	return b, row, err
}

// refundAskedFor reserves the refund of a request, or finds the refund that the request has led to although the books do not know its
// idempotency key. Errors: *IdempotencyConflictError, and those of ReserveRefund.
func (b *lockedBooking) refundAskedFor(in NewRefund, asked derivation) (refundRow, error) {
	row := refundRow{
		Origin: booking.RefundFromAPI, Amount: in.Request.Amount, Reason: string(in.Request.Reason), Note: in.Request.Note,
		CorrelationID: in.CorrelationID, TraceParent: db.OrNil(in.TraceParent),
	}
	known, err := b.refundOfRequest(asked, row)
	if !errors.Is(err, ErrNotFound) {
		return known, err
	}
	if err := b.refundable(); err != nil {
		return refundRow{}, err
	}
	reserved, err := b.reserveRefund(row, asked)
	if err != nil {
		return refundRow{}, err
	}
	return reserved, b.promise(&reserved, nil)
}

// refundOfRequest finds the refund that a request has led to and that the books adopted from Stripe without its request. From now on the
// refund belongs to the request. An amount of zero, all that is left, matches any amount. Errors: ErrNotFound, *IdempotencyConflictError.
func (b *lockedBooking) refundOfRequest(asked derivation, row refundRow) (refundRow, error) {
	var known refundRow
	err := b.tx.Clauses(db.ForUpdate).Where("request_key = ?", asked.requestKey()).Take(&known).Error
	if err != nil {
		return refundRow{}, db.NotFound(err)
	}
	if known.BookingID != b.booking.ID || row.Amount != 0 && row.Amount != known.Amount {
		return refundRow{}, &IdempotencyConflictError{}
	}
	known.Origin, known.OriginKey, known.Reason, known.Note = row.Origin, row.OriginKey, row.Reason, row.Note
	err = b.saveRefund(&known, "origin", "origin_key", "reason", "note")
	return known, err
}

// refundable refuses what Stripe would refuse, and what the bank decides first. Errors: *NotRefundableError.
func (b *lockedBooking) refundable() error {
	if b.payment.Status != booking.PaymentSucceeded {
		return &NotRefundableError{"the booking has no captured payment"}
	}
	var disputed int64
	err := b.tx.Model(&disputeRow{}).Where("booking_id = ? AND status IN ?", b.booking.ID, holding).Count(&disputed).Error
	if err == nil && disputed > 0 {
		return &NotRefundableError{"the payment is disputed: the bank holds the money, or has given it back already"}
	}
	return err
}

// reserveOnce reserves the refund of an occasion, or finds the one that was reserved before: UNIQUE origin key.
func (b *lockedBooking) reserveOnce(row refundRow) (refundRow, error) {
	installation, err := b.installation(b.tx.Statement.Context)
	if err != nil {
		return refundRow{}, err
	}
	var known refundRow
	err = b.tx.Where("origin_key = ?", *row.OriginKey).Take(&known).Error
	if !errors.Is(err, gorm.ErrRecordNotFound) {
		return known, err
	}
	asked := installation.occasion(*row.OriginKey)
	known, err = b.refundOfRequest(asked, refundRow{Origin: row.Origin, OriginKey: row.OriginKey, Reason: row.Reason})
	if !errors.Is(err, ErrNotFound) {
		return known, err
	}
	return b.reserveRefund(row, asked)
}

// reserveRefund inserts a refund under the id that derives from its request or occasion. An amount of zero is all that is left.
func (b *lockedBooking) reserveRefund(row refundRow, asked derivation) (refundRow, error) {
	if err := b.carryOver(); err != nil { // before the refund is outstanding
		return refundRow{}, err
	}
	reserved, err := b.reserved()
	if err != nil {
		return refundRow{}, err
	}
	left := b.payment.AmountCaptured - reserved
	if row.Amount == 0 {
		row.Amount = left
	}
	currency := b.payment.Currency
	if row.Amount > left || left <= 0 {
		return refundRow{}, &RefundExceedsCapturedError{
			Asked: money.Money{Value: row.Amount, Currency: currency}, Left: money.Money{Value: max(left, 0), Currency: currency},
		}
	}
	row.BookingID, row.ClientID = b.booking.ID, b.booking.ClientID
	row.StripePaymentIntentID, row.Currency = b.payment.StripePaymentIntentID, b.payment.Currency
	row.Status, row.CreatedAt, row.UpdatedAt = booking.RefundRequested, b.now, b.now
	requestKey := asked.requestKey()
	row.RequestKey = &requestKey
	return b.insertRefund(row, asked)
}

// insertRefund inserts a row under the first of its derived ids that no other refund has.
func (b *lockedBooking) insertRefund(row refundRow, asked derivation) (refundRow, error) {
	for twin := range derivedCodes {
		row.ID, row.RefundID = 0, booking.RefundIDFrom(asked.code(twin))
		err := b.tx.Create(&row).Error
		if !db.DuplicateKey(err) {
			return row, err
		}
		taken, countErr := b.takenRefundID(string(row.RefundID))
		if countErr != nil || !taken {
			return refundRow{}, errors.Join(countErr, err) // another UNIQUE key: a concurrent transaction was first
		}
	}
	return refundRow{}, errNoCodeLeft
}

func (b *lockedBooking) takenRefundID(id string) (bool, error) {
	var known int64
	err := b.tx.Model(&refundRow{}).Where("refund_id = ?", id).Count(&known).Error
	return known > 0, err
}

// reserved is the sum of the payment's refunds that have succeeded or are on their way, and of those that failed and were paid from the
// bank.
func (b *lockedBooking) reserved() (int64, error) {
	return b.sumRefunds("(status NOT IN ? OR "+paidFromBank+")", failedRefund)
}

func (b *lockedBooking) sumRefunds(where string, args ...any) (int64, error) {
	var sum int64
	err := b.tx.Model(&refundRow{}).Where("booking_id = ?", b.booking.ID).Where(where, args...).
		Select("COALESCE(SUM(amount), 0)").Scan(&sum).Error
	return sum, err
}

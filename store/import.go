package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"farebook/access"
	"farebook/booking"
	"farebook/notice"
	"farebook/store/internal/db"
	"farebook/validation"
)

// NewImport is a booking of the system that Farebook replaces, with what Stripe says of its PaymentIntent and its money now.
type NewImport struct {
	Owner ImportOwner
	// Earlier is the booking's reference in that system.
	Earlier       string
	Request       booking.Request
	TakenAt       time.Time
	HoldExpiresAt time.Time
	Revenue       booking.Revenue
	Payment       booking.PaymentSnapshot
	Refunds       []booking.RefundSnapshot // the oldest first
	Disputes      []booking.DisputeSnapshot
	// Confirm sends the confirmation of a paid booking; without it, that system has sent it.
	Confirm bool
	By      access.Actor
	Now     time.Time
}

// Imported is a booking that was taken over.
type Imported struct {
	Booking Booking
	Earlier string
	// Known: it had been taken over before, and nothing was written.
	Known bool
	// Owes: its workflow has something to do.
	Owes bool
}

// ImportRefusedError says in which column a booking does not fit the books. Nothing was written of it.
type ImportRefusedError struct{ validation.FieldError }

func (e *ImportRefusedError) Error() string { return e.FieldError.Error() }

func refuseImport(column, problem, fix string) error {
	return &ImportRefusedError{validation.FieldError{Field: column, Problem: problem, Fix: fix}}
}

// ImportOwner is the client that an imported booking belongs to, and the key that stands for its maker.
type ImportOwner struct {
	ClientID uint64
	KeyID    uint64
}

// ImportOwner finds a client by its name or id for the bookings that it takes over. Error: *ImportRefusedError.
func (s *Store) ImportOwner(ctx context.Context, client string) (ImportOwner, error) {
	found, err := s.Client(ctx, client)
	switch {
	case errors.Is(err, ErrNotFound):
		return ImportOwner{}, refuseImport("client", "is not a client", "make it with client create, and a key of it with api-key create")
	case err != nil:
		return ImportOwner{}, err
	case found.State() != "active":
		return ImportOwner{}, refuseImport("client", "is "+found.State(), "name an active client")
	}
	var key apiKeyRow
	err = s.db.WithContext(ctx).Select("id").Where("client_id = ?", found.ID).Order("id").Take(&key).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return ImportOwner{}, refuseImport("client", "has no API key", "make one with api-key create")
	}
	return ImportOwner{ClientID: found.ID, KeyID: key.ID}, err
}

// KnownImport finds a booking that was taken over, by both of its names, or ErrNotFound when the books know neither. Error:
// *ImportRefusedError, when they know one of them by another.
func (s *Store) KnownImport(ctx context.Context, earlier, paymentIntentID string) (Imported, error) {
	var rows []struct{ Reference, EarlierReference, StripePaymentIntentID string }
	err := s.db.WithContext(ctx).Raw(`
		SELECT b.reference, COALESCE(i.earlier_reference, '') AS earlier_reference, p.stripe_payment_intent_id
		FROM payments p JOIN bookings b ON b.id = p.booking_id LEFT JOIN imported_bookings i ON i.booking_id = b.id
		WHERE p.stripe_payment_intent_id = ?
		UNION
		SELECT b.reference, i.earlier_reference, p.stripe_payment_intent_id
		FROM imported_bookings i JOIN bookings b ON b.id = i.booking_id JOIN payments p ON p.booking_id = b.id
		WHERE i.earlier_reference = ?`, paymentIntentID, earlier).Scan(&rows).Error
	switch {
	case err != nil:
		return Imported{}, err
	case len(rows) == 0:
		return Imported{}, ErrNotFound
	}
	for _, row := range rows {
		switch {
		case row.StripePaymentIntentID != paymentIntentID:
			return Imported{}, refuseImport("reference", "is that of booking "+row.Reference+", whose PaymentIntent is "+row.StripePaymentIntentID,
				"compare the row with the export")
		case row.EarlierReference != earlier:
			return Imported{}, refuseImport("payment_intent", "is that of booking "+row.Reference+" already", "leave the row out")
		}
	}
	known, err := s.Booking(ctx, booking.Reference(rows[0].Reference))
	return Imported{Booking: known, Earlier: earlier, Known: true, Owes: known.Status == booking.StatusPendingPayment}, err
}

// BookingImportedFrom finds a booking by what the system that Farebook replaces called it, or ErrNotFound.
func (s *Store) BookingImportedFrom(ctx context.Context, earlier string) (Booking, error) {
	return s.bookingWhere(ctx, "bookings.id = (SELECT booking_id FROM imported_bookings WHERE earlier_reference = ?)", earlier)
}

// ImportBooking takes over a booking in one transaction: booking, payment, refunds, disputes, ledger and audit entry. It posts what
// Stripe's balance transactions say and moves no money. Harmless when repeated: UNIQUE PaymentIntent and earlier reference. Error:
// *ImportRefusedError.
func (s *Store) ImportBooking(ctx context.Context, in NewImport) (Imported, error) {
	known, err := s.KnownImport(ctx, in.Earlier, in.Payment.PaymentIntentID)
	if !errors.Is(err, ErrNotFound) {
		return known, err
	}
	var recorded PaymentRecorded
	var reference booking.Reference
	err = s.db.InTransaction(ctx, func(tx *gorm.DB) error {
		m := &importing{lockedBooking: s.newLockedBooking(tx, in.Now), in: in}
		if err := m.insert(); err != nil {
			return err
		}
		if err := m.record(); err != nil {
			return err
		}
		reference = m.booking.Reference
		recorded, err = m.paymentRecorded()
		return err
	})
	if db.DuplicateKey(err) { // another import of the same row was faster
		known, knownErr := s.KnownImport(ctx, in.Earlier, in.Payment.PaymentIntentID)
		if !errors.Is(knownErr, ErrNotFound) {
			return known, knownErr
		}
	}
	if err != nil {
		return Imported{}, err
	}
	made, err := s.Booking(ctx, reference)
	return Imported{
		Booking: made, Earlier: in.Earlier,
		Owes: made.Status == booking.StatusPendingPayment || recorded.FeePending || len(recorded.EmailIDs) > 0,
	}, err
}

// importing is one run of the step that takes over a booking. Emails are recorded as suppressed: the system that Farebook replaces has
// told the customer what had happened until now.
type importing struct {
	*lockedBooking
	in NewImport
}

const toldEarlier = "not sent: the system from which the booking was imported has sent it"

// insert writes the rows of booking and payment, whose UNIQUE keys decide about an import of the same booking beside this one.
func (m *importing) insert() error {
	m.quiet = toldEarlier
	if err := m.insertBooking(); err != nil {
		return err
	}
	err := m.tx.Create(&importedRow{BookingID: m.booking.ID, EarlierReference: m.in.Earlier, ImportedAt: m.now}).Error
	if err != nil {
		return err
	}
	if problem := m.compare(m.in.Payment); problem != "" {
		return refuseImport("payment_intent", "does not fit the booking: "+problem, "compare the row with Stripe's dashboard")
	}
	m.payment = newPaymentRow(m.booking.ID, m.in.Payment, m.now)
	return m.tx.Create(&m.payment).Error
}

// insertBooking draws the reference from the PaymentIntent, so that an import after a restore leads to the same one.
func (m *importing) insertBooking() error {
	row, err := newBookingRow(NewBooking{
		Caller: Caller{Owner: Owner{ClientID: m.in.Owner.ClientID}, KeyID: m.in.Owner.KeyID}, Request: m.in.Request,
		Revenue: m.in.Revenue, HoldExpiresAt: m.in.HoldExpiresAt.UTC(), CorrelationID: m.in.By.CorrelationID, Now: m.now,
	})
	if err != nil {
		return err
	}
	row.CreatedAt = m.in.TakenAt.UTC().Truncate(time.Microsecond)
	installation, err := m.installation(m.tx.Statement.Context)
	if err != nil {
		return err
	}
	drawn := installation.imported(m.in.Payment.PaymentIntentID)
	for twin := range derivedCodes {
		row.ID, row.Reference = 0, booking.ReferenceFrom(drawn.code(twin))
		insertErr := m.tx.Create(&row).Error
		if !db.DuplicateKey(insertErr) {
			m.booking = row
			return insertErr
		}
		if err := otherHas(m.tx, row.Reference, insertErr); err != nil {
			return err
		}
	}
	return errNoCodeLeft
}

// record writes where the payment is and what became of its money, by the recording steps that events lead to.
func (m *importing) record() error {
	snapshot := m.in.Payment
	snapshot.Reference = m.booking.Reference
	if err := m.transitionPayment(snapshot); err != nil {
		return err
	}
	if err := m.tell(snapshot); err != nil {
		return err
	}
	payment := &paymentRecorder{lockedBooking: m.lockedBooking, reading: PaymentReading{Snapshot: snapshot, Now: m.now}}
	err := payment.readSituation()
	if err == nil {
		err = payment.post()
	}
	if err != nil {
		return err
	}
	for _, refund := range m.in.Refunds {
		r := &refundRecorder{lockedBooking: m.lockedBooking, reading: RefundReading{Snapshot: refund, Now: m.now}}
		if err := r.adopt(refund); err != nil {
			return fmt.Errorf("refund %s: %w", refund.StripeRefundID, err)
		}
		if _, err := recordLoaded(r, m.events(nil)); err != nil {
			return fmt.Errorf("refund %s: %w", refund.StripeRefundID, err)
		}
	}
	for _, dispute := range m.in.Disputes {
		r := &disputeRecorder{lockedBooking: m.lockedBooking, reading: DisputeReading{Snapshot: dispute, Now: m.now}}
		if _, _, err := record(r, m.events(nil)); err != nil {
			return fmt.Errorf("dispute %s: %w", dispute.DisputeID, err)
		}
	}
	return audit(m.tx, m.now, AuditEntry{
		Actor: m.in.By, Action: ActionBookingImport, Subject: string(m.booking.Reference), BookingID: &m.booking.ID,
		Detail: fmt.Sprintf("%s, PaymentIntent %s is %s at Stripe", m.in.Earlier, m.in.Payment.PaymentIntentID, m.in.Payment.StripeStatus),
	})
}

// tell draws the consequence of the payment for the booking, and takes the keys of the emails that the earlier system has sent.
func (m *importing) tell(snapshot booking.PaymentSnapshot) error {
	switch m.payment.Status {
	case booking.PaymentSucceeded:
		if m.in.Confirm {
			m.quiet = ""
		}
		err := m.transitionBooking(booking.StatusConfirmed)
		if err == nil {
			err = m.queueEmail(notice.Confirmed, string(notice.Confirmed), m.receipt(snapshot.PaidAt))
		}
		m.quiet = toldEarlier
		return err
	case booking.PaymentAuthorized:
		return m.queueEmail(notice.Authorized, string(notice.Authorized), &notice.Content{CaptureBefore: snapshot.CaptureBefore})
	case booking.PaymentFailed:
		return m.queueEmail(notice.PaymentFailed, occasionDecline, nil)
	}
	return nil
}

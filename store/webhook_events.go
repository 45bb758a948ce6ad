package store

import (
	"slices"
	"time"

	"gorm.io/gorm"

	"farebook/access"
	"farebook/booking"
	"farebook/money"
	"farebook/webhook"
)

// hasEndpoints is a column of a booking: whether its client has webhook endpoints. It takes no lock.
var hasEndpoints = "EXISTS (SELECT 1 FROM webhook_endpoints e WHERE e.is_kept = 1 AND e.client_id = " +
	endpointOwner("bookings.client_id") + ") AS has_endpoints"

// emit collects an event, which is written at the end of the transaction with what data returns then. A client without endpoints gets none.
func (b *lockedBooking) emit(kind webhook.Type, object string, data func() any) {
	e := outgoingEvent{kind, object, data}
	if b.hasEndpoints && !slices.ContainsFunc(b.outgoing, func(one outgoingEvent) bool { return one.key() == e.key() }) {
		b.outgoing = append(b.outgoing, e)
	}
}

// emitBooking collects the event about a booking's next state. A booking whose dispute was won is confirmed again without an event.
func (b *lockedBooking) emitBooking(from, next booking.Status) {
	reference := string(b.booking.Reference)
	switch next {
	case booking.StatusConfirmed:
		if from == booking.StatusPendingPayment {
			b.emit(webhook.BookingConfirmed, reference, b.bookingData)
		}
	case booking.StatusExpired:
		b.emit(webhook.BookingExpired, reference, b.bookingData)
	case booking.StatusCancelled:
		b.emit(webhook.BookingCancelled, reference, b.bookingData)
	case booking.StatusPaymentFailed:
		b.emit(webhook.BookingPaymentFailed, reference, b.bookingData)
	}
}

// writeEvents writes what was collected, and returns the client whose endpoints have something to be sent; zero for none.
func (b *lockedBooking) writeEvents() (clientID uint64, err error) {
	if len(b.outgoing) == 0 || b.booking.ClientID == nil {
		return 0, nil
	}
	for _, e := range b.outgoing {
		err := insertDeliveries(b.tx, b.now, e, subscribed+" AND e.client_id = "+endpointOwner("?"), e.kind,
			b.now.Add(-keptWhileDisabled), *b.booking.ClientID, *b.booking.ClientID)
		if err != nil {
			return 0, err
		}
	}
	return *b.booking.ClientID, nil
}

func (b *lockedBooking) bookingData() any { return webhook.BookingData{Booking: b.eventBooking()} }

func (b *lockedBooking) eventBooking() webhook.EventBooking {
	about := webhook.EventBooking{
		Reference: b.booking.Reference, Status: b.booking.Status,
		Amount: money.Money{Value: b.booking.Amount, Currency: b.booking.Currency},
	}
	if b.payment.ID == 0 {
		return about
	}
	about.Payment = &webhook.EventPayment{
		PaymentIntentID: b.payment.StripePaymentIntentID, Status: b.payment.Status,
		Captured: money.Money{Value: b.payment.AmountCaptured, Currency: b.payment.Currency},
		Refunded: money.Money{Value: b.payment.AmountRefunded, Currency: b.payment.Currency},
	}
	if b.payment.Status == booking.PaymentAuthorized {
		about.Payment.CaptureBefore = b.payment.CaptureBefore
	}
	return about
}

func (r *refundRecorder) refundData() any {
	return webhook.RefundData{Booking: r.eventBooking(), Refund: webhook.EventRefund{
		ID: r.refund.RefundID, Status: r.refund.Status, Amount: money.Money{Value: r.refund.Amount, Currency: r.refund.Currency},
		Origin: r.refund.Origin, FailureReason: r.refund.FailureReason,
	}}
}

func (r *disputeRecorder) disputeData() any {
	about := webhook.EventDispute{
		ID: r.dispute.StripeDisputeID, Status: r.dispute.Status, Reason: r.dispute.Reason,
		Amount: money.Money{Value: r.dispute.Amount, Currency: r.dispute.Currency},
	}
	if r.dispute.Status.NeedsResponse() {
		about.DueBy = r.dispute.DueBy
	}
	return webhook.DisputeData{Booking: r.eventBooking(), Dispute: about}
}

// mayOperate is the condition that a client has a key with the scope of operations events now.
const mayOperate = "EXISTS (SELECT 1 FROM api_keys k JOIN api_clients c ON c.id = k.client_id WHERE k.client_id = e.client_id AND " +
	"c.disabled_at IS NULL AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > ?) AND FIND_IN_SET(?, k.scopes) > 0)"

// WriteOperationsEvent writes an event that is about no client's booking, for the endpoints of clients that may read operations now.
// AnnounceOperations says after the commit that there is something to be sent.
func WriteOperationsEvent(tx *gorm.DB, now time.Time, kind webhook.Type, object string, data any) error {
	return insertDeliveries(tx, now, outgoingEvent{kind, object, func() any { return data }}, subscribed+" AND "+mayOperate,
		kind, now.Add(-keptWhileDisabled), now, access.OperationsRead)
}

// Announcer receives after a commit whose endpoints have something to be sent: those of a client, or for zero those that get operations
// events. It must not block. What it misses, as when the process dies, the sweeper finds.
type Announcer func(clientID uint64)

// Announce sets the announcer; call it before the store is used.
func (s *Store) Announce(a Announcer) { s.announcer = a }

func (s *Store) announce(clientID uint64) {
	if clientID != 0 && s.announcer != nil {
		s.announcer(clientID)
	}
}

// AnnounceOperations says after a commit that an operations event may have to be sent.
func (s *Store) AnnounceOperations() {
	if s.announcer != nil {
		s.announcer(0)
	}
}

package store

import (
	"context"
	"time"

	"farebook/booking"
	"farebook/reconciliation"
)

// NamedPayment is a PaymentIntent with the booking that its metadata names.
type NamedPayment struct {
	PaymentIntentID string
	Reference       booking.Reference
}

// UnknownPayments picks the payments of which the books know neither the booking nor the PaymentIntent. A booking is committed before
// Stripe is asked for its PaymentIntent, so that there is none unless the books have lost it.
func (s *Store) UnknownPayments(ctx context.Context, named []NamedPayment) (unknown []NamedPayment, err error) {
	references, intents := make([]string, len(named)), make([]string, len(named))
	for i, payment := range named {
		references[i], intents[i] = string(payment.Reference), payment.PaymentIntentID
	}
	knownReferences, err := s.present(ctx, "bookings", "reference", references)
	if err != nil {
		return nil, err
	}
	knownIntents, err := s.present(ctx, "payments", "stripe_payment_intent_id", intents)
	if err != nil {
		return nil, err
	}
	for _, payment := range named {
		if !knownReferences[string(payment.Reference)] && !knownIntents[payment.PaymentIntentID] {
			unknown = append(unknown, payment)
		}
	}
	return unknown, nil
}

// NamedRefund is a refund at Stripe with our id of it, from its metadata.
type NamedRefund struct {
	StripeRefundID string
	RefundID       booking.RefundID
}

// UnknownRefunds picks the refunds that the books know by neither id. A refund is committed before Stripe is asked for it.
func (s *Store) UnknownRefunds(ctx context.Context, named []NamedRefund) (unknown []NamedRefund, err error) {
	ids, stripeIDs := make([]string, len(named)), make([]string, len(named))
	for i, refund := range named {
		ids[i], stripeIDs[i] = string(refund.RefundID), refund.StripeRefundID
	}
	knownIDs, err := s.present(ctx, "refunds", "refund_id", ids)
	if err != nil {
		return nil, err
	}
	knownAtStripe, err := s.present(ctx, "refunds", "stripe_refund_id", stripeIDs)
	if err != nil {
		return nil, err
	}
	for _, refund := range named {
		if !knownIDs[string(refund.RefundID)] && !knownAtStripe[refund.StripeRefundID] {
			unknown = append(unknown, refund)
		}
	}
	return unknown, nil
}

// present tells which values a column has.
func (s *Store) present(ctx context.Context, table, column string, values []string) (map[string]bool, error) {
	if len(values) == 0 {
		return nil, nil
	}
	var found []string
	err := s.db.WithContext(ctx).Table(table).Where(column+" IN ?", values).Pluck(column, &found).Error
	known := make(map[string]bool, len(found))
	for _, value := range found {
		known[value] = true
	}
	return known, err
}

// KnownClients tells which clients (cl_...) the books have.
func (s *Store) KnownClients(ctx context.Context, clientIDs []string) (map[string]bool, error) {
	return s.present(ctx, "api_clients", "client_id", clientIDs)
}

// NamedEvent is an event of Stripe's about a payment.
type NamedEvent struct {
	EventID         string
	PaymentIntentID string
}

// UnheardEvents picks the events about payments that the books know which are not in the inbox.
func (s *Store) UnheardEvents(ctx context.Context, named []NamedEvent) (unheard []NamedEvent, err error) {
	ids, intents := make([]string, len(named)), make([]string, len(named))
	for i, event := range named {
		ids[i], intents[i] = event.EventID, event.PaymentIntentID
	}
	heard, err := s.present(ctx, "stripe_events", "stripe_event_id", ids)
	if err != nil {
		return nil, err
	}
	known, err := s.present(ctx, "payments", "stripe_payment_intent_id", intents)
	if err != nil {
		return nil, err
	}
	for _, event := range named {
		if !heard[event.EventID] && known[event.PaymentIntentID] {
			unheard = append(unheard, event)
		}
	}
	return unheard, nil
}

// Newest is the last booking that the books took. A row is never deleted: one that is missing later was lost with a restore.
type Newest struct {
	BookingID uint64
	Reference booking.Reference
	// At is when the newest booking or refund was written; zero for empty books.
	At time.Time
}

// Newest reads the last booking, and when the books were last written.
func (s *Store) Newest(ctx context.Context) (Newest, error) {
	var bookings []bookingRow
	err := s.db.WithContext(ctx).Select("id, reference, created_at").Order("id DESC").Limit(1).Find(&bookings).Error
	if err != nil || len(bookings) == 0 {
		return Newest{}, err
	}
	newest := Newest{BookingID: bookings[0].ID, Reference: bookings[0].Reference, At: bookings[0].CreatedAt}
	var refunds []refundRow
	err = s.db.WithContext(ctx).Select("id, created_at").Order("id DESC").Limit(1).Find(&refunds).Error
	if err == nil && len(refunds) > 0 && refunds[0].CreatedAt.After(newest.At) {
		newest.At = refunds[0].CreatedAt
	}
	return newest, err
}

// Has tells whether the books have the booking of an earlier Newest.
func (s *Store) Has(ctx context.Context, n Newest) (bool, error) {
	if n.BookingID == 0 {
		return true, nil
	}
	var count int64
	err := s.db.WithContext(ctx).Model(&bookingRow{}).Where("id = ? AND reference = ?", n.BookingID, n.Reference).Count(&count).Error
	return count == 1, err
}

// KnownOf reads what the books know of the payments that lines are about, by balance transaction. A booking is found by its reference and
// by its PaymentIntent, each through its own index: a condition with OR would read all bookings.
func (s *Store) KnownOf(ctx context.Context, lines []reconciliation.Line) (map[string]reconciliation.Known, error) {
	intents, references := []string{""}, []string{""}
	for _, line := range lines {
		intents, references = append(intents, line.PaymentIntentID), append(references, string(line.Reference))
	}
	var rows []struct {
		Reference             booking.Reference
		StripePaymentIntentID string
	}
	err := s.db.WithContext(ctx).Raw(`
		SELECT b.reference, COALESCE(p.stripe_payment_intent_id, '') AS stripe_payment_intent_id
		FROM bookings b LEFT JOIN payments p ON p.booking_id = b.id WHERE b.reference IN ?
		UNION
		SELECT b.reference, p.stripe_payment_intent_id
		FROM payments p JOIN bookings b ON b.id = p.booking_id WHERE p.stripe_payment_intent_id IN ?`, references, intents).
		Scan(&rows).Error
	if err != nil {
		return nil, err
	}
	byIntent, byReference := map[string]booking.Reference{}, map[booking.Reference]string{}
	for _, row := range rows {
		byReference[row.Reference] = row.StripePaymentIntentID
		if row.StripePaymentIntentID != "" {
			byIntent[row.StripePaymentIntentID] = row.Reference
		}
	}
	known := make(map[string]reconciliation.Known, len(lines))
	for _, line := range lines {
		intent, ours := byReference[line.Reference]
		k := reconciliation.Known{Reference: byIntent[line.PaymentIntentID], BookingKnown: ours && line.Reference != ""}
		k.PaymentKnown = k.Reference != ""
		if !k.PaymentKnown && k.BookingKnown && intent != "" && intent != line.PaymentIntentID {
			k.OtherIntent = intent
		}
		known[line.ID] = k
	}
	return known, nil
}

// PaymentIDs are the rows of payments by their PaymentIntents; one that is not a booking's is left out.
func (s *Store) PaymentIDs(ctx context.Context, intents []string) (map[string]uint64, error) {
	var rows []struct {
		ID                    uint64
		StripePaymentIntentID string
	}
	err := s.db.WithContext(ctx).Model(&paymentRow{}).Select("id, stripe_payment_intent_id").
		Where("stripe_payment_intent_id IN ? AND stripe_payment_intent_id <> ''", intents).Scan(&rows).Error
	ids := make(map[string]uint64, len(rows))
	for _, row := range rows {
		ids[row.StripePaymentIntentID] = row.ID
	}
	return ids, err
}

// Unproven follows the state of an automatic payout that its balance transactions do not account for.
const Unproven = " (unproven)"

// StatesOf reads where refunds, disputes or payouts are in the books, by Stripe's ids; a payout's may end in Unproven.
func (s *Store) StatesOf(ctx context.Context, object reconciliation.Object, ids []string) (map[string]string, error) {
	table := map[reconciliation.Object]string{
		reconciliation.ObjectRefund: "refunds", reconciliation.ObjectDispute: "disputes",
		reconciliation.ObjectPayout: "payouts",
	}[object]
	query := s.db.WithContext(ctx).Table(table).Where("stripe_"+string(object)+"_id IN ?", ids)
	if object == reconciliation.ObjectPayout {
		query = query.Select("stripe_payout_id AS id, IF(proof = ?, CONCAT(status, ?), status) AS status", ProofUnproven, Unproven)
	} else {
		query = query.Select("stripe_" + string(object) + "_id AS id, status")
	}
	var rows []struct{ ID, Status string }
	err := query.Scan(&rows).Error
	states := make(map[string]string, len(rows))
	for _, row := range rows {
		states[row.ID] = row.Status
	}
	return states, err
}

// Heard is up to when the inbox has Stripe's events.
type Heard struct {
	// Newest is when Stripe made the event that the inbox received last; zero for an empty inbox.
	Newest time.Time
	// Settled is up to when it no longer matters which events the inbox misses: a reconciliation that reached back to Newest has read their
	// objects at Stripe, or an operator has lowered a fence. Zero for never.
	Settled time.Time
}

// Heard reads up to when the inbox has Stripe's events.
func (s *Store) Heard(ctx context.Context) (Heard, error) {
	conn := s.db.WithContext(ctx)
	var events []eventRow
	err := conn.Select("id, stripe_created_at").Order("id DESC").Limit(1).Find(&events).Error
	if err != nil || len(events) == 0 {
		return Heard{}, err
	}
	heard := Heard{Newest: events[0].StripeCreatedAt}
	// By the table alone: reconciliations are kept above the books (store/recon).
	var runs []struct{ StartedAt time.Time }
	err = conn.Table("reconciliation_runs").Select("started_at").
		Where("status = 'completed' AND dry_run = FALSE AND scope = ? AND window_start <= ?", reconciliation.ScopeAll, heard.Newest).
		Order("id DESC").Limit(1).Scan(&runs).Error
	if err != nil {
		return Heard{}, err
	}
	if len(runs) > 0 {
		heard.Settled = runs[0].StartedAt
	}
	var fences []fenceRow
	err = conn.Select("id, lowered_at").Where("lowered_at IS NOT NULL").Order("id DESC").Limit(1).Find(&fences).Error
	if err == nil && len(fences) > 0 && fences[0].LoweredAt.After(heard.Settled) {
		heard.Settled = *fences[0].LoweredAt
	}
	return heard, err
}

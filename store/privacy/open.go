package privacy

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"gorm.io/gorm"

	"farebook/booking"
	"farebook/store"
	"farebook/store/proposals"
)

// flying are the states in which the traveller still flies.
var flying = []booking.Status{booking.StatusConfirmed, booking.StatusPartiallyRefunded, booking.StatusDisputed}

// openPayments are states in which money may still arrive or be captured.
var openPayments = []booking.PaymentStatus{
	booking.PaymentRequiresAction, booking.PaymentProcessing, booking.PaymentAuthorized, booking.PaymentUnknown,
}

// openQuestion finds what about a booking is under way.
type openQuestion struct {
	reason string // with %s for the ids
	table  string
	column string
	where  string // with the id of the booking, and then in
	in     []any
}

var openQuestions = []openQuestion{
	{"the payment %s is not settled", "payments", "stripe_payment_intent_id", "booking_id = ? AND status IN ?", []any{openPayments}},
	{
		"the refund %s is under way", "refunds", "refund_id", "booking_id = ? AND status NOT IN ?",
		[]any{booking.SettledRefunds},
	},
	{
		"the dispute %s is not decided", "disputes", "stripe_dispute_id", "booking_id = ? AND status IN ?",
		[]any{booking.OpenDisputes},
	},
	{
		"the email %s is not sent", "emails", "id", "booking_id = ? AND status IN ?",
		[]any{[]string{store.EmailQueued, store.EmailHeld}},
	},
	{"the proposal %s is not decided", "proposals", "code", "booking_id = ? AND state = ?", []any{proposals.Proposed}},
	{"an operator has to examine the matter %s (starter attention list)", "attention_items", "kind", "booking_id = ? AND is_open = 1", nil},
}

func departureOf(row bookingRow) (time.Time, error) {
	var flight booking.Flight
	if err := json.Unmarshal([]byte(row.FlightJSON), &flight); err != nil {
		return time.Time{}, fmt.Errorf("flight of booking %s in the database: %w", row.Reference, err)
	}
	return flight.DepartsAt, nil
}

// checkOpen returns *OpenError with everything about a booking that is not over.
func (b *Books) checkOpen(conn *gorm.DB, row bookingRow) error {
	if row.ErasedAt != nil {
		return nil // it was over; what has come since is erased as well
	}
	var reasons []string
	if row.Status == booking.StatusPendingPayment {
		reasons = append(reasons, "its hold has not ended")
	}
	if row.RefundDue {
		reasons = append(reasons, "money that came late has to be paid back")
	}
	departs, err := departureOf(row)
	if err != nil {
		return err
	}
	if slices.Contains(flying, row.Status) && departs.After(b.store.Now()) {
		reasons = append(reasons, "its flight departs at "+departs.Format(time.RFC3339))
	}
	for _, question := range openQuestions {
		var found []string
		err := conn.Table(question.table).Where(question.where, append([]any{row.ID}, question.in...)...).Order("id").Limit(rowsPage).
			Pluck(question.column, &found).Error
		if err != nil {
			return err
		}
		for _, id := range found {
			reasons = append(reasons, fmt.Sprintf(question.reason, id))
		}
	}
	var events []string
	err = conn.Table("stripe_events").Where("booking_reference = ? AND processed = FALSE", row.Reference).Order("id").Limit(rowsPage).
		Pluck("stripe_event_id", &events).Error
	if err != nil {
		return err
	}
	for _, id := range events {
		reasons = append(reasons, "the event "+id+" is not processed")
	}
	if len(reasons) > 0 {
		return &OpenError{row.Reference, reasons}
	}
	return nil
}

package store

import (
	"crypto/sha256"
	"encoding/hex"
	"time"

	"gorm.io/gorm"

	"farebook/store/internal/db"
)

// AttentionKind is the kind of a matter that an operator has to decide.
type AttentionKind string

// The kinds. A matter closes when the books know that it is settled. Where they cannot know it, an operator closes the matter.
const (
	// a PaymentIntent that does not fit the booking; until it does, or is cancelled
	AttentionPaymentMismatch AttentionKind = "payment_mismatch"
	AttentionPaymentRefused  AttentionKind = "payment_refused"  // no PaymentIntent could be made
	AttentionOtherPayment    AttentionKind = "other_payment"    // a second PaymentIntent names the booking; until it has no money
	AttentionLateMoney       AttentionKind = "late_money"       // to be paid back in another way; until nothing is due
	AttentionRefundPostponed AttentionKind = "refund_postponed" // not made yet; until it is, or is refused
	// not made while Stripe's refunds differ; until it is, or an operator closes it
	AttentionRefundHeld     AttentionKind = "refund_held"
	AttentionRefundFailed   AttentionKind = "refund_failed"   // until the money is refunded after all
	AttentionRefundMade     AttentionKind = "refund_made"     // after it was recorded as refused
	AttentionRefundMismatch AttentionKind = "refund_mismatch" // differs from the books; until it does not
	AttentionRefundCopied   AttentionKind = "refund_copied"   // bears another refund's id
	AttentionDisputeRest    AttentionKind = "dispute_rest"    // won, and gave back other money; until it does not
	AttentionUnknown        AttentionKind = "unknown_state"   // of an object, not known to this version; until Stripe reports one that is
	AttentionDeparted       AttentionKind = "departed"        // a bank debit that settled after the departure
	AttentionRebuilt        AttentionKind = "rebuilt"         // from Stripe, after a restore; until its request is repeated
	AttentionEarlier        AttentionKind = "earlier"         // written by an older release, which stored only a text
	AttentionSealingOverdue AttentionKind = "sealing_overdue" // the ledger is not sealed any more; until it is

	AttentionEndpointDisabled AttentionKind = "webhook_endpoint_disabled" // its receiver takes no events; until it is enabled or removed
)

// AttentionKinds are all kinds.
var AttentionKinds = []AttentionKind{
	AttentionPaymentMismatch, AttentionPaymentRefused, AttentionOtherPayment, AttentionLateMoney, AttentionRefundPostponed,
	AttentionRefundHeld, AttentionRefundFailed,
	AttentionRefundMade, AttentionRefundMismatch, AttentionRefundCopied, AttentionDisputeRest, AttentionUnknown, AttentionDeparted,
	AttentionRebuilt, AttentionEarlier, AttentionSealingOverdue, AttentionEndpointDisabled,
}

type attentionRow struct {
	ID        uint64
	BookingID *uint64 // nil for an object that belongs to no booking
	Kind      AttentionKind
	Subject   string
	Text      string
	OpenedAt  time.Time
	ClosedAt  *time.Time
	ClosedBy  string
	Note      string

	// TakenBy and Holder are who has the matter, by name and by access.Actor.Holder; empty while nobody has it.
	TakenBy, Holder string
}

func (attentionRow) TableName() string { return "attention_items" }

const (
	attentionText = 500 // how many characters of a text an item has
	attentionSlot = 200 // how many of them bookings.attention has
)

// matters are the attention items of one booking, or those without a booking. A transaction that opens or closes one holds the lock of the
// booking, or of the object that the item is about.
type matters struct {
	tx        *gorm.DB
	now       time.Time
	bookingID *uint64
}

func (m matters) all() *gorm.DB { return m.tx.Where("booking_id <=> ?", m.bookingID) }

// open inserts an item, or updates the text of the open one: UNIQUE kind and subject among open items. An item that an operator closed with
// the same text stays closed. changed reports whether anything was written.
func (m matters) open(kind AttentionKind, subject, text string) (changed bool, err error) {
	text = db.Truncate(text, attentionText)
	var last attentionRow
	err = m.all().Where("kind = ? AND subject = ?", kind, subject).Order("id DESC").Limit(1).Find(&last).Error
	if err != nil {
		return false, err
	}
	switch {
	case last.ID != 0 && last.ClosedAt == nil && last.Text == text:
		return false, nil
	case last.ID != 0 && last.ClosedAt == nil:
		return true, m.tx.Model(&last).Update("text", text).Error
	case last.ID != 0 && last.ClosedBy != "" && last.Text == text:
		return false, nil
	}
	return true, m.tx.Create(&attentionRow{BookingID: m.bookingID, Kind: kind, Subject: subject, Text: text, OpenedAt: m.now}).Error
}

// close closes the open items that match. changed reports whether there was one.
func (m matters) close(where string, args ...any) (changed bool, err error) {
	closed := m.tx.Model(&attentionRow{}).Where("booking_id <=> ? AND closed_at IS NULL", m.bookingID).Where(where,
		args...).Update("closed_at", m.now)
	return closed.RowsAffected > 0, closed.Error
}

func (b *lockedBooking) matters() matters { return matters{b.tx, b.now, &b.booking.ID} }

// markForAttention opens a matter of the booking for an operator.
func (b *lockedBooking) markForAttention(kind AttentionKind, subject, text string) error {
	if err := b.keepEarlierAttention(); err != nil {
		return err
	}
	changed, err := b.matters().open(kind, subject, text)
	if err != nil || !changed {
		return err
	}
	return b.showAttention()
}

// keepEarlierAttention copies a text that an older release wrote into an item, before the text is overwritten.
func (b *lockedBooking) keepEarlierAttention() error {
	text := db.OrEmpty(b.booking.Attention)
	if text == "" {
		return nil
	}
	var known int64
	err := b.tx.Model(&attentionRow{}).Where("booking_id = ? AND closed_at IS NULL AND LEFT(text, ?) = ?", b.booking.ID, attentionSlot, text).
		Count(&known).Error
	if err != nil || known > 0 {
		return err
	}
	return b.tx.Create(&attentionRow{
		BookingID: &b.booking.ID, Kind: AttentionEarlier, Subject: earlierSubject(text), Text: text, OpenedAt: b.booking.UpdatedAt,
	}).Error
}

// earlierSubject distinguishes the texts of an older release, as attentionOfBookings in migrations/backfills.go does.
func earlierSubject(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])[:16]
}

// settleAttention closes a matter that is settled. A booking without attention has no open matter, so that no query is made.
func (b *lockedBooking) settleAttention(kind AttentionKind, subject string) error {
	return b.settleAttentionWhere("kind = ? AND subject = ?", kind, subject)
}

func (b *lockedBooking) settleAttentionWhere(where string, args ...any) error {
	if db.OrEmpty(b.booking.Attention) == "" {
		return nil
	}
	changed, err := b.matters().close(where, args...)
	if err != nil || !changed {
		return err
	}
	return b.showAttention()
}

// showAttention writes the newest open matter to bookings.attention, and NULL when none is open.
func (b *lockedBooking) showAttention() error {
	newest, err := newestAttention(b.tx, b.booking.ID)
	if err != nil {
		return err
	}
	b.booking.Attention = newest
	return b.saveBooking("attention")
}

func newestAttention(tx *gorm.DB, bookingID uint64) (*string, error) {
	var row attentionRow
	err := tx.Where("booking_id = ? AND closed_at IS NULL", bookingID).Order("id DESC").Limit(1).Find(&row).Error
	return db.OrNil(db.Truncate(row.Text, attentionSlot)), err
}

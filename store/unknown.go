package store

import (
	"fmt"

	"farebook/booking"
	"farebook/store/internal/db"
)

// A status at Stripe that this version does not know is recorded as "unknown", with Stripe's word in another column. It is shown to an
// operator, as a matter of the booking or of the object, until Stripe reports a status that is known.

// wordOf is the value of the column stripe_status: Stripe's word for a status that is not known, empty for a known one.
func wordOf(unknown bool, word string) string {
	if !unknown {
		return ""
	}
	return db.Code(word)
}

// unknownWord is a word in a field of an object at Stripe, which this version may not know.
type unknownWord struct {
	object, id, what string // "refund", "re_1", "status"
	unknown          bool
	word             string
}

func (u unknownWord) subject() string { return db.Truncate(u.id+"/"+u.what, 64) }

func (u unknownWord) text() string {
	return fmt.Sprintf("%s %s has a %s at Stripe that this version does not know: %s", u.object, u.id, u.what, db.Code(u.word))
}

// showUnknown opens a matter about a word at Stripe that this version does not know, and closes it once the word is known. Matters about
// other fields are left as they are.
func (b *lockedBooking) showUnknown(object, id, what string, unknown bool, word string) error {
	u := unknownWord{object, id, what, unknown, word}
	if !unknown {
		return b.settleAttention(AttentionUnknown, u.subject())
	}
	return b.markForAttention(AttentionUnknown, u.subject(), u.text())
}

// show is showUnknown for an object that belongs to no booking. The caller holds the lock of its row.
func (u unknownWord) show(m matters) (err error) {
	if u.unknown {
		_, err = m.open(AttentionUnknown, u.subject(), u.text())
	} else {
		_, err = m.close("kind = ? AND subject = ?", AttentionUnknown, u.subject())
	}
	return err
}

// holding are the statuses of disputes in which the bank has the money of a payment, or may have it.
var holding = []booking.DisputeStatus{
	booking.DisputeNeedsResponse, booking.DisputeUnderReview, booking.DisputeLost, booking.DisputeUnknown,
}

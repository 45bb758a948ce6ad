package store

import (
	"fmt"

	"farebook/booking"
	"farebook/store/internal/db"
)

// A state that Stripe has and this version does not know is recorded as "unknown", with Stripe's own word beside it. It is shown to a
// person, as a matter of the booking's or of the object alone, until Stripe says something that is known.

// wordOf is what the column stripe_status has: Stripe's word for a state that is not known, and nothing for one that is.
func wordOf(unknown bool, word string) string {
	if !unknown {
		return ""
	}
	return db.Code(word)
}

// unknownWord is one word of Stripe's about an object: known, or not.
type unknownWord struct {
	object, id, what string // "refund", "re_1", "status"
	unknown          bool
	word             string
}

func (u unknownWord) subject() string { return db.Truncate(u.id+"/"+u.what, 64) }

func (u unknownWord) text() string {
	return fmt.Sprintf("%s %s has a %s at Stripe that this version does not know: %s", u.object, u.id, u.what, db.Code(u.word))
}

// showUnknown shows an operator that Stripe says something of an object that this version does not know, or takes that back once it says
// something known. What is shown about anything else is left alone.
func (b *lockedBooking) showUnknown(object, id, what string, unknown bool, word string) error {
	u := unknownWord{object, id, what, unknown, word}
	if !unknown {
		return b.settleAttention(AttentionUnknown, u.subject())
	}
	return b.markForAttention(AttentionUnknown, u.subject(), u.text())
}

// show is showUnknown for an object that belongs to no booking; the caller holds the lock of its row.
func (u unknownWord) show(m matters) (err error) {
	if u.unknown {
		_, err = m.open(AttentionUnknown, u.subject(), u.text())
	} else {
		_, err = m.close("kind = ? AND subject = ?", AttentionUnknown, u.subject())
	}
	return err
}

// holding are the states of disputes in which the bank has the money of a payment, or may have it.
var holding = []booking.DisputeStatus{
	booking.DisputeNeedsResponse, booking.DisputeUnderReview, booking.DisputeLost, booking.DisputeUnknown,
}

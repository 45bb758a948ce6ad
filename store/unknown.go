package store

import (
	"fmt"

	"farebook/booking"
)

// A state that Stripe has and this version does not know is recorded as "unknown", with Stripe's own word beside it. It is shown to a
// person as the booking's attention until Stripe says something that is known.

// wordOf is what the column stripe_status has: Stripe's word for a state that is not known, and nothing for one that is.
func wordOf(unknown bool, word string) string {
	if !unknown {
		return ""
	}
	return code(word)
}

// showUnknown shows a person that Stripe says something of an object that this version does not know, or takes that back once it says
// something known. What is shown about anything else is left alone.
func (r *recording) showUnknown(object, id, what string, unknown bool, word string) error {
	subject := short(id+"/"+what, 64)
	if !unknown {
		return r.settleAttention(AttentionUnknown, subject)
	}
	return r.markForAttention(AttentionUnknown, subject,
		fmt.Sprintf("%s %s has a %s at Stripe that this version does not know: %s", object, id, what, code(word)))
}

// holding are the states of disputes in which the bank has the money of a payment, or may have it.
var holding = []string{
	string(booking.DisputeNeedsResponse), string(booking.DisputeUnderReview), string(booking.DisputeLost), string(booking.DisputeUnknown),
}

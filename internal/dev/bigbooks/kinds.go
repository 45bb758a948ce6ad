package bigbooks

import (
	"fmt"
	"strings"
)

// share is how many of a thousand bookings are of a kind. Bookings of a kind that takes days are at least that old.
type share struct {
	kind     string
	perMille int
	days     int
}

// shares are the kinds of bookings whose work is done. All others are "paid": confirmed, and nothing more.
var shares = []share{
	{"expired", 60, 0},   // nobody paid
	{"refunded", 20, 4},  // refunded at the client's request
	{"partly", 10, 4},    // half of it refunded
	{"cancelled", 10, 4}, // cancelled by the customer, and half of it refunded under the policy
	{"lost", 2, 20},      // disputed, and the dispute lost
	{"won", 2, 20},       // disputed, and the dispute won
}

// Further shares, of all kinds, by the last slots of a thousand.
const (
	twinSlot    = 995 // its PaymentIntent may have been made twice, and was not
	closedSlot  = 996 // an operator has closed a matter about it
	notOursSlot = 997 // Stripe has sent an event about it that is not ours
	ignoredSlot = 998 // an operator has ignored an event about it
	resentSlot  = 999 // its confirmation was sent again
	importedOf  = 20  // one in so many bookings, the oldest ones, was imported from an earlier system
	euroOf      = 10  // one in so many is paid in EUR
)

// Work that is not done, of which there is as much in large books as in small ones, at the same rate of bookings.
const (
	open       = 100 // bookings that are payable, the newest
	unread     = 20  // of these, with an event that is not processed
	unsent     = 10  // of these, with an email that waits for the mail server
	refunding  = 10  // refunds that wait for the bank
	disputed   = 10  // disputes that wait for evidence
	underEyes  = 10  // bookings with a matter that waits for an operator
	refundsTo  = 490 // the newest booking that is being refunded, counted from the newest of all
	disputesTo = 590
	mattersTo  = 690
)

// kind is the SQL for the kind of booking n, taken at `at`, with its place in its thousand in `slot`.
func kind() string {
	var b strings.Builder
	fmt.Fprintf(&b, "CASE WHEN n > {n} - %d THEN 'open'", open)
	fmt.Fprintf(&b, " WHEN n BETWEEN {n} - %d AND {n} - %d THEN 'refunding'", refundsTo+refunding-1, refundsTo)
	fmt.Fprintf(&b, " WHEN n BETWEEN {n} - %d AND {n} - %d THEN 'disputed'", disputesTo+disputed-1, disputesTo)
	slot := 0
	for _, s := range shares {
		slot += s.perMille
		fmt.Fprintf(&b, " WHEN slot < %d THEN IF(at < {now} - INTERVAL %d DAY, '%s', 'paid')", slot, s.days, s.kind)
	}
	return b.String() + " ELSE 'paid' END"
}

// OnlyPaid reports whether booking n was paid, and nothing happened to it since. It is for bookings that are older than the work that is
// not done.
func OnlyPaid(n int) bool {
	slot, done := n*7919%1000, 0
	for _, s := range shares {
		done += s.perMille
	}
	return slot >= done && slot < twinSlot
}

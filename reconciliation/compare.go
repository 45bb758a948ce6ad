// Package reconciliation compares the books with Stripe, balance transaction by balance transaction: what Stripe reports on one
// side, what was posted on the other, and each difference as a finding that an operator understands. It imports booking,
// ledger, money and validation, and does no I/O.
package reconciliation

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"farebook/booking"
	"farebook/ledger"
	"farebook/money"
)

// Line is one balance transaction and the object that it came from.
type Line struct {
	booking.BalanceTransaction
	Object          Object
	ObjectID        string // pi_ (ch_ if there is no PaymentIntent), re_, dp_, po_, txn_
	PaymentIntentID string
	ChargeID        string            // the charge that the source is or belongs to; empty if there is none
	Reference       booking.Reference // from the metadata; empty if Farebook did not create the payment
}

// Posting is one ledger transaction, summed per currency in minor units: its effect on the clearing account (net of the fee),
// and the fee.
type Posting struct {
	LedgerID        uint64
	Type            string
	PaymentIntentID string
	Clearing        map[money.Currency]int64 // debits less credits, net of fees
	Fees            map[money.Currency]int64 // debits less credits
	// Early: posted before its balance transaction, and with it the fee, was known.
	Early bool
}

// Known is what the books know of a line's payment.
type Known struct {
	// PaymentKnown: the PaymentIntent belongs to a booking.
	PaymentKnown bool
	// BookingKnown: the metadata names a booking in the books. OtherIntent is the PaymentIntent that this booking has instead.
	BookingKnown bool
	OtherIntent  string
	// Reference is the booking of the PaymentIntent; empty if there is none.
	Reference booking.Reference
}

// Rules decide which differences are ignored: those that are too recent (Lag) or too small (Tolerance).
type Rules struct {
	Now time.Time
	// Lag is the age below which a missing posting is not a finding, because its event may still arrive.
	Lag time.Duration
	// Tolerance is the largest difference in minor units that is ignored.
	Tolerance int64
}

// Await reclassifies a finding younger than Lag as Timing, because its event may still arrive.
func (r Rules) Await(finding *Finding, happened time.Time) {
	if r.Now.Sub(happened) < r.Lag {
		finding.Class, finding.Healing = Timing, HealNone
		finding.Reason += fmt.Sprintf("; it happened less than %s ago, and its event may be on its way", r.Lag)
	}
}

// Compare compares a line with everything that was posted for it. It returns nil if they agree. A line that moves no money
// needs no posting.
func Compare(line Line, posted []Posting, known Known, rules Rules) *Finding {
	finding := Finding{
		Object: line.Object, StripeID: line.ObjectID, BalanceTransactionID: line.ID, PaymentIntentID: line.PaymentIntentID,
		Reference: line.Reference, AtStripe: line.Net, Net: line.Net, Currency: line.Currency, Healing: healingOf(line),
	}
	if len(posted) == 0 && line.IsZero() {
		return nil
	}
	if len(posted) == 0 {
		return missing(finding, line, known, rules)
	}
	if known.PaymentKnown && PostedAsUnbooked(posted) {
		return misplaced(finding, line, posted, known)
	}
	clearing, fees := sum(posted)
	finding.Here, finding.Posted = clearing[line.Currency], clearing[line.Currency]
	decided := corrected(posted)
	finding.Healing = HealNone
	if !decided && twice(posted) {
		finding.Class = Duplicate
		finding.Reason = fmt.Sprintf("balance transaction %s was posted %d times", line.ID, len(posted))
		return &finding
	}
	for currency, amount := range clearing {
		if currency != line.Currency && amount != 0 {
			finding.Class = CurrencyMismatch
			finding.Reason = fmt.Sprintf("posted in %s, settled in %s", currency, line.Currency)
			return &finding
		}
	}
	fee, theirs := fees[line.Currency], line.Kept()
	if !decided && beyond(fee-theirs, rules.Tolerance) {
		finding.Class, finding.Here, finding.AtStripe = FeeMismatch, fee, theirs
		finding.Reason = fmt.Sprintf("a fee of %s was posted, Stripe took %s", money.Text(fee, line.Currency), money.Text(theirs, line.Currency))
		if FeeOutstanding(posted) {
			finding.Healing = healingOf(line) // recording the payment again posts the fee
			rules.Await(&finding, line.Created)
		}
		return &finding
	}
	if beyond(clearing[line.Currency]-line.Net, rules.Tolerance) {
		finding.Class = AmountMismatch
		finding.Reason = fmt.Sprintf("%s was posted net, Stripe settled %s net", money.Text(clearing[line.Currency], line.Currency),
			money.Text(line.Net, line.Currency))
		return &finding
	}
	return nil
}

// missing classifies a line for which nothing was posted.
func missing(finding Finding, line Line, known Known, rules Rules) *Finding {
	finding.Class = MissingInLedger
	finding.Reason = fmt.Sprintf("Stripe settled this %s (%s) and the ledger does not have it", line.Object, line.ReportingCategory)
	ours := known.PaymentKnown || line.Object == ObjectPayout || line.Object == ObjectAccountFee
	switch {
	case line.Object == ObjectBalanceTransaction:
		finding.Reason = fmt.Sprintf("Stripe settled a %s that Farebook does not post: an operator has to post it", line.ReportingCategory)
	case known.OtherIntent != "":
		finding.Class, finding.Healing = Duplicate, HealNone
		finding.Reason = fmt.Sprintf("booking %s was paid by %s, and this is a second payment", line.Reference, known.OtherIntent)
	case !ours && !known.BookingKnown:
		finding.Class, finding.Healing = OrphanPayment, HealNone
		finding.Reason = fmt.Sprintf("this %s at Stripe belongs to no booking", line.Object)
	}
	if finding.Class == MissingInLedger {
		rules.Await(&finding, line.Created)
	}
	return &finding
}

// misplaced classifies a line that was posted as belonging to no booking, and whose payment belongs to a booking by now.
// Recording the payment replaces that posting.
func misplaced(finding Finding, line Line, posted []Posting, known Known) *Finding {
	clearing, _ := sum(posted)
	finding.Class, finding.Here, finding.Posted = MissingInLedger, clearing[line.Currency], clearing[line.Currency]
	finding.Reason = fmt.Sprintf("this %s (%s) is booking %s's, and the ledger has it as %s", line.Object, line.ReportingCategory,
		known.Reference, strings.ReplaceAll(posted[0].Type, "_", " "))
	return &finding
}

func healingOf(line Line) Healing {
	switch line.Object {
	case ObjectPayment:
		return HealPayment
	case ObjectRefund:
		return HealRefund
	case ObjectDispute:
		return HealDispute
	case ObjectPayout:
		return HealPayout
	case ObjectAccountFee:
		return HealAccountFee
	default:
		return HealNone
	}
}

func sum(posted []Posting) (clearing, fees map[money.Currency]int64) {
	clearing, fees = map[money.Currency]int64{}, map[money.Currency]int64{}
	for _, p := range posted {
		for currency, amount := range p.Clearing {
			clearing[currency] += amount
		}
		for currency, amount := range p.Fees {
			fees[currency] += amount
		}
	}
	return clearing, fees
}

// corrected reports whether a line was posted by an operator's decision or as belonging to no booking. Only the effect on the
// clearing account is then compared: the other side is on the account that was chosen for it.
func corrected(posted []Posting) bool {
	return slices.ContainsFunc(posted, func(p Posting) bool {
		return p.Type == string(ledger.TypeCorrection) || ledger.Type(p.Type).Unbooked()
	})
}

// twice reports whether two postings have the same type. A payment and its later fee are two postings of different types.
func twice(posted []Posting) bool {
	seen := map[string]bool{}
	for _, p := range posted {
		if seen[p.Type] {
			return true
		}
		seen[p.Type] = true
	}
	return false
}

// FeeOutstanding reports whether everything was posted before its balance transaction was known, so that the fee is still to be
// posted.
func FeeOutstanding(posted []Posting) bool {
	return !slices.ContainsFunc(posted, func(p Posting) bool { return !p.Early })
}

func beyond(difference, tolerance int64) bool { return max(difference, -difference) > tolerance }

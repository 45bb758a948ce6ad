package mail

import (
	"fmt"
	"strconv"
	"time"

	"farebook/booking"
	"farebook/money"
	"farebook/notice"
)

// row is a line of the table of amounts.
type row struct{ Label, Value string }

// table collects rows. Unknown values get no row.
type table struct {
	words  language
	locale money.Locale
	rows   []row
}

func (t *table) add(label, value string) {
	if value != "" {
		t.rows = append(t.rows, row{label, value})
	}
}

func (t *table) addPrice(label string, amount money.Money) {
	if amount.Currency != "" {
		t.add(label, t.words.price(amount, t.locale))
	}
}

// The labels of rows. languages.go has their translations.
const (
	labelEarlier       = "earlier reference"
	labelPaid          = "paid"
	labelPaidOn        = "paid on"
	labelPayment       = "payment"
	labelRefund        = "refund"
	labelRefundID      = "refund number"
	labelRefundedSoFar = "refunded so far"
	labelKept          = "kept"
	labelBooking       = "booking"
	labelPaysFor       = "pays for"
)

// rows returns the amounts of an email and what identifies them, as a table for readers who skim.
func (l language) rows(c Content) []row {
	t := &table{words: l, locale: c.Customer.Locale}
	if c.Kind.Audience() != notice.ToCustomer {
		t.finance(c)
	} else {
		t.add(l.labels[labelEarlier], c.Earlier)
		if c.Supplement != nil {
			t.add(l.labels[labelBooking], string(c.Supplement.Of))
			t.add(l.labels[labelPaysFor], l.purpose(c.Supplement))
		}
		t.customer(c.Notice)
	}
	return t.rows
}

func (t *table) customer(content notice.Content) {
	labels := t.words.labels
	if receipt := content.Receipt; receipt != nil {
		t.addPrice(labels[labelPaid], receipt.Paid)
		t.add(labels[labelPaidOn], t.words.moment(receipt.PaidAt.UTC())+t.words.utc)
		t.add(labels[labelPayment], receipt.PaymentIntentID)
	}
	if refund := content.Refund; refund != nil {
		t.add(labels[labelRefundID], string(refund.ID))
		t.addPrice(labels[labelRefund], refund.Amount)
		t.addPrice(labels[labelPaid], refund.Paid)
		if refund.Status == booking.RefundSucceeded {
			t.addPrice(labels[labelRefundedSoFar], refund.Refunded)
		}
	}
	if quote := content.Quote; quote != nil {
		t.addPrice(labels[labelRefund], quote.Refund)
		t.addPrice(labels[labelKept], quote.Kept)
	}
}

// finance adds rows with Stripe's own terms, in English, with times in UTC.
func (t *table) finance(c Content) {
	t.add("Booking", string(c.Reference))
	if c.Supplement != nil {
		t.add("Further payment of", string(c.Supplement.Of))
	}
	t.add("Earlier reference", c.Earlier)
	if dispute := c.Notice.Dispute; dispute != nil {
		t.add("Dispute", dispute.ID)
		t.add("Reason", dispute.Reason)
		t.add("Status", string(dispute.Status))
		t.addPrice("Disputed", dispute.Amount)
		t.addPrice("Withheld", dispute.Withheld)
		t.addPrice("Captured", dispute.Captured)
		t.addPrice("Refunded", dispute.Refunded)
		t.add("Evidence due by", financeTime(dispute.DueBy))
	}
	if refund := c.Notice.Refund; refund != nil {
		t.add("Refund", string(refund.ID))
		t.addPrice("Amount", refund.Amount)
		t.addPrice("Captured", refund.Paid)
		t.addPrice("Refunded", refund.Refunded)
		t.add("Stripe's answer", refund.Code)
	}
	if payout := c.Notice.Payout; payout != nil {
		t.add("Payout", payout.ID)
		t.addPrice("Amount", payout.Amount)
		t.add("Status", string(payout.Status))
		t.add("Status at Stripe", payout.StripeStatus)
		t.add("Failure", payout.FailureCode)
		t.add("Due at the bank", financeTime(payout.ArrivesAt))
		t.add("Balance transactions", strconv.Itoa(payout.Transactions))
		t.add("Not in the ledger", strconv.Itoa(payout.Unmatched))
	}
	if run := c.Notice.Reconciliation; run != nil {
		t.add("Looked at", strconv.FormatInt(run.Scanned, 10))
		for _, count := range run.Counts {
			text := strconv.FormatInt(count.Items, 10) + " " + count.State
			if count.Difference.Currency != "" {
				text += ", differing by " + count.Difference.Format(money.LocaleEN)
			}
			t.add(string(count.Class), text)
		}
	}
	if sealed := c.Notice.Seal; sealed != nil {
		t.add("Seal", strconv.FormatUint(sealed.Number, 10))
		t.add("Sealed at", financeTime(sealed.SealedAt))
		t.add("Transactions", fmt.Sprintf("%d, from id %d to %d", sealed.Transactions, sealed.FromID, sealed.ToID))
		t.add("Digest", sealed.Digest)
	}
	if about := c.Notice.Webhook; about != nil {
		t.add("Endpoint", about.EndpointID)
		t.add("Disabled at", financeTime(about.DisabledAt))
	}
	if sealing := c.Notice.Sealing; sealing != nil {
		if sealing.Number != 0 {
			t.add("Last seal", strconv.FormatUint(sealing.Number, 10))
		}
		t.add("Sealed at", financeTime(sealing.SealedAt))
		t.add("Not sealed since", financeTime(sealing.Waiting))
	}
	if !c.Notice.CaptureBefore.IsZero() {
		t.addPrice("Authorised", c.Amount)
		t.add("Lets go at", financeTime(c.Notice.CaptureBefore))
	}
}

// financeTime formats a time as Stripe's dashboard and the ledger do, so that it can be searched for; "" for the zero time.
func financeTime(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.UTC().Format("2006-01-02 15:04 UTC")
}

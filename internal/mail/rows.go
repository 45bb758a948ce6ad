package mail

import (
	"strconv"
	"time"

	"farebook/booking"
)

// row is a line of the table of amounts.
type row struct{ Label, Value string }

// The labels of rows; languages.go has their words.
const (
	labelPaid          = "paid"
	labelPaidOn        = "paid on"
	labelPayment       = "payment"
	labelRefund        = "refund"
	labelRefundID      = "refund number"
	labelRefundedSoFar = "refunded so far"
	labelKept          = "kept"
)

// rows are the amounts of a mail, and what names them, for the eye that looks for nothing else.
func (l language) rows(c Content) []row {
	if c.Kind.ForFinance() {
		return l.financeRows(c)
	}
	price := func(amount booking.Money) string { return l.price(amount, c.Customer.Locale) }
	var rows []row
	add := func(label, value string) { rows = append(rows, row{l.labels[label], value}) }
	if receipt := c.Letter.Receipt; receipt != nil {
		add(labelPaid, price(receipt.Paid))
		add(labelPaidOn, l.moment(receipt.PaidAt.UTC())+l.utc)
		add(labelPayment, receipt.PaymentIntentID)
	}
	if refund := c.Letter.Refund; refund != nil {
		add(labelRefundID, string(refund.ID))
		add(labelRefund, price(refund.Amount))
		add(labelPaid, price(refund.Paid))
		if refund.Status == booking.RefundSucceeded {
			add(labelRefundedSoFar, price(refund.Refunded))
		}
	}
	if quote := c.Letter.Quote; quote != nil {
		add(labelRefund, price(quote.Refund))
		add(labelKept, price(quote.Kept))
	}
	return rows
}

// financeRows are in English, with Stripe's own words, times in UTC.
func (l language) financeRows(c Content) []row {
	price := func(amount booking.Money) string { return amount.Format(booking.LocaleEN) }
	at := func(moment time.Time) string { return moment.UTC().Format("2006-01-02 15:04 UTC") }
	var rows []row
	add := func(label, value string) { rows = append(rows, row{label, value}) }
	if c.Reference != "" {
		add("Booking", string(c.Reference))
	}
	if dispute := c.Letter.Dispute; dispute != nil {
		add("Dispute", dispute.ID)
		add("Reason", dispute.Reason)
		add("Status", string(dispute.Status))
		add("Disputed", price(dispute.Amount))
		add("Withheld", price(dispute.Withheld))
		add("Captured", price(dispute.Captured))
		add("Refunded", price(dispute.Refunded))
		if !dispute.DueBy.IsZero() {
			add("Evidence due by", at(dispute.DueBy))
		}
	}
	if payout := c.Letter.Payout; payout != nil {
		add("Payout", payout.ID)
		add("Amount", price(payout.Amount))
		add("Status", string(payout.Status))
		if payout.FailureCode != "" {
			add("Failure", payout.FailureCode)
		}
		add("Balance transactions", strconv.Itoa(payout.Transactions))
		add("Not in the ledger", strconv.Itoa(payout.Unmatched))
	}
	if !c.Letter.CaptureBefore.IsZero() {
		add("Authorised", price(c.Amount))
		add("Lets go at", at(c.Letter.CaptureBefore))
	}
	return rows
}

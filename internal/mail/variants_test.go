package mail_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/booking"
	"farebook/internal/mail"
	"farebook/money"
	"farebook/notice"
)

// variant is an email that reads differently from the plain one of its kind.
type variant struct {
	name   string
	kind   notice.Kind
	change func(*mail.Content)
}

func dollars(minor int64) money.Money { return money.Money{Value: minor, Currency: "USD"} }

func paid(minor int64) func(*mail.Content) {
	return func(c *mail.Content) {
		c.Notice.Receipt = &notice.ReceiptContent{
			Paid: dollars(minor), PaidAt: time.Date(2030, 4, 1, 12, 5, 0, 0, time.UTC), PaymentIntentID: "pi_3MtwBwLkdIwHu7ix28a3tqPa",
		}
	}
}

func quoted(refund, kept int64, percent, hours int) func(*mail.Content) {
	return func(c *mail.Content) {
		c.Notice.Quote = &notice.QuoteContent{Refund: dollars(refund), Kept: dollars(kept), Percent: percent, Hours: hours}
	}
}

// supplement makes the email one about a further payment for baggage.
func supplement(description string, change func(*mail.Content)) func(*mail.Content) {
	return func(c *mail.Content) {
		c.Amount = dollars(4500)
		c.Supplement = &booking.Supplement{Of: "FB-9QXA7K2M", Purpose: booking.PurposeBaggage, Description: description}
		change(c)
	}
}

func lateMoney(c *mail.Content) {
	c.Notice.Refund.Origin, c.Notice.Refund.Amount = booking.RefundFromLateMoney, c.Notice.Refund.Paid
	if c.Notice.Refund.Status == booking.RefundSucceeded {
		c.Notice.Refund.Refunded = c.Notice.Refund.Paid
	}
}

func inquiry(status booking.DisputeStatus) func(*mail.Content) {
	return func(c *mail.Content) {
		c.Notice.Dispute.Status, c.Notice.Dispute.Withheld.Value, c.Notice.Dispute.Exceeds = status, 0, false
	}
}

var variants = []variant{
	{"receipt", notice.Confirmed, paid(45900)},
	{"part", notice.Confirmed, paid(30000)},
	{"confirmed", notice.PaymentFailed, func(c *mail.Content) { c.Confirmed, c.Payable, c.DeclineCode = true, false, "generic_decline" }},
	{"all", notice.CancelledPaid, quoted(45900, 0, 100, 200)},
	{"none", notice.CancelledPaid, quoted(0, 45900, 0, 3)},
	{"departed", notice.CancelledPaid, quoted(0, 45900, 0, -3)},
	{"earlier", notice.CancelledPaid, quoted(12950, 22950, 50, 52)}, // $100.00 of $459.00 went back before
	{"spent", notice.CancelledPaid, quoted(0, 15900, 50, 52)},       // $300.00 went back before
	{"before", notice.CancelledPaid, quoted(0, 0, 50, 52)},
	{"late_money", notice.RefundStarted, lateMoney},
	{"late_money", notice.Refunded, lateMoney},
	{"late_money", notice.RefundFailed, lateMoney},
	{"canceled", notice.RefundFailed, func(c *mail.Content) { c.Notice.Refund.Status = booking.RefundCanceled }},
	{"disputed", notice.RefundFailed, func(c *mail.Content) { c.Notice.Refund.Obstacle = booking.ObstacleDisputed }},
	{"charged_back", notice.RefundFailed, func(c *mail.Content) { c.Notice.Refund.Obstacle = booking.ObstacleChargedBack }},
	{"part", notice.RefundFailed, func(c *mail.Content) {
		c.Notice.Refund.Obstacle, c.Notice.Refund.Owed = booking.ObstaclePart, dollars(5900)
	}},
	{"late_money_disputed", notice.RefundFailed, func(c *mail.Content) {
		lateMoney(c)
		c.Notice.Refund.Obstacle = booking.ObstacleDisputed
	}},
	{"returned", notice.RefundFailed, func(c *mail.Content) { c.Notice.Refund.Obstacle = booking.ObstacleReturned }},
	{"supplement", notice.Confirmed, supplement("one bag of 23 kg", paid(4500))},
	{"supplement_part", notice.Confirmed, supplement("", paid(3000))},
	{"supplement", notice.PaymentFailed, supplement("", func(*mail.Content) {})},
	{"supplement_confirmed", notice.PaymentFailed, supplement("", func(c *mail.Content) { c.Confirmed, c.Payable = true, false })},
	{"supplement_closed", notice.PaymentFailed, supplement("", func(c *mail.Content) { c.Payable = false })},
	{"supplement", notice.HoldExpired, supplement("", func(*mail.Content) {})},
	{"supplement", notice.Cancelled, supplement("", func(*mail.Content) {})},
	{"supplement", notice.Authorized, supplement("", func(*mail.Content) {})},
	{"supplement", notice.CancelledPaid, supplement("", quoted(2250, 2250, 50, 52))},
	{"supplement_all", notice.CancelledPaid, supplement("", quoted(4500, 0, 100, 200))},
	{"supplement_none", notice.CancelledPaid, supplement("", quoted(0, 4500, 0, 3))},
	{"supplement_before", notice.CancelledPaid, supplement("", quoted(0, 0, 50, 52))},
	{"supplement", notice.Refunded, supplement("", func(*mail.Content) {})},
	{"supplement_rebuilt", notice.Confirmed, func(c *mail.Content) {
		supplement("", paid(4500))(c)
		c.Supplement.Purpose = ""
	}},
	{"inquiry", notice.DisputeOpened, inquiry(booking.DisputeWarningNeedsResponse)},
	{"review", notice.DisputeOpened, func(c *mail.Content) {
		c.Notice.Dispute.Status, c.Notice.Dispute.DueBy, c.Notice.Dispute.Exceeds = booking.DisputeUnderReview, time.Time{}, false
	}},
	{"inquiry", notice.DisputeDue, inquiry(booking.DisputeWarningNeedsResponse)},
	{"inquiry", notice.DisputeClosed, inquiry(booking.DisputeWarningClosed)},
	{"won", notice.DisputeClosed, func(c *mail.Content) { c.Notice.Dispute.Status = booking.DisputeWon }},
	{"lost", notice.DisputeClosed, func(c *mail.Content) { c.Notice.Dispute.Exceeds = false }},
	{"sum", notice.PayoutUnproven, func(c *mail.Content) { c.Notice.Payout.Unmatched = 0 }},
	{"unnamed", notice.PayoutUnproven, func(c *mail.Content) { c.Notice.Payout.Unmatched, c.Notice.Payout.Transactions = 0, 0 }},
}

func TestVariantsReadAsAgreed(t *testing.T) {
	t.Parallel()
	for _, v := range variants {
		locales := []money.Locale{money.LocaleEN, money.LocaleAR}
		if v.kind.ForFinance() {
			locales = locales[:1]
		}
		for _, locale := range locales {
			c := content(v.kind, locale)
			v.change(&c)
			subject, text, html, err := mail.Render(c)
			require.NoError(t, err)
			name := "variants/" + string(v.kind) + "." + v.name + "." + string(locale)
			requireGolden(t, name+".txt.golden", "Subject: "+subject+"\n\n"+text)
			requireGolden(t, name+".html.golden", html)
			requireComplete(t, text, html)
		}
	}
}

// Who asked for a refund is nothing to its traveller, unless the money came too late.
func TestOriginsReadAlike(t *testing.T) {
	t.Parallel()
	for _, kind := range []notice.Kind{notice.RefundStarted, notice.Refunded, notice.RefundFailed} {
		plain := content(kind, money.LocaleEN)
		_, want, _, err := mail.Render(plain)
		require.NoError(t, err)
		require.NotContains(t, want, "had ended")
		for _, origin := range []booking.RefundOrigin{booking.RefundFromCancellation, booking.RefundFromDashboard} {
			c := content(kind, money.LocaleEN)
			c.Notice.Refund.Origin = origin
			_, got, _, err := mail.Render(c)
			require.NoError(t, err)
			require.Equal(t, want, got, origin)
		}
	}
}

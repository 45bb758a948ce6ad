package mail_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/booking"
	"farebook/internal/mail"
	"farebook/money"
)

// variant is a mail that reads differently from the plain one of its kind.
type variant struct {
	name   string
	kind   booking.EmailKind
	change func(*mail.Content)
}

func dollars(minor int64) money.Money { return money.Money{Value: minor, Currency: "USD"} }

func paid(minor int64) func(*mail.Content) {
	return func(c *mail.Content) {
		c.Letter.Receipt = &booking.ReceiptLetter{
			Paid: dollars(minor), PaidAt: time.Date(2030, 4, 1, 12, 5, 0, 0, time.UTC), PaymentIntentID: "pi_3MtwBwLkdIwHu7ix28a3tqPa",
		}
	}
}

func quoted(refund, kept int64, percent, hours int) func(*mail.Content) {
	return func(c *mail.Content) {
		c.Letter.Quote = &booking.QuoteLetter{Refund: dollars(refund), Kept: dollars(kept), Percent: percent, Hours: hours}
	}
}

func lateMoney(c *mail.Content) {
	c.Letter.Refund.Origin, c.Letter.Refund.Amount = booking.RefundFromLateMoney, c.Letter.Refund.Paid
	if c.Letter.Refund.Status == booking.RefundSucceeded {
		c.Letter.Refund.Refunded = c.Letter.Refund.Paid
	}
}

func inquiry(status booking.DisputeStatus) func(*mail.Content) {
	return func(c *mail.Content) {
		c.Letter.Dispute.Status, c.Letter.Dispute.Withheld.Value, c.Letter.Dispute.Exceeds = status, 0, false
	}
}

var variants = []variant{
	{"receipt", booking.EmailConfirmed, paid(45900)},
	{"part", booking.EmailConfirmed, paid(30000)},
	{"confirmed", booking.EmailPaymentFailed, func(c *mail.Content) { c.Confirmed, c.Payable, c.DeclineCode = true, false, "generic_decline" }},
	{"all", booking.EmailCancelledPaid, quoted(45900, 0, 100, 200)},
	{"none", booking.EmailCancelledPaid, quoted(0, 45900, 0, 3)},
	{"departed", booking.EmailCancelledPaid, quoted(0, 45900, 0, -3)},
	{"earlier", booking.EmailCancelledPaid, quoted(12950, 22950, 50, 52)}, // $100.00 of $459.00 went back before
	{"spent", booking.EmailCancelledPaid, quoted(0, 15900, 50, 52)},       // $300.00 went back before
	{"before", booking.EmailCancelledPaid, quoted(0, 0, 50, 52)},
	{"late_money", booking.EmailRefundStarted, lateMoney},
	{"late_money", booking.EmailRefunded, lateMoney},
	{"late_money", booking.EmailRefundFailed, lateMoney},
	{"canceled", booking.EmailRefundFailed, func(c *mail.Content) { c.Letter.Refund.Status = booking.RefundCanceled }},
	{"disputed", booking.EmailRefundFailed, func(c *mail.Content) { c.Letter.Refund.Obstacle = booking.ObstacleDisputed }},
	{"charged_back", booking.EmailRefundFailed, func(c *mail.Content) { c.Letter.Refund.Obstacle = booking.ObstacleChargedBack }},
	{"part", booking.EmailRefundFailed, func(c *mail.Content) {
		c.Letter.Refund.Obstacle, c.Letter.Refund.Owed = booking.ObstaclePart, dollars(5900)
	}},
	{"late_money_disputed", booking.EmailRefundFailed, func(c *mail.Content) {
		lateMoney(c)
		c.Letter.Refund.Obstacle = booking.ObstacleDisputed
	}},
	{"returned", booking.EmailRefundFailed, func(c *mail.Content) { c.Letter.Refund.Obstacle = booking.ObstacleReturned }},
	{"inquiry", booking.EmailDisputeOpened, inquiry(booking.DisputeWarningNeedsResponse)},
	{"review", booking.EmailDisputeOpened, func(c *mail.Content) {
		c.Letter.Dispute.Status, c.Letter.Dispute.DueBy, c.Letter.Dispute.Exceeds = booking.DisputeUnderReview, time.Time{}, false
	}},
	{"inquiry", booking.EmailDisputeDue, inquiry(booking.DisputeWarningNeedsResponse)},
	{"inquiry", booking.EmailDisputeClosed, inquiry(booking.DisputeWarningClosed)},
	{"won", booking.EmailDisputeClosed, func(c *mail.Content) { c.Letter.Dispute.Status = booking.DisputeWon }},
	{"lost", booking.EmailDisputeClosed, func(c *mail.Content) { c.Letter.Dispute.Exceeds = false }},
	{"sum", booking.EmailPayoutUnproven, func(c *mail.Content) { c.Letter.Payout.Unmatched = 0 }},
	{"unnamed", booking.EmailPayoutUnproven, func(c *mail.Content) { c.Letter.Payout.Unmatched, c.Letter.Payout.Transactions = 0, 0 }},
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
	for _, kind := range []booking.EmailKind{booking.EmailRefundStarted, booking.EmailRefunded, booking.EmailRefundFailed} {
		plain := content(kind, money.LocaleEN)
		_, want, _, err := mail.Render(plain)
		require.NoError(t, err)
		require.NotContains(t, want, "had ended")
		for _, origin := range []booking.RefundOrigin{booking.RefundFromCancellation, booking.RefundFromDashboard} {
			c := content(kind, money.LocaleEN)
			c.Letter.Refund.Origin = origin
			_, got, _, err := mail.Render(c)
			require.NoError(t, err)
			require.Equal(t, want, got, origin)
		}
	}
}

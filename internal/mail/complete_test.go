package mail_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/internal/mail"
	"farebook/money"
	"farebook/notice"
)

var (
	// A cell, an emphasis or an isolate with nothing in it. Arabic prices begin and end with invisible marks.
	emptyElement = regexp.MustCompile(`<(td|bdi|strong|p|h1)[^>]*>[\s\x{200e}\x{200f}]*</`)
	// A label without its value.
	emptyLine    = regexp.MustCompile(`(?m):[\s\x{200e}\x{200f}\x{2068}\x{2069}]*$`)
	emptyIsolate = regexp.MustCompile(`\x{2068}[\s\x{200e}\x{200f}]*\x{2069}`)
	// A sentence that lost a word: two spaces within it, or one before its end.
	lostWord = regexp.MustCompile(`\S {2,}\S| [.,;:،؛]`)
)

// requireComplete holds that an email has all of what it speaks of, and no trace of a template.
func requireComplete(t *testing.T, text, html string) {
	t.Helper()
	for _, body := range []string{text, html} {
		require.NotContains(t, body, "{{")
		require.NotContains(t, body, "no value")
		require.NotContains(t, body, "0001")
		require.NotContains(t, body, "%!")
	}
	require.NotRegexp(t, emptyElement, html)
	require.NotRegexp(t, emptyLine, text)
	require.NotRegexp(t, emptyIsolate, text)
	require.NotContains(t, text, "\n\n\n")
	require.NotContains(t, text, " \n")
	require.NotContains(t, html, " </p>")
	for line := range strings.SplitSeq(text, "\n") {
		if !strings.HasPrefix(line, "Flight  ") && !strings.HasPrefix(line, "Departs  ") && !strings.HasPrefix(line, "Arrives  ") &&
			!strings.HasPrefix(line, "Passenger  ") {
			require.NotRegexp(t, lostWord, line)
		}
	}
}

// An email about money that does not say how much is not sent: its row stays for an operator.
func TestMissingContentIsRefused(t *testing.T) {
	t.Parallel()
	for _, kind := range []notice.Kind{
		notice.CancelledPaid, notice.RefundStarted, notice.Refunded, notice.RefundFailed,
		notice.DisputeOpened, notice.DisputeDue, notice.DisputeClosed, notice.PayoutFailed, notice.PayoutUnproven, notice.PayoutUnknown,
	} {
		c := content(kind, money.LocaleEN)
		c.Notice = notice.Content{}
		_, _, _, err := mail.Render(c)
		require.Error(t, err, kind)
	}
	c := content(notice.Refunded, money.LocaleAR)
	c.Notice.Refund.Amount = money.Money{}
	_, _, _, err := mail.Render(c)
	require.ErrorContains(t, err, "an amount of the email is missing")
}

// What a table can do without is left out with its label.
func TestUnknownDetailsHaveNoRow(t *testing.T) {
	t.Parallel()
	for _, kind := range append(append([]notice.Kind{}, kinds...), financeKinds...) {
		c := content(kind, money.LocaleEN)
		if c.Notice.Refund != nil {
			c.Notice.Refund.ID, c.Notice.Refund.Paid, c.Notice.Refund.Refunded = "", money.Money{}, money.Money{}
		}
		if c.Notice.Dispute != nil {
			c.Notice.Dispute.Reason, c.Notice.Dispute.Withheld, c.Notice.Dispute.DueBy = "", money.Money{}, time.Time{}
		}
		if c.Notice.Payout != nil {
			c.Notice.Payout.FailureCode, c.Notice.Payout.ArrivesAt = "", time.Time{}
		}
		_, text, html, err := mail.Render(c)
		require.NoError(t, err)
		requireComplete(t, text, html)
		require.NotContains(t, text, "Refunded in all")
		require.NotContains(t, text, "Reason:")
		require.NotContains(t, text, "Failure:")
	}
}

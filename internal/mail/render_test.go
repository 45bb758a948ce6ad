package mail_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/booking"
	"farebook/internal/mail"
	"farebook/money"
	"farebook/notice"
	"farebook/reconciliation"
)

var update = flag.Bool("update", false, "write the golden files anew")

func content(kind notice.Kind, locale money.Locale) mail.Content {
	london, dubai := time.FixedZone("BST", 3600), time.FixedZone("GST", 4*3600)
	name := map[money.Locale]string{money.LocaleEN: "Layla Haddad", money.LocaleAR: "ليلى حداد"}[locale]
	c := mail.Content{
		Kind: kind, Reference: "FB-7K2M9QXA",
		Customer: booking.Customer{Name: name, Email: "layla@example.com", Locale: locale},
		Amount:   money.Money{Value: 45900, Currency: "USD"},
		Flight: booking.Flight{
			Number: "EK2", From: "LHR", To: "DXB",
			DepartsAt:  time.Date(2030, 5, 1, 14, 20, 0, 0, london),
			ArrivesAt:  time.Date(2030, 5, 2, 0, 20, 0, 0, dubai),
			Passengers: []booking.Passenger{{Name: name}, {Name: "Omar Haddad"}},
		},
		HoldExpiresAt: time.Date(2030, 4, 1, 12, 30, 0, 0, time.UTC),
		DeclineCode:   "insufficient_funds", Payable: true,
		Notice: noticeOf(kind),
	}
	if c.Notice.Payout != nil { // it is about many bookings, and none
		c.Reference, c.Flight, c.Customer, c.Amount = "", booking.Flight{}, booking.Customer{}, money.Money{}
	}
	return c
}

// noticeOf is what a kind of email says beside its booking.
func noticeOf(kind notice.Kind) notice.Content {
	usd := func(value int64) money.Money { return money.Money{Value: value, Currency: "USD"} }
	at := time.Date(2030, 4, 1, 12, 5, 0, 0, time.UTC)
	refund := &notice.RefundContent{ID: "RF-7K2M9QXA", Amount: usd(20000), Origin: booking.RefundFromAPI, Paid: usd(45900)}
	switch kind {
	case notice.RefundStarted:
		refund.Status = booking.RefundPending
		return notice.Content{Refund: refund}
	case notice.Refunded:
		refund.Status, refund.Refunded = booking.RefundSucceeded, usd(25000)
		return notice.Content{Refund: refund}
	case notice.RefundFailed:
		refund.Status = booking.RefundFailed
		return notice.Content{Refund: refund}
	case notice.RefundWaiting:
		refund.Status, refund.Code = booking.RefundRequested, booking.CodeBalanceInsufficient
		return notice.Content{Refund: refund}
	case notice.CancelledPaid:
		return notice.Content{Quote: &notice.QuoteContent{Refund: usd(22950), Kept: usd(22950), Percent: 50, Hours: 52}}
	case notice.Authorized, notice.CaptureDue:
		return notice.Content{CaptureBefore: at}
	case notice.DisputeOpened, notice.DisputeDue, notice.DisputeClosed:
		about := &notice.DisputeContent{
			ID: "dp_1", Status: booking.DisputeNeedsResponse, Reason: "fraudulent", Amount: usd(45900), Withheld: usd(45900),
			Captured: usd(45900), Refunded: usd(20000), Exceeds: true, DueBy: at,
		}
		if kind == notice.DisputeClosed {
			about.Status, about.DueBy = booking.DisputeLost, time.Time{}
		}
		return notice.Content{Dispute: about}
	case notice.Reconciliation:
		return notice.Content{Reconciliation: &notice.ReconciliationContent{ID: "recon_1", Scanned: 12345, Counts: []notice.ReconciliationCount{
			{Class: reconciliation.MissingInLedger, State: "fixed", Items: 3, Difference: usd(-137700)},
			{Class: reconciliation.OrphanPayment, State: "found", Items: 1, Difference: usd(-5000)},
		}}}
	case notice.ReconciliationOverdue:
		return notice.Content{Reconciliation: &notice.ReconciliationContent{ID: "recon_1", Scanned: 12345}}
	case notice.LedgerSealed:
		return notice.Content{Seal: &notice.SealContent{
			Number: 12, SealedAt: at, Transactions: 98, FromID: 1201, ToID: 1300, Digest: strings.Repeat("9f", 32), Statement: "signed",
		}}
	case notice.WebhookDisabled:
		return notice.Content{Webhook: &notice.WebhookContent{EndpointID: "we_7K2M9QXA4T", Reason: "failing", DisabledAt: at}}
	case notice.SealingOverdue:
		return notice.Content{Sealing: &notice.SealingContent{Number: 12, SealedAt: at.Add(-4 * time.Hour), Waiting: at.Add(-3 * time.Hour)}}
	case notice.PayoutFailed, notice.PayoutUnproven, notice.PayoutUnknown:
		about := &notice.PayoutContent{
			ID: "po_1", Status: booking.PayoutPaid, Amount: usd(1_000_000), Transactions: 42, Unmatched: 1, ArrivesAt: at,
		}
		if kind == notice.PayoutFailed {
			about.Status, about.FailureCode, about.Unmatched = booking.PayoutFailed, "account_closed", 0
		}
		if kind == notice.PayoutUnknown {
			about.Status, about.StripeStatus, about.Unmatched = booking.PayoutUnknown, "returned", 0
		}
		return notice.Content{Payout: about}
	}
	return notice.Content{}
}

var kinds = []notice.Kind{
	notice.Confirmed, notice.PaymentFailed, notice.HoldExpired, notice.Cancelled,
	notice.Authorized, notice.CancelledPaid, notice.RefundStarted, notice.Refunded, notice.RefundFailed,
}

var financeKinds = []notice.Kind{
	notice.DisputeOpened, notice.DisputeDue, notice.DisputeClosed, notice.PayoutFailed, notice.PayoutUnproven, notice.PayoutUnknown,
	notice.CaptureDue, notice.RefundWaiting, notice.Reconciliation, notice.ReconciliationOverdue,
	notice.LedgerSealed, notice.SealingOverdue,
}

// Emails to the finance department are in English whatever the customer reads, and name nobody.
func TestFinanceEmailsReadAsAgreed(t *testing.T) {
	t.Parallel()
	for _, kind := range financeKinds {
		subject, text, html, err := mail.Render(content(kind, money.LocaleAR))
		require.NoError(t, err)
		requireGolden(t, string(kind)+".txt.golden", "Subject: "+subject+"\n\n"+text)
		requireGolden(t, string(kind)+".html.golden", html)
		requireComplete(t, text, html)
		for _, body := range []string{subject, text, html} {
			require.NotContains(t, body, "حداد")
			require.NotContains(t, body, "layla@")
		}
	}
}

func TestEmailsReadAsAgreed(t *testing.T) {
	t.Parallel()
	for _, kind := range kinds {
		for _, locale := range []money.Locale{money.LocaleEN, money.LocaleAR} {
			subject, text, html, err := mail.Render(content(kind, locale))
			require.NoError(t, err)
			name := string(kind) + "." + string(locale)
			requireGolden(t, name+".txt.golden", "Subject: "+subject+"\n\n"+text)
			requireGolden(t, name+".html.golden", html)
			require.Contains(t, subject, "FB-7K2M9QXA")
			require.Contains(t, text, "FB-7K2M9QXA")
			requireComplete(t, text, html)
		}
	}
}

func requireGolden(t *testing.T, name, text string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, string(want), text, name)
}

// Requests with these names are refused; the templates don't count on it.
func TestNamesAreEscaped(t *testing.T) {
	t.Parallel()
	for _, kind := range kinds {
		for _, locale := range []money.Locale{money.LocaleEN, money.LocaleAR} {
			c := content(kind, locale)
			c.Customer.Name = `<script>alert("x")</script>`
			c.Flight.Passengers[0].Name = `"><img src=x onerror=alert(1)>`
			c.Flight.From, c.Flight.Number = "<b>", "{{.Price}}"
			_, text, html, err := mail.Render(c)
			require.NoError(t, err)
			require.NotContains(t, html, "<script>")
			require.NotContains(t, html, "<img")
			require.NotContains(t, html, "<b>")
			require.Contains(t, html, "&lt;script&gt;")
			require.Contains(t, html, "{{.Price}}", "a name is never a template")
			require.Contains(t, text, c.Customer.Name, "plain text is plain")
		}
	}
}

// An isolate is opened and closed within the line, or the rest of the email would be turned around.
func TestIsolatesAreClosed(t *testing.T) {
	t.Parallel()
	for _, kind := range kinds {
		subject, text, _, err := mail.Render(content(kind, money.LocaleAR))
		require.NoError(t, err)
		require.NotContains(t, subject, "\u2068", "old mail readers show it; the subject's only such run ends the line")
		require.Contains(t, text, "\u2068FB-7K2M9QXA\u2069")
		for line := range strings.SplitSeq(text, "\n") {
			require.Equal(t, strings.Count(line, "\u2068"), strings.Count(line, "\u2069"), line)
		}
	}
	c := content(notice.Confirmed, money.LocaleEN)
	_, text, _, err := mail.Render(c)
	require.NoError(t, err)
	require.NotContains(t, text, "\u2068")
	c.Customer.Name = "ليلى حداد"
	_, text, _, err = mail.Render(c)
	require.NoError(t, err)
	require.Contains(t, text, "Dear \u2068ليلى حداد\u2069,")
}

// The dollar sign stays with its letters in right-to-left text; a sign alone needs no help.
func TestArabicPricesHoldTogether(t *testing.T) {
	t.Parallel()
	for amount, want := range map[money.Money]string{
		{Value: 45900, Currency: "USD"}: "US$\u200e\u2069",
		{Value: 45900, Currency: "EUR"}: "€\u2069",
		{Value: 45900, Currency: "SAR"}: amountOf(45900, "SAR") + "\u2069",
		{Value: 45900, Currency: "JPY"}: "JP¥\u200e\u2069",
	} {
		c := content(notice.Confirmed, money.LocaleAR)
		c.Amount = amount
		_, text, _, err := mail.Render(c)
		require.NoError(t, err)
		require.Contains(t, text, want, amount.Currency)
	}
}

// Arabic abbreviates dinar and dirham with full stops: a sentence that ends in one has a single full stop.
func TestArabicAbbreviationsEndASentenceWithOneStop(t *testing.T) {
	t.Parallel()
	doubled := regexp.MustCompile(`\.[\x{200e}\x{200f}\x{2066}-\x{2069}]*(</bdi>)?[\x{200e}\x{200f}\x{2066}-\x{2069}]*\.`)
	for _, currency := range []string{"KWD", "JOD", "AED", "SAR"} {
		ended := 0
		for _, kind := range kinds {
			encoded, err := json.Marshal(content(kind, money.LocaleAR))
			require.NoError(t, err)
			var c mail.Content
			require.NoError(t, json.Unmarshal(bytes.ReplaceAll(encoded, []byte(`"USD"`), []byte(`"`+currency+`"`)), &c))
			subject, text, html, err := mail.Render(c)
			require.NoError(t, err)
			for _, part := range []string{subject, text, html} {
				require.NotRegexp(t, doubled, part, "%s in %s", kind, currency)
			}
			ended += strings.Count(text, ".\u200f\u2069 ") + strings.Count(text, ".\u200f\u2069\n")
		}
		require.NotZero(t, ended, "no sentence ends in %s: this test shows nothing", currency)
	}
}

func amountOf(value int64, currency money.Currency) string {
	return money.Money{Value: value, Currency: currency}.Format(money.LocaleAR)
}

func TestTimesKeepTheirOffsets(t *testing.T) {
	t.Parallel()
	_, text, html, err := mail.Render(content(notice.Confirmed, money.LocaleAR))
	require.NoError(t, err)
	for _, body := range []string{text, html} {
		require.Contains(t, body, "الأربعاء 1 مايو 2030، الساعة 14:20", "London's time")
		require.Contains(t, body, "الخميس 2 مايو 2030، الساعة 00:20", "Dubai's time")
	}
}

func TestDeclinesAreExplained(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, code := range []string{
		"insufficient_funds", "expired_card", "authentication_required", "processing_error", "card_not_supported",
		"stripe_unreachable", "generic_decline",
	} {
		c := content(notice.PaymentFailed, money.LocaleEN)
		c.DeclineCode = code
		_, text, _, err := mail.Render(c)
		require.NoError(t, err)
		require.False(t, seen[text], "%s reads as another", code)
		seen[text] = true
	}
	stolen, generic := content(notice.PaymentFailed, money.LocaleEN), content(notice.PaymentFailed, money.LocaleEN)
	stolen.DeclineCode, generic.DeclineCode = "stolen_card", "generic_decline"
	_, a, _, err := mail.Render(stolen)
	require.NoError(t, err)
	_, b, _, err := mail.Render(generic)
	require.NoError(t, err)
	require.Equal(t, a, b, "whoever uses a stolen card is not told that it was reported")
}

func TestUnpayableIsNotInvitedToPay(t *testing.T) {
	t.Parallel()
	c := content(notice.PaymentFailed, money.LocaleEN)
	c.Payable = false
	_, text, html, err := mail.Render(c)
	require.NoError(t, err)
	for _, body := range []string{text, html} {
		require.NotContains(t, body, "held until")
		require.Contains(t, body, "Nothing was charged")
	}
	c.DeclineCode = "" // canceled at Stripe: no bank said a word
	_, text, _, err = mail.Render(c)
	require.NoError(t, err)
	require.NotContains(t, text, "bank")
}

// The invitation to try again has the payment page, where there is one.
func TestAnInvitationToPayHasItsLink(t *testing.T) {
	t.Parallel()
	const page = "https://pay.example/pay/fpl_a.FB-7K2M9QXA.1.x"
	for locale, says := range map[money.Locale]string{money.LocaleEN: "Pay now", money.LocaleAR: "ادفع الآن"} {
		for _, about := range []func(*mail.Content){func(*mail.Content) {}, supplement("", func(*mail.Content) {})} {
			c := content(notice.PaymentFailed, locale)
			about(&c)
			_, without, _, err := mail.Render(c)
			require.NoError(t, err)
			require.NotContains(t, without, says)
			c.PayURL = page
			_, text, html, err := mail.Render(c)
			require.NoError(t, err)
			require.Contains(t, text, says)
			require.Regexp(t, `(?m)(^| )`+regexp.QuoteMeta(page)+`$`, text, "mail clients take an invisible mark into the link")
			require.Contains(t, html, `href="`+page+`"`)
			requireComplete(t, text, html)
			requireNoLinkOnceClosed(t, c)
		}
	}
}

func requireNoLinkOnceClosed(t *testing.T, c mail.Content) {
	t.Helper()
	for _, closed := range []func(*mail.Content){func(c *mail.Content) { c.Payable = false }, func(c *mail.Content) { c.Confirmed = true }} {
		c := c
		closed(&c)
		_, text, html, err := mail.Render(c)
		require.NoError(t, err)
		require.NotContains(t, text, c.PayURL)
		require.NotContains(t, html, c.PayURL)
	}
}

func TestUnknownKindIsRefused(t *testing.T) {
	t.Parallel()
	c := content("newsletter", money.LocaleEN)
	_, _, _, err := mail.Render(c)
	require.ErrorContains(t, err, "newsletter")
	require.False(t, strings.Contains(err.Error(), "layla@"))
}

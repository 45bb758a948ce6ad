package test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/go-sql-driver/mysql"
	"github.com/stretchr/testify/require"

	"farebook/internal/dev/testkit"
	"farebook/internal/paylink"
)

// canaries are what must not come out, by whom it is known from. All are searched for without regard to case.
type canaries struct {
	secrets  []string // belong nowhere
	links    []string // open a payment page: belong in answers, and in emails to the customer
	typed    []string // what a customer typed at Stripe: belongs there
	personal []string // what a caller sent: belongs into the columns of home
}

// home lists the columns where what a caller sent belongs, each with its reason.
var home = map[string]string{
	"bookings.customer_name":           "whom the booking is for",
	"bookings.customer_email":          "where its mails go",
	"bookings.flight_json":             "who flies",
	"refunds.note":                     "the caller's note about the refund, for an operator",
	"evidence_drafts.texts":            "what the bank is to read about the booking",
	"evidence_files.name":              "what the file was called by who chose it",
	"idempotency_keys.idempotency_key": "the caller's key itself",
	"idempotency_keys.answer_body":     "a repeated request gets the answer of the first",
}

func canariesOf(s *testkit.Stack, booked testkit.Booked) canaries {
	s.T.Helper()
	app, err := mysql.ParseDSN(s.DB.AppDSN)
	require.NoError(s.T, err)
	return canaries{
		secrets: []string{
			testkit.StripeKey, testkit.WebhookSecret, s.API.Token, app.Passwd, booked.Payment.ClientSecret, "_secret_", "4242424242424242",
			testkit.PayLinkKey, strings.TrimPrefix(testkit.PayLinkKey, "canary:"),
		},
		links:    []string{paylink.Prefix},
		typed:    []string{"canary-typed", "Typed Canary", "+15550142"},
		personal: []string{"Layla", "Haddad", "canary-mail", "Canary note", "canary-key"},
	}
}

// payTyping pays as a customer does who fills every field of Stripe's form.
func payTyping(s *testkit.Stack, intent string) {
	s.T.Helper()
	var method struct{ ID string }
	require.Equal(s.T, http.StatusOK, s.PostToStripe("/v1/payment_methods", url.Values{
		"type": {"card"}, "card[token]": {"tok_visa"}, "billing_details[name]": {"Typed Canary"}, "billing_details[phone]": {"+15550142"},
		"billing_details[email]": {"typed@canary-typed.example"}, "billing_details[address][line1]": {"1 Canary-Typed Street"},
	}, &method))
	require.Equal(s.T, http.StatusOK,
		s.PostToStripe("/v1/payment_intents/"+intent, url.Values{"description": {"canary-typed description"}}, nil))
	require.Equal(s.T, http.StatusOK, s.PostToStripe("/v1/payment_intents/"+intent+"/confirm", url.Values{
		"payment_method": {method.ID}, "return_url": {"https://farebook.example/return"}, "receipt_email": {"receipt@canary-typed.example"},
		"shipping[name]": {"Typed Canary"}, "shipping[address][line1]": {"2 Canary-Typed Street"},
	}, nil))
}

func (c canaries) all() []string { return slices.Concat(c.never(), c.personal) }

// never is what belongs in nothing that is stored or printed.
func (c canaries) never() []string { return slices.Concat(c.secrets, c.links, c.typed) }

// require refuses a text that has one of the canaries.
func (canaries) require(t testing.TB, place, text string, canaries ...string) {
	t.Helper()
	text = strings.ToLower(text)
	for _, canary := range canaries {
		require.False(t, strings.Contains(text, strings.ToLower(canary)), "%q stands in %s", canary, place)
	}
}

// searchTables searches every text column of the schema. The columns of home have to hold a canary, or the
// search would find nothing anywhere.
func (c canaries) searchTables(s *testkit.Stack) {
	s.T.Helper()
	seen := map[string]bool{}
	for _, texts := range s.EveryText() {
		text := strings.Join(texts.Values, "\n")
		if _, belongs := home[texts.Column]; !belongs {
			c.require(s.T, texts.Column, text, c.all()...)
			continue
		}
		seen[texts.Column] = slices.ContainsFunc(c.personal, func(canary string) bool { return strings.Contains(text, canary) })
		c.require(s.T, texts.Column, text, c.never()...)
	}
	for column, why := range home {
		require.True(s.T, seen[column], "%s has nothing of what belongs there: %s", column, why)
	}
}

func (c canaries) searchHistories(s *testkit.Stack, expected ...string) {
	s.T.Helper()
	histories := s.EveryHistory(expected...)
	require.GreaterOrEqual(s.T, len(histories), len(expected))
	for run, text := range histories {
		require.NotEmpty(s.T, text)
		c.require(s.T, run, text, c.all()...)
	}
}

// searchMails: a mail is for the customer, so it may name them; the finance department's may not.
func (c canaries) searchMails(s *testkit.Stack) {
	s.T.Helper()
	mails := s.Mailbox.Messages()
	require.NotEmpty(s.T, mails)
	for _, mail := range mails {
		text := strings.Join([]string{mail.Raw, mail.Subject, mail.Text, mail.HTML}, "\n")
		c.require(s.T, "the mail "+mail.Subject, text, slices.Concat(c.secrets, c.typed, []string{"Canary note", "canary-key"})...)
		if slices.Contains(mail.To, "finance@canary-mail.example") {
			c.require(s.T, "finance's mail "+mail.Subject, text, append([]string{"Layla", "Haddad"}, c.links...)...)
		}
	}
}

// searchCommands searches what an operator prints and keeps in files. Evidence is about a customer; the rest is not.
func (c canaries) searchCommands(s *testkit.Stack, reference, run string) {
	s.T.Helper()
	event := s.DB.Text(s.T, "SELECT MAX(stripe_event_id) FROM stripe_events WHERE payload <> ''")
	for _, command := range [][]string{
		{"events", "list"},
		{"events", "show", event, "--payload"},
		{"emails", "list", reference},
		{"evidence", reference},
		{"reconcile", "show", run, "--format", "csv"},
		{"reconcile", "show", run, "--format", "json"},
		{"verify", "--books"},
	} {
		out, err := starterWith(s, command...)
		require.NoError(s.T, err, command)
		require.NotEmpty(s.T, out, command)
		hidden := c.all()
		if command[0] == "evidence" {
			hidden = c.never()
		}
		c.require(s.T, strings.Join(command, " "), out, hidden...)
	}
}

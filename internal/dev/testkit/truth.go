package testkit

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/stretchr/testify/require"

	"farebook/booking"
	"farebook/internal/dev/mailbox"
)

// OnlyReference is the reference of the one booking that there is.
func (s *Stack) OnlyReference() string {
	s.T.Helper()
	require.Equal(s.T, 1, s.DB.Count(s.T, "SELECT COUNT(*) FROM bookings"))
	return s.DB.Text(s.T, "SELECT reference FROM bookings")
}

// PaymentStatus reads the payment's state from its row.
func (s *Stack) PaymentStatus(reference string) string {
	known, err := s.DB.Store.Booking(s.T.Context(), booking.Reference(reference))
	if err != nil || known.Payment == nil {
		return ""
	}
	return string(known.Payment.Status)
}

// CorrelationID reads a booking's correlation id.
func (s *Stack) CorrelationID(reference string) string {
	known, err := s.DB.Store.Booking(s.T.Context(), booking.Reference(reference))
	require.NoError(s.T, err)
	return known.CorrelationID
}

// RequireLedger requires exactly these ledger transactions, by type, each of them valid.
func (s *Stack) RequireLedger(reference string, types ...string) {
	s.T.Helper()
	transactions, err := s.DB.Store.Ledger(s.T.Context(), booking.Reference(reference))
	require.NoError(s.T, err)
	var found []string
	for _, transaction := range transactions {
		require.NoError(s.T, transaction.Transaction.Validate())
		found = append(found, string(transaction.Transaction.Type))
	}
	slices.Sort(found)
	slices.Sort(types)
	require.Equal(s.T, types, found)
}

// LedgerDigest is a fingerprint of every ledger row.
func (s *Stack) LedgerDigest() string { return s.MarkLedger().digest }

// LedgerMark is the ledger at one moment.
type LedgerMark struct {
	lastEntry int
	digest    string // of all entries up to that one
}

// MarkLedger remembers the ledger as it is.
func (s *Stack) MarkLedger() LedgerMark {
	s.T.Helper()
	return s.ledgerUpTo(s.DB.Count(s.T, "SELECT COALESCE(MAX(id), 0) FROM ledger_entries"))
}

// LedgerKept is promise 4: what was in the ledger at a mark is there still, as it was.
func (s *Stack) LedgerKept(mark LedgerMark) error {
	s.T.Helper()
	if mark != (LedgerMark{}) && s.ledgerUpTo(mark.lastEntry) != mark {
		return errors.New("promise 4: rows of the ledger have changed")
	}
	return nil
}

func (s *Stack) ledgerUpTo(entry int) LedgerMark {
	text := s.DB.Text(s.T, `SELECT COALESCE(GROUP_CONCAT(CONCAT_WS('|', l.id, l.type, l.stripe_payment_intent_id, l.stripe_object_id,
		e.account, e.side, e.amount, e.currency) ORDER BY e.id SEPARATOR '\n'), '')
		FROM financial_ledger l JOIN ledger_entries e ON e.ledger_id = l.id WHERE e.id <= ?`, entry)
	sum := sha256.Sum256([]byte(text))
	return LedgerMark{entry, hex.EncodeToString(sum[:])}
}

// Mails are those that the mail server took for a booking, oldest first.
func (s *Stack) Mails(reference string) []mailbox.Message {
	var mails []mailbox.Message
	for _, message := range s.Mailbox.Messages() {
		if strings.Contains(message.Subject+message.Text, reference) {
			mails = append(mails, message)
		}
	}
	return mails
}

// MailCount counts a booking's emails of one kind that are recorded as sent. It waits for those of the kind that are still queued: the
// row that a test has waited for is often written in the transaction that queues its email.
func (s *Stack) MailCount(reference, kind string) int {
	s.T.Helper()
	return s.countSent("booking_id = (SELECT id FROM bookings WHERE reference = ?) AND kind = ?", reference, kind)
}

// FinanceMailCount counts the emails of one kind to finance that are recorded as sent, and waits for queued ones as MailCount does.
func (s *Stack) FinanceMailCount(kind string) int {
	s.T.Helper()
	return s.countSent("audience = 'finance' AND kind = ?", kind)
}

func (s *Stack) countSent(where string, args ...any) int {
	s.T.Helper()
	s.Eventually(func() bool {
		return s.DB.Count(s.T, "SELECT COUNT(*) FROM emails WHERE status = 'queued' AND "+where, args...) == 0
	}, "an email stays queued; logs:\n%s", s.Logs)
	return s.DB.Count(s.T, "SELECT COUNT(*) FROM emails WHERE status = 'sent' AND "+where, args...)
}

// RequireMails requires exactly these kinds of email, each once: in the books and in the mailbox.
func (s *Stack) RequireMails(reference string, kinds ...string) {
	s.T.Helper()
	for _, kind := range kinds {
		require.Equal(s.T, 1, s.MailCount(reference, kind), "emails of kind %s", kind)
	}
	subjects := []string{} // a whole email says too much
	for _, mail := range s.Mails(reference) {
		subjects = append(subjects, mail.Subject)
	}
	require.Len(s.T, subjects, len(kinds), "emails in the mailbox")
}

// CreatedPaymentIntents counts the PaymentIntents at Stripe.
func (s *Stack) CreatedPaymentIntents() int { return len(s.Stripe.PaymentIntents()) }

// StripeStatus reads a PaymentIntent's status at Stripe.
func (s *Stack) StripeStatus(id string) string {
	for _, intent := range s.Stripe.PaymentIntents() {
		if intent.ID == id {
			return intent.Status
		}
	}
	return ""
}

// StripeMetadata reads one metadata value of a PaymentIntent at Stripe.
func (s *Stack) StripeMetadata(id, key string) string {
	for _, intent := range s.Stripe.PaymentIntents() {
		if intent.ID == id {
			return intent.Metadata[key]
		}
	}
	return ""
}

// Event is a row of stripe_events.
type Event struct {
	ID        string
	Processed bool
}

// EventOf finds a booking's event of a type.
func (s *Stack) EventOf(reference, eventType string) Event {
	s.T.Helper()
	id := s.DB.Text(s.T, "SELECT stripe_event_id FROM stripe_events WHERE booking_reference = ? AND type = ?", reference, eventType)
	return Event{ID: id, Processed: s.DB.Count(s.T, "SELECT COUNT(*) FROM stripe_events WHERE stripe_event_id = ? AND processed = TRUE", id) == 1}
}

// LogLines are the lines of one service that bear a text.
func (s *Stack) LogLines(service, text string) []string {
	var lines []string
	for line := range strings.Lines(s.Logs.String()) {
		if strings.Contains(line, fmt.Sprintf("%q:%q", "service", service)) && strings.Contains(line, text) {
			lines = append(lines, line)
		}
	}
	return lines
}

// DeliverAgain has Stripe deliver an event one more time, and returns the status it met.
func (s *Stack) DeliverAgain(eventID string) int {
	s.T.Helper()
	status, err := s.Stripe.Deliver(eventID)
	require.NoError(s.T, err)
	return status
}

// RefuseMails has the mail server answer its next mails with a code.
func (s *Stack) RefuseMails(code, times int) {
	s.T.Helper()
	require.NoError(s.T, s.Mailbox.Script(mailbox.Fault{Stage: mailbox.StageRcpt, Code: code, Text: "not now", Times: times}))
}

// StripeCalls counts the requests to Stripe of a method and path.
func (s *Stack) StripeCalls(method, path string) int {
	calls := 0
	for _, record := range s.Stripe.Journal().Records() {
		if record.Method == method && record.Path == path {
			calls++
		}
	}
	return calls
}

// StripePosts counts the requests to Stripe that may have changed something.
func (s *Stack) StripePosts() int {
	posts := 0
	for _, record := range s.Stripe.Journal().Records() {
		if record.Method != http.MethodGet {
			posts++
		}
	}
	return posts
}

package test

import (
	"errors"
	"fmt"
	"regexp"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/finance"
	"farebook/ledger"
	"farebook/store"
	booksreport "farebook/store/report"
)

// check holds promises 1 to 9 after a step, and each booking against the model. While something is held back, what is left are
// the promises that hold at every moment: 5, that the clearing account equals Stripe's balance, does once everything is known.
func (m *model) check() {
	if err := m.s.LedgerKept(m.ledger); err != nil {
		m.fail(err)
	}
	m.ledger = m.s.MarkLedger()
	if m.held || m.late {
		if err := errors.Join(m.s.BooksPromises(), m.s.StripePromises()); err != nil {
			m.fail(fmt.Errorf("with something held back: %w", err))
		}
		return
	}
	m.s.AwaitQuiet()
	if err := m.s.Promises(); err != nil {
		m.fail(err)
	}
	m.reports()
	for _, one := range m.told {
		if want, is := m.status(one), m.statusSaid(one); want != is {
			m.fail(fmt.Errorf("booking %s is %s and should be %s", one.reference, is, want))
		}
	}
}

// depart has every flight leave, at the end of a life: what was paid is earned then, or passed on by an agent.
func (m *model) depart() {
	books, after := m.s.DB.Store, store.DueRecognition{}
	at := books.Now().Add(2000 * time.Hour)
	for {
		due, err := books.DueRecognitions(m.s.T.Context(), at, after, 100)
		if err != nil {
			m.fail(err)
		}
		if len(due) == 0 {
			break
		}
		for _, after = range due {
			if _, err := books.RecogniseRevenue(m.s.T.Context(), after.Reference, at); err != nil {
				m.fail(err)
			}
		}
	}
	holding := m.s.DB.Count(m.s.T, `SELECT COUNT(*) FROM (SELECT l.booking_id FROM financial_ledger l JOIN ledger_entries e ON e.ledger_id = l.id
		  JOIN bookings b ON b.id = l.booking_id AND b.status <> 'disputed'
		WHERE e.account IN ('liability:unearned_revenue', 'liability:customer_funds')
		GROUP BY l.booking_id, e.currency HAVING SUM(IF(e.side = 'debit', e.amount, -e.amount)) <> 0) holding`)
	if holding > 0 {
		m.fail(fmt.Errorf("%d bookings hold money after their departure", holding))
	}
	m.check()
}

// noSink takes a report that only has to prove itself.
type noSink struct{}

func (noSink) Begin(finance.Table) error { return nil }
func (noSink) Row(finance.Row) error     { return nil }

// reports holds the reports of finance against what they must equal, by both dates, and Stripe's own against the ledger.
func (m *model) reports() {
	now := m.s.DB.Store.Now()
	if err := reportsHold(m.s, now.Add(-time.Minute)); err != nil {
		m.fail(err)
	}
	read := booksreport.New(m.s.DB.Store)
	for _, basis := range []finance.Basis{finance.ByEffective, finance.ByPosted} {
		i := finance.Interval{From: now.Add(-time.Minute), To: now.Add(time.Hour), Basis: basis, Zone: time.UTC}
		if err := held(read.Statement(m.s.T.Context(), ledger.AssetStripeClearing, i, noSink{})); err != nil {
			m.fail(fmt.Errorf("statement by %s date: %w", basis, err))
		}
	}
}

// fail ends the life. rapid shrinks only a failure that repeats word for word, so its message contains no ids and no logs, which are new
// in each life. They are logged before it.
func (m *model) fail(err error) {
	m.t.Logf("%v; logs:\n%s", err, m.s.Logs)
	m.t.Fatalf("%s", randomID.ReplaceAllString(err.Error(), "$1…"))
}

// randomID is a reference, an id of Stripe's or a correlation id.
var randomID = regexp.MustCompile(`\b(FB-|RF-|[a-z]{2,5}_|[0-9a-f]{8}-)[0-9A-Za-z][0-9A-Za-z-]{7,}`)

// statusSaid asks the API, once more when it had just died.
func (m *model) statusSaid(one *life) string {
	said := m.s.Status(one.reference)
	if said == "" && m.deadly {
		m.s.Eventually(m.s.API.Ready, "the API did not come back; logs:\n%s", m.s.Logs)
		said = m.s.Status(one.reference)
	}
	return said
}

// status is where a booking should be, by what Stripe knows and what was asked for.
func (m *model) status(one *life) string {
	intent := m.intent(one)
	switch {
	case one.expired:
		return "expired" // money that came later goes back, and changes nothing
	case one.cancelledUnpaid:
		return "cancelled" // the same
	case intent.Status != "succeeded":
		return "pending_payment"
	}
	var refunded, lost int64
	for _, refund := range m.s.Stripe.Refunds() {
		if refund.PaymentIntent == one.intent && refund.Status == "succeeded" && !refund.Uncaptured {
			refunded += refund.Amount
		}
	}
	for _, dispute := range m.s.Stripe.Disputes() {
		if dispute.PaymentIntent != one.intent {
			continue
		}
		switch dispute.Status {
		case "needs_response", "under_review":
			return "disputed"
		case "lost":
			lost += dispute.Amount
		}
	}
	switch returned := refunded + lost; {
	case returned >= intent.AmountReceived:
		return "refunded"
	case returned > 0:
		return "partially_refunded"
	case one.cancelledPaid:
		return "cancelled"
	default:
		return "confirmed"
	}
}

type stripeIntent struct {
	Status         string
	AmountReceived int64
	Currency       string
}

func (m *model) intent(one *life) stripeIntent {
	for _, intent := range m.s.Stripe.PaymentIntents() {
		if intent.ID == one.intent {
			return stripeIntent{intent.Status, intent.AmountReceived, intent.Currency}
		}
	}
	require.Fail(m.s.T, "Stripe has lost a PaymentIntent")
	return stripeIntent{}
}

func (m *model) currency(one *life) string {
	return map[string]string{"usd": "USD", "eur": "EUR", "jpy": "JPY", "kwd": "KWD"}[m.intent(one).Currency]
}

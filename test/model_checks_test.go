package test

import (
	"errors"
	"fmt"
	"regexp"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/booking"
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
	m.rest()
	m.recognised()
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

// recognised checks that nothing is held of a booking that has departed, unless its dispute is open: it is earned, or passed on by an
// agent. A dispute that was decided postpones the booking by a day, which passes here.
func (m *model) recognised() {
	for _, one := range m.told {
		if !one.departed || m.disputed(one) {
			continue
		}
		m.s.DB.Exec(m.s.T, "UPDATE bookings SET recognise_at = UTC_TIMESTAMP(6) WHERE reference = ? AND recognise_at IS NOT NULL", one.reference)
		m.rest()
		held := m.s.DB.Count(m.s.T, `SELECT COALESCE(SUM(ABS(amount)), 0) FROM (
			SELECT SUM(IF(e.side = 'debit', e.amount, -e.amount)) AS amount FROM bookings b JOIN financial_ledger l ON l.booking_id = b.id
			JOIN ledger_entries e ON e.ledger_id = l.id AND e.account IN ('liability:unearned_revenue', 'liability:customer_funds')
			WHERE b.reference = ? GROUP BY e.currency) sums`, one.reference)
		if held != 0 {
			m.fail(fmt.Errorf("booking %s has departed, and %d are held", one.reference, held))
		}
	}
}

// carriedOver checks, at the end of a life, that the carry-over of an earlier release's bookings changes nothing of books that follow this
// release's posting rules.
func (m *model) carriedOver() {
	for _, one := range m.told {
		m.s.DB.Exec(m.s.T, "UPDATE bookings SET ledger_rules = 1 WHERE reference = ?", one.reference)
		posted, err := m.s.DB.Store.CarryOverBooking(m.s.T.Context(), booking.Reference(one.reference),
			store.CarryingOver{DryRun: true, Now: m.s.DB.Store.Now()})
		m.s.DB.Exec(m.s.T, "UPDATE bookings SET ledger_rules = 2 WHERE reference = ?", one.reference)
		if err != nil || len(posted) > 0 {
			m.fail(fmt.Errorf("the carry-over of booking %s, which follows the rules, posts %+v: %w", one.reference, posted, err))
		}
	}
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
	month := ledger.PeriodAt(now, time.UTC)
	for _, i := range []finance.Interval{
		{From: now.Add(-time.Minute), To: now.Add(time.Hour), Basis: finance.ByEffective, Zone: time.UTC},
		{From: now.Add(-time.Minute), To: now.Add(time.Hour), Basis: finance.ByPosted, Zone: time.UTC},
		{From: month.Start(time.UTC), To: month.End(time.UTC), Basis: finance.ByPeriod, Zone: time.UTC},
	} {
		if err := held(read.Statement(m.s.T.Context(), ledger.AssetStripeClearing, i, noSink{})); err != nil {
			m.fail(fmt.Errorf("statement by %s date: %w", i.Basis, err))
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
	if m.disputed(one) {
		return "disputed"
	}
	var refunded, lost int64
	for _, refund := range m.s.Stripe.Refunds() {
		if refund.PaymentIntent == one.intent && refund.Status == "succeeded" && !refund.Uncaptured {
			refunded += refund.Amount
		}
	}
	for _, dispute := range m.s.Stripe.Disputes() {
		if dispute.PaymentIntent == one.intent && dispute.Status == "lost" {
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

// disputed reports whether a formal dispute of a booking is open.
func (m *model) disputed(one *life) bool {
	for _, dispute := range m.s.Stripe.Disputes() {
		if dispute.PaymentIntent == one.intent && (dispute.Status == "needs_response" || dispute.Status == "under_review") {
			return true
		}
	}
	return false
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

package test

import (
	"errors"

	"github.com/stretchr/testify/require"
)

// check holds promises 1 to 9 after a step, and each booking against the model. While something is held back, what is left are
// the promises that hold at every moment: 5, that the clearing account equals Stripe's balance, does once everything is known.
func (m *model) check() {
	if err := m.s.LedgerKept(m.ledger); err != nil {
		m.t.Fatalf("%v\n%s", err, m.s.Logs)
	}
	m.ledger = m.s.MarkLedger()
	if m.held || m.late {
		if err := errors.Join(m.s.BooksPromises(), m.s.StripePromises()); err != nil {
			m.t.Fatalf("with something held back: %v", err)
		}
		return
	}
	m.s.AwaitQuiet()
	if err := m.s.Promises(); err != nil {
		m.t.Fatalf("%v\n%s", err, m.s.Logs)
	}
	for _, one := range m.told {
		if want, is := m.status(one), m.statusSaid(one); want != is {
			m.t.Fatalf("booking %s is %s and should be %s\n%s", one.reference, is, want, m.s.Logs)
		}
	}
}

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

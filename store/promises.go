package store

import (
	"context"
	"fmt"

	"farebook/booking"
	"farebook/ledger"
)

// Promise is one of Farebook's, and whether the books keep it now.
type Promise struct {
	Number int
	Text   string
	Held   bool
	Detail string // how many rows break it
}

// promises that SQL can check: each query counts the rows that break it, and reads any size of ledger in one pass.
var promises = []struct {
	number int
	text   string
	breaks string
}{
	{2, "each succeeded PaymentIntent is exactly one payment in the ledger", `
		SELECT COUNT(*) FROM payments p
		LEFT JOIN (SELECT booking_id, stripe_payment_intent_id, COUNT(*) AS n FROM financial_ledger
		           WHERE type = 'payment' GROUP BY booking_id, stripe_payment_intent_id) l
		  ON l.booking_id = p.booking_id AND l.stripe_payment_intent_id = p.stripe_payment_intent_id
		WHERE p.status = 'succeeded' AND COALESCE(l.n, 0) <> 1`},
	{2, "each payment in the ledger is a succeeded PaymentIntent", `
		SELECT COUNT(*) FROM financial_ledger l
		LEFT JOIN payments p ON p.booking_id = l.booking_id AND p.stripe_payment_intent_id = l.stripe_payment_intent_id
		WHERE l.type = 'payment' AND COALESCE(p.status, '') <> 'succeeded'`},
	{2, "each payment in the ledger is about what was captured", `
		SELECT COUNT(*) FROM payments p
		JOIN financial_ledger l ON l.booking_id = p.booking_id AND l.stripe_payment_intent_id = p.stripe_payment_intent_id AND l.type = 'payment'
		JOIN ledger_entries e ON e.ledger_id = l.id AND e.account = 'liability:unearned_revenue' AND e.side = 'credit'
		WHERE e.amount <> p.amount_captured OR e.currency <> p.currency`},
	{3, "debits equal credits, per transaction and currency", `
		SELECT COUNT(DISTINCT ledger_id) FROM (SELECT ledger_id FROM ledger_entries GROUP BY ledger_id, currency
		  HAVING SUM(CASE side WHEN 'debit' THEN amount ELSE -amount END) <> 0) unbalanced`},
	{3, "no transaction without entries", `
		SELECT COUNT(*) FROM financial_ledger l WHERE NOT EXISTS (SELECT 1 FROM ledger_entries e WHERE e.ledger_id = l.id)`},
	{6, "no confirmed booking without captured money", `
		SELECT COUNT(*) FROM bookings b LEFT JOIN payments p ON p.booking_id = b.id
		WHERE b.status = 'confirmed' AND (COALESCE(p.status, '') <> 'succeeded' OR p.amount_captured <> b.amount)`},
	{7, "no captured money without a confirmed booking, or one that a person is shown", `
		SELECT COUNT(*) FROM payments p JOIN bookings b ON b.id = p.booking_id
		WHERE p.status = 'succeeded' AND b.status NOT IN ('confirmed', 'partially_refunded', 'refunded', 'disputed')
		  AND b.refund_due = FALSE AND b.attention IS NULL`},
	{12, "each confirmed booking has exactly one confirmation", `
		SELECT COUNT(*) FROM bookings b
		WHERE b.status = 'confirmed' AND 1 <> (SELECT COUNT(*) FROM emails e WHERE e.booking_id = b.id AND e.kind = 'booking_confirmed')`},
}

// CheckPromises runs each check once. It reads only.
func (s *Store) CheckPromises(ctx context.Context) ([]Promise, error) {
	out := make([]Promise, 0, len(promises))
	for _, promise := range promises {
		var broken int64
		if err := s.db.WithContext(ctx).Raw(promise.breaks).Scan(&broken).Error; err != nil {
			return nil, fmt.Errorf("check promise %d: %w", promise.number, err)
		}
		checked := Promise{Number: promise.number, Text: promise.text, Held: broken == 0}
		if broken > 0 {
			checked.Detail = fmt.Sprintf("%d rows break it", broken)
		}
		out = append(out, checked)
	}
	return out, nil
}

// Balance of an account in one currency: debits less credits, in minor units.
type Balance struct {
	Account  ledger.Account
	Currency booking.Currency
	Amount   int64
}

// Balances adds up the ledger, per account and currency.
func (s *Store) Balances(ctx context.Context) ([]Balance, error) {
	var out []Balance
	err := s.db.WithContext(ctx).Raw(`SELECT account, currency, SUM(CASE side WHEN 'debit' THEN amount ELSE -amount END) AS amount
		FROM ledger_entries GROUP BY account, currency ORDER BY account, currency`).Scan(&out).Error
	return out, err
}

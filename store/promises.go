package store

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/sync/errgroup"

	"farebook/migrations"
	"farebook/store/internal/db"
	"farebook/store/internal/journal"
)

// Promise is a statement about the books that Farebook promises to keep, and whether it holds now.
type Promise struct {
	Number int
	Text   string
	Held   bool
	Detail string // how many rows break it, and which; empty when it holds
}

// paid are the statuses of a booking whose payment was captured and not late.
const paid = `('confirmed', 'partially_refunded', 'refunded', 'disputed')`

// promises are those that SQL can check. Each query counts the rows that break it, and reads a ledger of any size in one pass. @now is the
// time of the store's clock.
var promises = []struct {
	number int
	text   string
	breaks string
}{
	{1, "no booking is charged twice", `
		SELECT COUNT(*) FROM (SELECT booking_id FROM financial_ledger WHERE type = 'payment' GROUP BY booking_id HAVING COUNT(*) > 1) twice`},
	{2, "each succeeded PaymentIntent has exactly one payment in the ledger", `
		SELECT COUNT(*) FROM payments p
		LEFT JOIN (SELECT booking_id, stripe_payment_intent_id, COUNT(*) AS n FROM financial_ledger
		           WHERE type = 'payment' GROUP BY booking_id, stripe_payment_intent_id) l
		  ON l.booking_id = p.booking_id AND l.stripe_payment_intent_id = p.stripe_payment_intent_id
		WHERE p.status = 'succeeded' AND COALESCE(l.n, 0) <> 1`},
	{2, "each payment in the ledger has a succeeded PaymentIntent", `
		SELECT COUNT(*) FROM financial_ledger l
		LEFT JOIN payments p ON p.booking_id = l.booking_id AND p.stripe_payment_intent_id = l.stripe_payment_intent_id
		WHERE l.type = 'payment' AND COALESCE(p.status, '') <> 'succeeded'`},
	{2, "the ledger's liability for a payment equals the captured amount", `
		SELECT COUNT(*) FROM payments p
		LEFT JOIN (SELECT l.booking_id, e.currency, -SUM(` + journal.Net + `) AS owed
		           FROM financial_ledger l JOIN ledger_entries e ON e.ledger_id = l.id AND e.account = 'liability:unearned_revenue'
		           WHERE l.type IN ('payment', 'stripe_fee', 'partial_capture_reversal', 'correction', 'reversal')
		           GROUP BY l.booking_id, e.currency) o
		  ON o.booking_id = p.booking_id AND o.currency = p.currency
		WHERE p.status = 'succeeded' AND COALESCE(o.owed, 0) <> p.amount_captured`},
	{2, "money in transit belongs to payments that are still processing", `
		SELECT COUNT(*) FROM (SELECT l.booking_id, l.stripe_payment_intent_id, e.currency FROM ledger_entries e
		  JOIN financial_ledger l ON l.id = e.ledger_id
		  WHERE e.account = 'liability:payments_in_transit' GROUP BY l.booking_id, l.stripe_payment_intent_id, e.currency
		  HAVING SUM(` + journal.Net + `) <> 0) t
		JOIN payments p ON p.booking_id = t.booking_id AND p.stripe_payment_intent_id = t.stripe_payment_intent_id
		WHERE p.status IN ('succeeded', 'canceled') AND p.updated_at < TIMESTAMP(@now) - INTERVAL 1 HOUR`},
	{3, "debits equal credits, per transaction and currency", `
		SELECT COUNT(DISTINCT ledger_id) FROM (SELECT ledger_id FROM ledger_entries e GROUP BY ledger_id, currency
		  HAVING SUM(` + journal.Net + `) <> 0) unbalanced`},
	{
		3, "each transaction has an effective date (`starter migrate` adds those that an older release left out)",
		`SELECT COUNT(*) FROM financial_ledger WHERE effective_at IS NULL`,
	},
	{3, "each transaction has entries", `
		SELECT COUNT(*) FROM financial_ledger l WHERE NOT EXISTS (SELECT 1 FROM ledger_entries e WHERE e.ledger_id = l.id)`},
	{5, "the clearing account has nothing from before the opening except the opening balance", `
		SELECT COUNT(*) FROM ledger_opening o JOIN financial_ledger l ON l.effective_at < o.opened_at AND l.stripe_balance_transaction_id <> ''
		WHERE EXISTS (SELECT 1 FROM ledger_entries e WHERE e.ledger_id = l.id AND e.account = 'asset:stripe_clearing')`},
	{5, "no booking's money is posted as another integration's, or as from before the opening", `
		SELECT COUNT(*) FROM financial_ledger l JOIN payments p ON p.stripe_payment_intent_id = l.stripe_payment_intent_id
		WHERE l.type IN ('other_integration', 'before_opening')
		  AND NOT EXISTS (SELECT 1 FROM financial_ledger r WHERE r.operation_key = CONCAT('reversal/', l.operation_key))`},
	{6, "each confirmed booking has captured money", `
		SELECT COUNT(*) FROM bookings b LEFT JOIN payments p ON p.booking_id = b.id
		WHERE b.status IN ` + paid + ` AND (COALESCE(p.status, '') <> 'succeeded' OR p.amount_captured <= 0
		  OR b.capture_method = 'automatic' AND p.amount_captured <> b.amount)`},
	{7, "captured money belongs to a booking, is being refunded, or is shown to an operator", `
		SELECT COUNT(*) FROM payments p JOIN bookings b ON b.id = p.booking_id
		WHERE p.status = 'succeeded' AND b.status NOT IN ` + paid + ` AND b.cancelled_at IS NULL AND b.attention IS NULL
		  AND p.amount_captured > p.amount_refunded + p.amount_charged_back
		  AND NOT EXISTS (SELECT 1 FROM refunds r WHERE r.booking_id = b.id
		    AND r.status IN ('requested', 'pending', 'requires_action', 'unknown'))
		  AND NOT EXISTS (SELECT 1 FROM disputes d WHERE d.booking_id = b.id AND d.status IN ('needs_response', 'under_review', 'unknown'))`},
	{7, "each paid booking's status matches its money", `
		SELECT COUNT(*) FROM bookings b JOIN payments p ON p.booking_id = b.id
		WHERE (b.status IN ` + paid + ` OR b.cancelled_at IS NOT NULL) AND b.status <> CASE
		  WHEN EXISTS (SELECT 1 FROM disputes d WHERE d.booking_id = b.id AND d.status IN ('needs_response', 'under_review', 'unknown'))
		    THEN 'disputed'
		  WHEN p.amount_refunded + p.amount_charged_back >= p.amount_captured THEN 'refunded'
		  WHEN p.amount_refunded + p.amount_charged_back > 0 THEN 'partially_refunded'
		  WHEN b.cancelled_at IS NOT NULL THEN 'cancelled' ELSE 'confirmed' END`},
	{8, "refunds never exceed the captured amount", `
		SELECT COUNT(*) FROM payments p
		JOIN (SELECT booking_id, SUM(amount) AS reserved, SUM(CASE status WHEN 'requested' THEN 0 ELSE amount END) AS made,
		             MAX(origin = 'dashboard') AS by_hand
		      FROM refunds WHERE status NOT IN ('failed', 'canceled') GROUP BY booking_id) r
		  ON r.booking_id = p.booking_id
		WHERE p.status = 'succeeded' AND (r.made > p.amount_captured OR NOT r.by_hand AND r.reserved > p.amount_captured)`},
	{8, "each payment's refunded amount is the sum of its succeeded refunds", `
		SELECT COUNT(*) FROM payments p
		LEFT JOIN (SELECT booking_id, SUM(amount) AS refunded FROM refunds WHERE status = 'succeeded' GROUP BY booking_id) r
		  ON r.booking_id = p.booking_id
		WHERE p.amount_refunded <> COALESCE(r.refunded, 0)`},
	{8, "each refund that Stripe's balance paid, or got back, is in the ledger once", `
		SELECT COUNT(*) FROM refunds r
		LEFT JOIN (SELECT booking_id, stripe_object_id, SUM(type = 'refund') AS paid, SUM(type = 'refund_failure') AS back
		           FROM financial_ledger WHERE type IN ('refund', 'refund_failure') GROUP BY booking_id, stripe_object_id) l
		  ON l.booking_id = r.booking_id AND l.stripe_object_id = r.stripe_refund_id
		WHERE COALESCE(l.paid, 0) <> r.posted OR COALESCE(l.back, 0) <> r.failure_posted`},
	{8, "disputed funds equal what open disputes withhold, and chargebacks what lost disputes cost", `
		SELECT COUNT(*) FROM (
		  SELECT d.settlement_currency, SUM(d.withheld - d.loss) AS withheld, SUM(d.loss) AS loss FROM disputes d
		  WHERE d.settlement_currency <> '' GROUP BY d.settlement_currency) d
		LEFT JOIN (SELECT currency, SUM(CASE WHEN account = 'asset:disputed_funds' THEN ` + journal.Net + ` ELSE 0 END) AS funds,
		                  SUM(CASE WHEN account = 'expense:chargebacks' THEN ` + journal.Net + ` ELSE 0 END) AS loss
		           FROM ledger_entries e WHERE account IN ('asset:disputed_funds', 'expense:chargebacks') GROUP BY currency) e
		  ON e.currency = d.settlement_currency
		WHERE COALESCE(e.funds, 0) <> d.withheld OR COALESCE(e.loss, 0) <> d.loss`},
	{8, "a lost or closed dispute withholds nothing", `
		SELECT COUNT(*) FROM disputes
		WHERE withheld <> loss AND status IN ('lost', 'warning_closed')`},
	{9, "no event waits for an operator, or has waited for more than an hour", `
		SELECT COUNT(*) FROM stripe_events e WHERE ` + waiting},
	{9, "no event is about a booking of ours that the books do not know", `
		SELECT COUNT(*) FROM stripe_events e WHERE ` + unknownBooking},
	{9, "the money of each ignored event is in the ledger or explained", `
		SELECT COUNT(*) FROM stripe_events e WHERE ` + unexplained},
	{9, "each payout is in the ledger once, and once more when it was returned", `
		SELECT COUNT(*) FROM payouts p
		LEFT JOIN (SELECT stripe_object_id, SUM(type = 'payout') AS paid, SUM(type = 'payout_reversal') AS back
		           FROM financial_ledger WHERE type IN ('payout', 'payout_reversal') GROUP BY stripe_object_id) l
		  ON l.stripe_object_id = p.stripe_payout_id
		WHERE COALESCE(l.paid, 0) <> p.posted OR COALESCE(l.back, 0) <> p.failure_posted`},
	{9, "no automatic payout is unproven", `SELECT COUNT(*) FROM payouts WHERE proof = 'unproven'`},
	{10, "the booking or refund of each idempotency key exists", `
		SELECT COUNT(*) FROM idempotency_keys k
		LEFT JOIN bookings b ON k.operation = 'create-booking' AND b.reference = k.resource
		LEFT JOIN refunds r ON k.operation = 'create-refund' AND r.refund_id = k.resource
		WHERE k.operation IN ('create-booking', 'create-refund') AND b.id IS NULL AND r.id IS NULL`},
	{12, "each booking that was confirmed has exactly one confirmation email", `
		SELECT COUNT(*) FROM bookings b
		LEFT JOIN (SELECT booking_id, COUNT(*) AS n FROM emails WHERE kind = 'booking_confirmed' AND resent_of IS NULL GROUP BY booking_id) e
		  ON e.booking_id = b.id
		WHERE b.status IN ` + paid + ` AND COALESCE(e.n, 0) <> 1`},
	{12, "each refund that succeeded has its email to the customer", `
		SELECT COUNT(*) FROM refunds r
		LEFT JOIN (SELECT dedupe_key FROM emails WHERE kind = 'refunded' AND resent_of IS NULL) e
		  ON e.dedupe_key = CONCAT(r.refund_id, '/refunded')
		WHERE r.status = 'succeeded' AND e.dedupe_key IS NULL`},
	{14, "each object in a state at Stripe that this version does not know is shown to an operator", `
		SELECT COUNT(*) FROM (
		  SELECT stripe_refund_id AS id FROM refunds WHERE status = 'unknown'
		  UNION ALL SELECT stripe_dispute_id FROM disputes WHERE status = 'unknown'
		  UNION ALL SELECT stripe_payout_id FROM payouts WHERE status = 'unknown'
		  UNION ALL SELECT p.stripe_payment_intent_id FROM payments p JOIN bookings b ON b.id = p.booking_id
		            WHERE p.status = 'unknown' AND b.attention IS NULL) u
		WHERE NOT EXISTS (SELECT 1 FROM attention_items a WHERE a.kind = 'unknown_state' AND a.subject = CONCAT(u.id, '/status')
		                  AND (a.closed_at IS NULL OR a.closed_by <> ''))`},
	{15, "no fence stops money from moving", `SELECT COUNT(*) FROM fences WHERE is_up = 1`},
	{15, "no email is held for an operator's decision", `SELECT COUNT(*) FROM emails WHERE status = '` + EmailHeld + `'`},
}

var (
	// waiting is an event that was not processed in time, or whose attempts are used up.
	waiting = `e.processed = FALSE AND (e.attempts >= ` + strconv.Itoa(MaxEventAttempts) +
		` OR e.received_at < TIMESTAMP(@now) - INTERVAL 1 HOUR)`
	// unknownBooking is an event that waits until the books have its booking again.
	unknownBooking = `e.state = 'unknown_booking'`
	// unexplained is an event about moved money that an operator has ignored, although the books do not have the money and no item of a
	// reconciliation about it is resolved.
	unexplained = `e.state = 'ignored' AND e.type IN ('payment_intent.succeeded', 'refund.created', 'charge.dispute.funds_withdrawn',
		  'charge.dispute.funds_reinstated', 'payout.paid', 'payout.failed')
		  AND NOT EXISTS (SELECT 1 FROM payments p WHERE p.stripe_payment_intent_id = e.object_id AND p.status = 'succeeded')
		  AND NOT EXISTS (SELECT 1 FROM refunds r WHERE r.stripe_refund_id = e.object_id AND r.posted)
		  AND NOT EXISTS (SELECT 1 FROM disputes d WHERE d.stripe_dispute_id = e.object_id)
		  AND NOT EXISTS (SELECT 1 FROM payouts o WHERE o.stripe_payout_id = e.object_id AND o.posted)
		  AND NOT EXISTS (SELECT 1 FROM reconciliation_items i WHERE i.stripe_id = e.object_id AND i.state = 'resolved')`
)

// namedEvents are the checks, by their text, whose detail names the events that break them.
var namedEvents = map[string]string{
	"no event is about a booking of ours that the books do not know":      unknownBooking,
	"no event waits for an operator, or has waited for more than an hour": waiting,
	"the money of each ignored event is in the ledger or explained":       unexplained,
}

// eventsNamed bounds how many events a check names.
const eventsNamed = 3

// nameEvents adds to a broken check which events break it, and why those could not be processed.
func (s *Store) nameEvents(ctx context.Context, promise *Promise) error {
	where, named := namedEvents[promise.Text]
	if !named {
		return nil
	}
	var rows []eventRow
	err := s.db.WithContext(ctx).Table("stripe_events e").Select("e.stripe_event_id, e.type, e.state, e.last_error").Where(where,
		s.atNow(where)...).
		Order("e.id").Limit(eventsNamed).Scan(&rows).Error
	for _, row := range rows {
		promise.Detail += fmt.Sprintf("; %s (%s) is %s", row.StripeEventID, row.Type, row.State)
		if row.LastError != "" {
			promise.Detail += ": " + db.Truncate(row.LastError, 120)
		}
	}
	return err
}

// atNow is the argument of a query that contains @now: the time of the store's clock, and not the database server's. gorm refuses an
// argument that a query does not contain.
func (s *Store) atNow(query string) []any {
	if !strings.Contains(query, "@now") {
		return nil
	}
	return []any{sql.Named("now", s.Now())}
}

// checksAtOnce bounds the checks that run at the same time: each keeps a core of the server busy.
const checksAtOnce = 4

// CheckPromises runs each check once. It reads only.
func (s *Store) CheckPromises(ctx context.Context) ([]Promise, error) {
	out := make([]Promise, len(promises)+len(waits)+1)
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(checksAtOnce)
	group.Go(func() (err error) {
		out[len(out)-1], err = s.checkAppendOnly(ctx)
		return err
	})
	for i, w := range waits {
		group.Go(func() (err error) {
			out[len(promises)+i], err = s.checkWait(ctx, w)
			return err
		})
	}
	for i, promise := range promises {
		group.Go(func() error {
			var broken int64
			if err := s.db.WithContext(ctx).Raw(promise.breaks, s.atNow(promise.breaks)...).Scan(&broken).Error; err != nil {
				return fmt.Errorf("check promise %d: %w", promise.number, err)
			}
			out[i] = Promise{Number: promise.number, Text: promise.text, Held: broken == 0}
			if broken > 0 {
				out[i].Detail = fmt.Sprintf("%d rows break it", broken)
				return s.nameEvents(ctx, &out[i])
			}
			return nil
		})
	}
	return out, group.Wait()
}

// checkAppendOnly tries, as the application's database user, the statements that would change the ledger, its seals and the audit log.
// TRUNCATE and REPLACE need rights that UPDATE and DELETE are part of; starter migrate tries the rest (migrations/prove.go).
func (s *Store) checkAppendOnly(ctx context.Context) (Promise, error) {
	promise := Promise{Number: 4, Text: "the application's database user cannot change ledger, seals or audit log", Held: true}
	for _, forbidden := range migrations.ForbiddenChanges() {
		allowed, err := s.db.Allows(ctx, forbidden.Statement)
		if err != nil {
			return promise, fmt.Errorf("check promise 4: %w", err)
		}
		if allowed {
			statement := strings.TrimSuffix(forbidden.Statement, " WHERE FALSE")
			promise.Held, promise.Detail = false, "it may "+statement+": see SHOW GRANTS, and revoke what Farebook did not grant"
			break
		}
	}
	return promise, nil
}

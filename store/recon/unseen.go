package recon

import (
	"context"
	"errors"
	"slices"
	"time"

	"gorm.io/gorm"

	"farebook/booking"
	"farebook/ledger"
	"farebook/money"
	"farebook/store/internal/journal"
)

// UnseenPosting is a ledger transaction whose balance transaction a run has not seen at Stripe.
type UnseenPosting struct {
	LedgerID             uint64
	Type                 string
	BalanceTransactionID string
	PaymentIntentID      string
	Reference            booking.Reference
	Clearing             int64 // debits less credits, minor units of Currency
	Currency             money.Currency
}

// postedPage is how many ledger transactions one statement reads, so that a window of any size is read in short statements.
const postedPage = 1000

// UnseenPostings reads a page of ledger transactions that were posted in a span and that a run has not seen at Stripe. Those that an
// operator has resolved are left out. after is the id of the last one of the page before; 0 for the first page. The order is that of
// posting, in which the index has them: ids are assigned before a transaction commits, and processes differ in their clocks, so the ids
// are in another order.
func (r *Runs) UnseenPostings(
	ctx context.Context, runID uint64, from, to time.Time, after uint64, limit int,
) (unseen []UnseenPosting, err error) {
	conn := r.db.WithContext(ctx)
	at, err := cursorOf(conn, after)
	if err != nil {
		return nil, err
	}
	for {
		page, err := readPosted(conn, from, to, at)
		if err != nil || len(page) == 0 {
			return unseen, err
		}
		ids, err := unseenOf(conn, runID, page)
		if err != nil {
			return nil, err
		}
		found, err := readUnseen(conn, ids[:min(len(ids), limit-len(unseen))])
		if err != nil {
			return nil, err
		}
		unseen = append(unseen, found...)
		if len(unseen) == limit || len(page) < postedPage {
			return unseen, nil
		}
		at = page[len(page)-1]
	}
}

// posted is a ledger transaction that names a balance transaction, and a place in the order of posting.
type posted struct {
	ID                         uint64
	PostedAt                   time.Time
	StripeBalanceTransactionID string
}

// cursorOf is the place of a ledger transaction; the beginning for an id that the ledger does not have.
func cursorOf(conn *gorm.DB, id uint64) (at posted, err error) {
	if id == 0 {
		return posted{}, nil
	}
	err = conn.Table("financial_ledger").Select("id, posted_at").Where("id = ?", id).Take(&at).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return posted{}, nil
	}
	return at, err
}

func readPosted(conn *gorm.DB, from, to time.Time, after posted) (page []posted, err error) {
	query := conn.Table("financial_ledger").Select("id, posted_at, stripe_balance_transaction_id").
		Where("posted_at >= ? AND posted_at < ?", latest(from, after.PostedAt), to)
	if after.ID != 0 {
		query = query.Where("posted_at > ? OR id > ?", after.PostedAt, after.ID)
	}
	err = query.Order("posted_at, id").Limit(postedPage).Scan(&page).Error
	return page, err
}

func latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// unseenOf returns the transactions of a page that the run has not seen and that no correction has settled, in the order of the page.
func unseenOf(conn *gorm.DB, runID uint64, page []posted) (ids []uint64, err error) {
	balances := make([]string, 0, len(page))
	for _, transaction := range page {
		if transaction.StripeBalanceTransactionID != "" {
			balances = append(balances, transaction.StripeBalanceTransactionID)
		}
	}
	var seen, corrected []string
	err = conn.Model(&seenRow{}).Where("run_id = ? AND stripe_balance_transaction_id IN ?", runID, balances).
		Pluck("stripe_balance_transaction_id", &seen).Error
	if err != nil {
		return nil, err
	}
	known := map[string]bool{"": true}
	for _, id := range seen {
		known[id] = true
	}
	balances = slices.DeleteFunc(balances, func(id string) bool { return known[id] })
	err = conn.Table("financial_ledger").Where("stripe_balance_transaction_id IN ? AND type = ?", balances, ledger.TypeCorrection).
		Pluck("stripe_balance_transaction_id", &corrected).Error
	for _, id := range corrected {
		known[id] = true
	}
	for _, transaction := range page {
		if !known[transaction.StripeBalanceTransactionID] {
			ids = append(ids, transaction.ID)
		}
	}
	return ids, err
}

func readUnseen(conn *gorm.DB, ids []uint64) (unseen []UnseenPosting, err error) {
	if len(ids) == 0 {
		return nil, nil
	}
	err = conn.Raw(`
		SELECT l.id AS ledger_id, l.type, l.stripe_balance_transaction_id AS balance_transaction_id,
		       COALESCE(l.stripe_payment_intent_id, '') AS payment_intent_id, COALESCE(b.reference, '') AS reference,
		       COALESCE(SUM(`+journal.Net+`), 0) AS clearing, COALESCE(MAX(e.currency), '') AS currency
		FROM financial_ledger l
		LEFT JOIN bookings b ON b.id = l.booking_id
		LEFT JOIN ledger_entries e ON e.ledger_id = l.id AND e.account = ?
		WHERE l.id IN ?
		GROUP BY l.id, l.type, l.stripe_balance_transaction_id, l.stripe_payment_intent_id, b.reference, l.posted_at
		ORDER BY l.posted_at, l.id`, ledger.AssetStripeClearing, ids).Scan(&unseen).Error
	return unseen, err
}

package journal

import (
	"maps"
	"slices"

	"gorm.io/gorm"

	"farebook/ledger"
	"farebook/money"
	"farebook/reconciliation"
)

// Postings reads the postings of lines, by balance transaction.
//
// A payment may have been posted before its balance transaction was known. Such a payment is found by the fee that was posted later or,
// without a fee, by its PaymentIntent. early are the balance transactions that it may belong to.
func Postings(conn *gorm.DB, lines []reconciliation.Line) (map[string][]reconciliation.Posting, error) {
	ids, early := make([]string, 0, len(lines)), map[string]string{}
	for _, line := range lines {
		ids = append(ids, line.ID)
		if line.Object == reconciliation.ObjectPayment && line.ReportingCategory == "charge" && line.PaymentIntentID != "" {
			early[line.ID] = line.PaymentIntentID
		}
	}
	rows, err := readPostings(conn.Where("l.stripe_balance_transaction_id IN ?", ids))
	if err != nil {
		return nil, err
	}
	posted, paid := map[string][]reconciliation.Posting{}, map[string]bool{}
	for _, row := range rows {
		switch ledger.Type(row.Type) {
		case ledger.TypeStripeFee:
			early[row.BalanceTransactionID] = row.PaymentIntentID
		case ledger.TypePayment, ledger.TypePaymentInTransit: // posted with its balance transaction
			paid[row.BalanceTransactionID] = true
		}
		posted[row.BalanceTransactionID] = row.add(posted[row.BalanceTransactionID])
	}
	charges := map[string]string{}
	for id, intent := range early {
		if !paid[id] {
			charges[intent] = id
		}
	}
	if len(charges) == 0 {
		return posted, nil
	}
	// By booking, because the index begins with it.
	rows, err = readPostings(conn.Where("l.type = 'payment' AND l.stripe_balance_transaction_id = '' AND l.booking_id IN (?)",
		conn.Session(&gorm.Session{NewDB: true}).Table("payments").Select("booking_id").
			Where("stripe_payment_intent_id IN ?", slices.Collect(maps.Keys(charges)))))
	for _, row := range rows {
		if id := charges[row.PaymentIntentID]; id != "" {
			posted[id] = row.add(posted[id])
		}
	}
	return posted, err
}

// postingRow sums one currency of a ledger transaction.
type postingRow struct {
	ID                   uint64
	Type                 string
	PaymentIntentID      string
	BalanceTransactionID string
	Currency             money.Currency
	Clearing, Fees       int64
}

func readPostings(where *gorm.DB) (rows []postingRow, err error) {
	err = where.Table("financial_ledger l").
		Select(`l.id, l.type, COALESCE(l.stripe_payment_intent_id, '') AS payment_intent_id, l.stripe_balance_transaction_id AS balance_transaction_id,
			e.currency, SUM(CASE e.account WHEN ? THEN `+Net+` ELSE 0 END) AS clearing, SUM(IF(e.account IN ?, `+Net+`, 0)) AS fees`,
			ledger.AssetStripeClearing, ledger.FeeAccounts).
		Joins("JOIN ledger_entries e ON e.ledger_id = l.id").
		Group("l.id, l.type, l.stripe_payment_intent_id, l.stripe_balance_transaction_id, e.currency").
		Order("l.id, e.currency").Scan(&rows).Error
	return rows, err
}

// add adds a row to the postings of its balance transaction, or to its own ledger transaction if that is already there.
func (r postingRow) add(list []reconciliation.Posting) []reconciliation.Posting {
	if len(list) == 0 || list[len(list)-1].LedgerID != r.ID {
		list = append(list, reconciliation.Posting{
			LedgerID: r.ID, Type: r.Type, PaymentIntentID: r.PaymentIntentID, Early: r.BalanceTransactionID == "",
			Clearing: map[money.Currency]int64{}, Fees: map[money.Currency]int64{},
		})
	}
	of := list[len(list)-1]
	of.Clearing[r.Currency] += r.Clearing
	of.Fees[r.Currency] += r.Fees
	return list
}

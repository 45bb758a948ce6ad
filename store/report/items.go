package report

import (
	"slices"
	"time"

	"gorm.io/gorm"

	"farebook/finance"
	"farebook/ledger"
	"farebook/store/internal/db"
	"farebook/store/internal/journal"
)

// items reads the balance transactions of an interval one by one, in the order of their dates: each at the first transaction that was
// posted for it in the interval.
func items(tx *gorm.DB, i finance.Interval, take func(finance.Item) error) error {
	return walk(tx, i, func(page []place) error {
		ids, err := balanceTransactionsOf(tx, idsOf(page))
		if err != nil || len(ids) == 0 {
			return err
		}
		settled, err := settledOf(tx, i, ids)
		if err != nil {
			return err
		}
		places := make(map[uint64]int, len(page))
		for n, p := range page {
			places[p.ID] = n
		}
		firsts := make([][]finance.Item, len(page)) // by the place of the first transaction of each
		for _, one := range settled {
			if at, here := places[firstWithin(one, i)]; here {
				firsts[at] = one.Items(i)
			}
		}
		return completed(tx, i, slices.Concat(firsts...), take)
	})
}

// firstWithin is the first transaction of a balance transaction in an interval, by date and id, or 0 if it has no transaction in it.
func firstWithin(s finance.Settled, i finance.Interval) uint64 {
	var first finance.Settling
	for _, row := range s.Rows {
		if i.Contains(row.Date) && (first.ID == 0 || row.Date.Before(first.Date)) {
			first = row
		}
	}
	return first.ID
}

// balanceTransactionsOf are the balance transactions of some ledger transactions, each once.
func balanceTransactionsOf(tx *gorm.DB, ids []uint64) (found []string, err error) {
	err = tx.Table("financial_ledger").Where("id IN ? AND stripe_balance_transaction_id <> ''", ids).Distinct().
		Pluck("stripe_balance_transaction_id", &found).Error
	return found, err
}

// settledOf reads what was posted for some balance transactions. One of which nothing moves the clearing account is left out.
func settledOf(tx *gorm.DB, i finance.Interval, ids []string) ([]finance.Settled, error) {
	posted, err := journal.OfBalanceTransactions(tx, ids)
	if err != nil {
		return nil, err
	}
	rows, err := settlings(tx, i, posted)
	if err != nil {
		return nil, err
	}
	byID := map[string]int{}
	var all []finance.Settled
	for _, row := range rows {
		if !row.MovesClearing() {
			continue
		}
		at, known := byID[row.BalanceTransactionID]
		if !known {
			at = len(all)
			byID[row.BalanceTransactionID] = at
			all = append(all, finance.Settled{ID: row.BalanceTransactionID})
		}
		all[at].Rows = append(all[at].Rows, row)
	}
	return all, addEarly(tx, i, all)
}

// addEarly adds the payments that were posted before their balance transactions were known: those of a fee that was posted later, or of an
// operator's correction in its place.
func addEarly(tx *gorm.DB, i finance.Interval, all []finance.Settled) error {
	var bookings []uint64
	for _, one := range all {
		if late := lateOf(one); late.BookingID != 0 {
			bookings = append(bookings, late.BookingID)
		}
	}
	posted, err := journal.EarlyPayments(tx, bookings)
	if err != nil || len(posted) == 0 {
		return err
	}
	rows, err := settlings(tx, i, posted)
	if err != nil {
		return err
	}
	for n, one := range all {
		late := lateOf(one)
		for _, row := range rows {
			if late.BookingID != 0 && row.BookingID == late.BookingID && row.PaymentIntentID == late.PaymentIntentID {
				all[n].Early = append(all[n].Early, row)
			}
		}
	}
	return nil
}

// lateOf is the posting of a balance transaction that came after its payment; the zero value for any other.
func lateOf(one finance.Settled) (late finance.Settling) {
	for _, row := range one.Rows {
		switch row.Type {
		case ledger.TypePayment, ledger.TypePaymentInTransit:
			return finance.Settling{}
		case ledger.TypeStripeFee:
			late = row
		case ledger.TypeCorrection:
			if row.Balance != nil && row.Balance.ReportingCategory == "charge" {
				late = row
			}
		}
	}
	return late
}

// settlings gives transactions their references and the date by the basis of an interval. By period, a late one counts from the
// beginning of its month.
func settlings(tx *gorm.DB, i finance.Interval, posted []journal.Settling) ([]finance.Settling, error) {
	bookings := make([]uint64, 0, len(posted))
	for _, one := range posted {
		if one.BookingID != 0 {
			bookings = append(bookings, one.BookingID)
		}
	}
	references, err := referencesOf(tx, bookings)
	rows := make([]finance.Settling, len(posted))
	for n, one := range posted {
		rows[n] = finance.Settling{Posted: finance.Posted{Transaction: one.Transaction, Date: one.PostedAt}, Period: one.Period}
		rows[n].Reference = references[one.BookingID]
		if i.Basis != finance.ByPosted && !one.Effective.At.IsZero() {
			rows[n].Date = one.Effective.At
		}
		if i.Basis == finance.ByPeriod && rows[n].Date.Before(one.Period.Start(i.Zone)) {
			rows[n].Date = one.Period.Start(i.Zone)
		}
	}
	return rows, err
}

// completed gives items the charge of their payment and the payout that pays them out, and takes each.
func completed(tx *gorm.DB, i finance.Interval, list []finance.Item, take func(finance.Item) error) error {
	charges, err := chargesOf(tx, list)
	if err != nil {
		return err
	}
	payouts, err := payoutsOf(tx, i, list)
	if err != nil {
		return err
	}
	for _, item := range list {
		item.ChargeID = charges[item.PaymentIntent]
		if prefix(item.SourceID, "ch_", "py_") {
			item.ChargeID = item.SourceID
		}
		if item.SourceID == "" && item.Category == "charge" {
			item.SourceID = item.ChargeID
		}
		item.Payout = payouts[item.ID]
		if err := take(item); err != nil {
			return err
		}
	}
	return nil
}

func prefix(id string, prefixes ...string) bool {
	return len(id) > 3 && slices.Contains(prefixes, id[:3])
}

func chargesOf(tx *gorm.DB, list []finance.Item) (map[string]string, error) {
	var intents []string
	for _, item := range list {
		if item.PaymentIntent != "" {
			intents = append(intents, item.PaymentIntent)
		}
	}
	charges := map[string]string{}
	if len(intents) == 0 {
		return charges, nil
	}
	var rows []struct{ StripePaymentIntentID, StripeChargeID string }
	err := tx.Table("payments").Select("stripe_payment_intent_id, stripe_charge_id").Where("stripe_payment_intent_id IN ?", intents).
		Scan(&rows).Error
	for _, row := range rows {
		charges[row.StripePaymentIntentID] = row.StripeChargeID
	}
	return charges, err
}

// paidOut is a balance transaction in a payout.
type paidOut struct {
	StripeBalanceTransactionID, StripePayoutID string
	ArrivesAt                                  *time.Time
	TraceID                                    *string
}

func (p paidOut) payout() finance.ItemPayout {
	return finance.ItemPayout{ID: p.StripePayoutID, EffectiveAt: db.TimeOrZero(p.ArrivesAt), TraceID: db.OrEmpty(p.TraceID)}
}

// payoutsOf are the automatic payouts of items: of what they pay out, and of themselves. By period, they are those that had left Stripe's
// balance by the end of the interval, without the trace id, which comes at any time: a report of a closed month never changes.
func payoutsOf(tx *gorm.DB, i finance.Interval, list []finance.Item) (map[string]finance.ItemPayout, error) {
	payouts := map[string]finance.ItemPayout{}
	var ids []string
	own := map[string]string{}
	for _, item := range list {
		ids = append(ids, item.ID)
		if item.Category == "payout" && item.SourceID != "" {
			own[item.SourceID] = item.ID
		}
	}
	if len(ids) == 0 {
		return payouts, nil
	}
	var rows []paidOut
	err := tx.Raw(`SELECT t.stripe_balance_transaction_id, t.stripe_payout_id, p.arrives_at, p.trace_id FROM payout_transactions t
		JOIN payouts p ON p.stripe_payout_id = t.stripe_payout_id WHERE t.stripe_balance_transaction_id IN ?`, ids).Scan(&rows).Error
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		payouts[row.StripeBalanceTransactionID] = row.payout()
	}
	err = addOwn(tx, payouts, own)
	if err != nil || i.Basis != finance.ByPeriod {
		return payouts, err
	}
	return payouts, keepLeft(tx, i, payouts)
}

// addOwn adds each automatic payout to its balance transaction.
func addOwn(tx *gorm.DB, payouts map[string]finance.ItemPayout, own map[string]string) error {
	if len(own) == 0 {
		return nil
	}
	ids := make([]string, 0, len(own))
	for id := range own {
		ids = append(ids, id)
	}
	var rows []paidOut
	err := tx.Table("payouts").Select("stripe_payout_id, arrives_at, trace_id").Where("stripe_payout_id IN ? AND automatic", ids).
		Scan(&rows).Error
	for _, row := range rows {
		payouts[own[row.StripePayoutID]] = row.payout()
	}
	return err
}

// keepLeft removes the payouts that had not left Stripe's balance by the end of an interval, and the trace ids of the others.
func keepLeft(tx *gorm.DB, i finance.Interval, payouts map[string]finance.ItemPayout) error {
	var keys []string
	for _, payout := range payouts {
		keys = append(keys, ledger.PayoutKey(payout.ID))
	}
	posted, err := journal.OfOperations(tx, keys)
	if err != nil {
		return err
	}
	rows, err := settlings(tx, i, posted)
	if err != nil {
		return err
	}
	left := map[string]bool{}
	for _, row := range rows {
		left[row.ObjectID] = row.Date.Before(i.To)
	}
	for id, payout := range payouts {
		if !left[payout.ID] {
			delete(payouts, id)
			continue
		}
		payouts[id] = finance.ItemPayout{ID: payout.ID, EffectiveAt: payout.EffectiveAt}
	}
	return nil
}

package journal

import (
	"slices"
	"time"

	"gorm.io/gorm"

	"farebook/ledger"
)

// superseded are the types whose place is taken by the record of an object of ours.
var superseded = append([]ledger.Type{ledger.TypeCorrection}, ledger.UnbookedTypes...)

// supersede reverses what was posted of a balance transaction before it could be posted from Stripe's own record: an operator's
// correction, or as money that no booking has.
func supersede(tx *gorm.DB, now time.Time, t ledger.Transaction) error {
	if t.BalanceTransactionID == "" || slices.Contains(superseded, t.Type) {
		return nil
	}
	var corrections []row
	err := tx.Where("stripe_balance_transaction_id = ? AND type IN ?", t.BalanceTransactionID, superseded).
		Where("NOT EXISTS (SELECT 1 FROM financial_ledger r WHERE r.operation_key = CONCAT(?, financial_ledger.operation_key))", ledger.ReversalPrefix).
		Order("id").Find(&corrections).Error
	for _, posted := range corrections {
		var entries []entryRow
		if err := tx.Where("ledger_id = ?", posted.ID).Order("id").Find(&entries).Error; err != nil {
			return err
		}
		correction := assemble("", []row{posted}, entries)[0].Transaction
		if posted.EffectiveAt == nil {
			correction.Effective = t.Effective // of an older release: completed later with the same date
		}
		if err := insert(tx, now, posted.BookingID, correction.Reverse()); err != nil {
			return err
		}
	}
	return err
}

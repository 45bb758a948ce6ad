package ledger

import (
	"fmt"
	"maps"
	"slices"

	"farebook/booking"
	"farebook/money"
)

// CarryingOver is what a booking's ledger of an earlier release has on other accounts than the posting rules of this one, in minor
// units. Exchanges are what exchanges between currencies left in suspense (debits less credits). Payable and Kept are parts of the
// unearned revenue: refunds that are owed, and what a cancellation has kept. Payable is negative where less is owed than is payable.
// Posting counts the booking's correcting transactions: a process of the earlier release may post after the first.
type CarryingOver struct {
	Reference       booking.Reference
	PaymentIntentID string
	Exchanges       map[money.Currency]int64
	Payable, Kept   int64
	Currency        money.Currency
	Posting         int
	Effective       Effective
}

// CarryOver posts the correcting transaction of a booking. If nothing differs, the returned transaction has no entries, and there is
// nothing to post.
//
//	debit  equity:conversion            exchanges    (sides swapped if negative)
//	credit equity:suspense              exchanges
//	debit  liability:unearned_revenue   payable and kept   (sides swapped if negative)
//	credit liability:refunds_payable    payable
//	credit income:cancellation_fees     kept
func CarryOver(c CarryingOver) (Transaction, error) {
	t := Transaction{
		Type: TypeCarryOver, Reference: c.Reference, PaymentIntentID: c.PaymentIntentID, Effective: c.Effective,
		OperationKey: "carry-over/" + string(c.Reference),
		Description:  "Balances of an earlier release, booking " + string(c.Reference),
	}
	if c.Posting > 1 {
		t.ObjectID = fmt.Sprintf("again/%d", c.Posting)
		t.OperationKey += fmt.Sprintf("/%d", c.Posting)
	}
	for _, currency := range slices.Sorted(maps.Keys(c.Exchanges)) {
		t.Entries = append(t.Entries, move(EquityConversion, EquitySuspense, c.Exchanges[currency], currency)...)
	}
	t.Entries = append(t.Entries, move(LiabilityUnearnedRevenue, LiabilityRefundsPayable, c.Payable, c.Currency)...)
	t.Entries = append(t.Entries, move(LiabilityUnearnedRevenue, IncomeCancellationFees, c.Kept, c.Currency)...)
	if len(t.Entries) == 0 {
		return t, nil
	}
	return t, t.Validate()
}

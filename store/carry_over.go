package store

import (
	"slices"
	"time"

	"farebook/ledger"
	"farebook/ledger/seal"
	"farebook/money"
	"farebook/store/internal/journal"
)

// ledgerRules are the posting rules of this release. The ledger of a booking with earlier rules has refunds and exchanges on other
// accounts: it is carried over before anything else is posted to it. `starter migrate` has it carried over once more when a process of the
// earlier release has posted to it since.
const (
	earlierRules = 1
	ledgerRules  = 2
)

// followsRules reports whether the booking's ledger follows the posting rules of this release.
func (b *lockedBooking) followsRules() bool { return b.booking.LedgerRules >= ledgerRules }

// carryOver posts what the booking's ledger of an earlier release differs by: under the booking's lock ledger_rules says that it was done,
// and the UNIQUE operation keys refuse a second posting. It posts nothing where nothing differs.
func (b *lockedBooking) carryOver() error {
	if b.followsRules() {
		return nil
	}
	b.booking.LedgerRules = ledgerRules // insert comes here again
	if err := b.saveBooking("ledger_rules"); err != nil {
		return err
	}
	if !b.isPaid() {
		return nil // nothing is owed, or earned
	}
	if err := b.recogniseLater(); err != nil {
		return err
	}
	if err := b.relieveEarlierLosses(); err != nil {
		return err
	}
	transaction, err := b.carriedOver()
	if err != nil || len(transaction.Entries) == 0 {
		return err
	}
	return b.insert(transaction)
}

// relieveEarlierLosses posts the relief of disputes that were lost before. What was kept of a booking that had been cancelled is no
// flight, and is not given back by it.
func (b *lockedBooking) relieveEarlierLosses() error {
	return b.relieveLost(func(decided time.Time) bool {
		return b.booking.CancelledAt == nil || !b.booking.CancelledAt.Before(decided)
	})
}

// carriedOver is the correcting transaction of the booking. It has no entries where nothing differs.
func (b *lockedBooking) carriedOver() (ledger.Transaction, error) {
	transactions, err := journal.OfBooking(b.tx, b.booking.ID)
	if err != nil {
		return ledger.Transaction{}, err
	}
	payable, err := b.payableByRules(transactions)
	if err != nil {
		return ledger.Transaction{}, err
	}
	carried, decided := 0, int64(0)
	sums := seal.Sums{}
	for _, t := range transactions {
		sums.AddEntries(t.Entries)
		switch t.Type {
		case ledger.TypeCarryOver:
			carried++
		case ledger.TypeChargebackRelief:
			payable -= offPayable(t.Entries, b.booking.Currency)
		case ledger.TypeCorrection, ledger.TypeReversal:
			decided -= offPayable(t.Entries, b.booking.Currency)
		}
	}
	carrying := ledger.CarryingOver{
		Reference: b.booking.Reference, PaymentIntentID: b.payment.StripePaymentIntentID, Currency: b.booking.Currency,
		Exchanges: exchanges(transactions), Posting: carried + 1, Effective: ledger.Effective{At: b.now, Basis: ledger.ByPosting},
	}
	if b.byAgent() { // earlier releases know no agents: an operator corrects what one has posted as a principal's, which verify finds
		return ledger.CarryOver(carrying)
	}
	owed := claimsIn(sums, b.booking.Currency)
	carrying.Payable = min(max(min(payable, owed.left), 0)+decided-owed.payable, max(owed.unearned, 0))
	if b.booking.CancelledAt != nil {
		carrying.Kept = max(owed.unearned-carrying.Payable, 0)
	}
	return ledger.CarryOver(carrying)
}

// offPayable is what entries take from refunds payable.
func offPayable(entries []ledger.Entry, currency money.Currency) int64 {
	sums := seal.Sums{}
	sums.AddEntries(entries)
	return sums[ledger.LiabilityRefundsPayable][currency]
}

// exchanges are what exchanges between currencies have left in suspense: debits less credits. An operator's correction is no exchange.
func exchanges(transactions []LedgerTransaction) map[money.Currency]int64 {
	total := map[money.Currency]int64{}
	for _, t := range transactions {
		if t.Type == ledger.TypeReversal || slices.Contains(journal.Superseded, t.Type) {
			continue
		}
		suspended := seal.Sums{}
		suspended.AddEntries(t.Entries)
		if between := suspended[ledger.EquitySuspense]; len(between) > 1 {
			for currency, amount := range between {
				total[currency] += amount
			}
		}
	}
	return total
}

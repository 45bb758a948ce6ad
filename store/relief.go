package store

import (
	"math/big"
	"slices"
	"time"

	"farebook/booking"
	"farebook/ledger"
	"farebook/ledger/seal"
	"farebook/store/internal/journal"
)

// relieve keeps the relief of a dispute at what its loss frees the books from: of a lost dispute, what is payable of refunds that failed,
// and, where the decision came before the departure, the flight that is not owed any more; otherwise nothing. Both changes are posted.
// Repetition posts nothing; the UNIQUE operation key chargeback-relief/<dispute>/<n> refuses a second posting.
func (b *lockedBooking) relieve(dispute *disputeRow, decided time.Time, effective ledger.Effective) error {
	objects := journal.Objects{Type: ledger.TypeChargebackRelief, Prefix: dispute.StripeDisputeID + "/"}
	count, err := journal.CountOf(b.tx, b.booking.ID, objects)
	if err != nil {
		return err
	}
	relieved := seal.Sums{}
	if count > 0 {
		if relieved, err = journal.OfBookingSums(b.tx, b.booking.ID, objects); err != nil {
			return err
		}
	}
	relief, err := b.reliefOf(dispute, relieved, decided)
	if err != nil || relief.Payable == 0 && relief.Unearned == 0 {
		return err
	}
	relief.Reference, relief.PaymentIntentID, relief.DisputeID = b.booking.Reference, dispute.StripePaymentIntentID, dispute.StripeDisputeID
	relief.Currency, relief.SettledCurrency = b.booking.Currency, dispute.SettlementCurrency
	relief.Posting, relief.Effective = count+1, effective
	transaction, err := ledger.ChargebackRelief(relief)
	if err != nil {
		return err
	}
	return b.insert(transaction)
}

// reliefOf is the change of a dispute's relief, by what was relieved of it so far.
func (b *lockedBooking) reliefOf(dispute *disputeRow, relieved seal.Sums, decided time.Time) (ledger.Relief, error) {
	currency := b.booking.Currency
	payable, unearned := relieved[ledger.LiabilityRefundsPayable][currency], relieved[b.heldOn()][currency]
	settled := -relieved[ledger.ExpenseChargebacks][dispute.SettlementCurrency]
	if dispute.Status != booking.DisputeLost || dispute.Loss == 0 {
		return ledger.Relief{Payable: -payable, Unearned: -unearned, Settled: -settled}, nil
	}
	owed, err := b.claims()
	if err != nil || dispute.Currency != currency {
		return ledger.Relief{}, err
	}
	left := max(dispute.Amount-payable-unearned, 0)
	relief := ledger.Relief{Payable: min(left, owed.failed())}
	if due, err := b.flightDue(decided); err != nil {
		return ledger.Relief{}, err
	} else if due {
		relief.Unearned = min(left-relief.Payable, max(owed.unearned, 0))
	}
	relief.Settled = share(dispute.Loss, payable+unearned+relief.Payable+relief.Unearned, dispute.Amount) - settled
	return relief, nil
}

// flightDue reports whether a flight was still owed when something was decided: it had not departed. Nobody flies for money that came too
// late.
func (b *lockedBooking) flightDue(decided time.Time) (bool, error) {
	known, err := b.booking.domain()
	departs := known.Flight.DepartsAt
	return err == nil && (b.late() || departs.IsZero() || decided.Before(departs)), err
}

// share is part of whole, as much as numerator is of denominator, rounded towards zero.
func share(whole, numerator, denominator int64) int64 {
	if denominator == 0 {
		return 0
	}
	product := new(big.Int).Mul(big.NewInt(whole), big.NewInt(numerator))
	return product.Quo(product, big.NewInt(denominator)).Int64()
}

// relieveLost relieves the booking's lost disputes of what became payable because a refund failed: the bank has given the money back. It
// leaves out those that a condition, where one is given, refuses.
func (b *lockedBooking) relieveLost(conditions ...func(decided time.Time) bool) error {
	var lost []disputeRow
	err := b.tx.Where("booking_id = ? AND status = ? AND loss <> 0", b.booking.ID, booking.DisputeLost).Order("id").Find(&lost).Error
	if err != nil {
		return err
	}
	for _, dispute := range lost {
		decided, err := journal.LastEffective(b.tx, b.booking.ID, ledger.TypeChargeback, dispute.StripeDisputeID+"/")
		if err != nil {
			return err
		}
		if slices.ContainsFunc(conditions, func(met func(time.Time) bool) bool { return !met(decided) }) {
			continue
		}
		if err := b.relieve(&dispute, decided, ledger.Effective{At: b.now, Basis: ledger.ByPosting}); err != nil {
			return err
		}
	}
	return nil
}

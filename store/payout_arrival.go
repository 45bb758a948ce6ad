package store

import (
	"farebook/booking"
	"farebook/ledger"
	"farebook/money"
	"farebook/store/internal/journal"
)

// eventPayoutPaid is the type of Stripe's event that dates the arrival of a payout, which has no balance transaction.
const eventPayoutPaid = "payout.paid"

// postArrival moves to the bank what a payout that arrived has in transit, and takes from the bank what a payout that came back had
// there. What the ledger has in transit decides: it is zero for a payout that an earlier release has posted as at the bank, and after
// either posting, so that a repetition posts nothing. The UNIQUE operation keys payout-arrived/<po> and payout-returned/<po> refuse a
// second posting.
func (r *payoutRecorder) postArrival() error {
	arrived := r.payout.Status == booking.PayoutPaid && r.payout.Posted && !r.payout.FailurePosted
	if !arrived && !r.payout.FailurePosted {
		return nil
	}
	inTransit, err := journal.InTransit(r.tx, r.payout.StripePayoutID)
	if err != nil || len(inTransit) == 0 {
		return err
	}
	transaction, err := r.arrival(inTransit)
	if err != nil {
		return err
	}
	return journal.Append(r.tx, r.now, nil, transaction)
}

func (r *payoutRecorder) arrival(inTransit map[money.Currency]int64) (ledger.Transaction, error) {
	snapshot := r.reading.Snapshot
	if r.payout.FailurePosted {
		returned := ledger.Effective{At: r.now, Basis: ledger.ByPosting}
		if snapshot.FailureBalance != nil {
			returned = ledger.EffectiveOf(*snapshot.FailureBalance)
		}
		return ledger.PayoutReturned(r.payout.StripePayoutID, inTransit, returned)
	}
	arrived, err := decidedAbout(r.tx, decision{objectID: r.payout.StripePayoutID, eventType: eventPayoutPaid}, r.now)
	if err != nil {
		return ledger.Transaction{}, err
	}
	if snapshot.Balance != nil {
		arrived = arrived.NotBefore(*snapshot.Balance)
	}
	return ledger.PayoutArrived(r.payout.StripePayoutID, inTransit, arrived)
}

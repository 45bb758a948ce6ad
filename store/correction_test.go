package store_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/booking"
	"farebook/ledger"
	"farebook/reconciliation"
	"farebook/store"
	"farebook/store/recon"
)

func foreignPayment() reconciliation.Finding {
	return reconciliation.Finding{
		Class: reconciliation.OrphanPayment, Object: "payment", StripeID: "pi_9", PaymentIntentID: "pi_9", BalanceTransactionID: "txn_9",
		AtStripe: 44539, Currency: "USD", Reason: "this payment at Stripe belongs to no booking",
	}
}

// Many people at once, on the items of two runs about the same balance transaction: one correction, and every
// other operator learns why there is no second.
func TestCorrectionIsPostedOnce(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	items := append(b.RunThatFound(b.t, "recon_1", foreignPayment()), b.RunThatFound(b.t, "recon_2", foreignPayment())...)
	require.Len(t, items, 2)
	there := &booking.BalanceTransaction{Created: settledAt, ID: "txn_9", Amount: 45900, Fee: 1361, Net: 44539, Currency: "USD"}
	var group sync.WaitGroup
	errs := make([]error, 20)
	for i := range errs {
		group.Go(func() {
			errs[i] = recon.New(b.Store).Correct(t.Context(), recon.Correction{
				ItemID: items[i%2].ID, There: there, Against: ledger.EquitySuspense, Note: fmt.Sprintf("by %d", i),
			}, time.Now().UTC())
		})
	}
	group.Wait()
	posted := 0
	for _, err := range errs {
		var refused *recon.NotCorrectableError
		if err == nil {
			posted++
		} else {
			require.ErrorAs(t, err, &refused)
		}
	}
	require.Equal(t, 1, posted)
	require.Equal(t, 1, b.Count(t, "SELECT COUNT(*) FROM financial_ledger WHERE type = 'correction'"))
	require.Equal(t, 1, b.Count(t, "SELECT COUNT(*) FROM reconciliation_items WHERE state = 'resolved'"))
	require.EqualValues(t, 44539, b.balanceOf("asset:stripe_clearing"))
	require.EqualValues(t, 1361, b.balanceOf("expense:stripe_fees"))
	require.EqualValues(t, -45900, b.balanceOf("equity:suspense"))
}

// What cannot be corrected is refused with a reason, and leaves the books and the item as they were.
func TestCorrectionsThatAreRefused(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	healed, clearing := foreignPayment(), foreignPayment()
	healed.Class, healed.Healing = reconciliation.MissingInLedger, reconciliation.HealPayment
	clearing.Object, clearing.BalanceTransactionID = "clearing", ""
	items := b.RunThatFound(b.t, "recon_1", healed, clearing, foreignPayment())
	there := &booking.BalanceTransaction{Created: settledAt, ID: "txn_9", Amount: 45900, Fee: 1361, Net: 44539, Currency: "USD"}
	for i, c := range map[int]struct {
		there   *booking.BalanceTransaction
		against ledger.Account
		says    string
	}{
		0: {there, ledger.EquitySuspense, "healed by its own workflow"},
		1: {there, ledger.EquitySuspense, "no balance transaction"},
		2: {there, ledger.ExpenseChargebacks, "use one of"},
		3: {nil, ledger.EquitySuspense, "STRIPE_SECRET_KEY"},
		4: {&booking.BalanceTransaction{Created: settledAt, ID: "txn_9", Currency: "USD"}, ledger.EquitySuspense, "agree with Stripe by now"},
	} {
		item := items[min(i, 2)]
		var refused *recon.NotCorrectableError
		err := recon.New(b.Store).Correct(t.Context(), recon.Correction{ItemID: item.ID, There: c.there, Against: c.against, Note: "n"},
			time.Now().UTC())
		require.ErrorAs(t, err, &refused)
		require.ErrorContains(t, err, c.says)
	}
	require.ErrorIs(t, recon.New(b.Store).Correct(t.Context(), recon.Correction{ItemID: 999}, time.Now().UTC()), store.ErrNotFound)
	require.Zero(t, b.Count(t, "SELECT COUNT(*) FROM financial_ledger"))
	require.Zero(t, b.Count(t, "SELECT COUNT(*) FROM reconciliation_items WHERE state <> 'found'"))
}

// What its own workflow could not heal is an operator's to post: there is no other way for it into the books.
func TestCorrectionOfWhatCouldNotBeHealed(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	tried := foreignPayment()
	tried.Class, tried.Healing = reconciliation.MissingInLedger, reconciliation.HealPayment
	item := b.RunThatFound(b.t, "recon_1", tried)[0]
	there := &booking.BalanceTransaction{Created: settledAt, ID: "txn_9", Amount: 45900, Fee: 1361, Net: 44539, Currency: "USD"}
	correction := recon.Correction{ItemID: item.ID, There: there, Against: ledger.EquitySuspense, Note: "n"}
	require.ErrorContains(t, recon.New(b.Store).Correct(t.Context(), correction, time.Now().UTC()), "apply its plan")
	require.NoError(t, recon.New(b.Store).SettleItem(t.Context(), item.ID, recon.ItemFailed, "in vain"))
	require.NoError(t, recon.New(b.Store).Correct(t.Context(), correction, time.Now().UTC()))
	require.EqualValues(t, 44539, b.balanceOf("asset:stripe_clearing"))
}

// What an operator had posted because healing failed, and is then recorded all the same, stands in the books once: what the
// person had posted is taken back.
func TestCorrectionGivesWayToTheRecord(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	snapshot, correction := b.refundNotInTheLedger()
	require.NoError(t, recon.New(b.Store).Correct(t.Context(), correction, time.Now().UTC()))
	clearing := b.balanceOf("asset:stripe_clearing")
	for range 2 {
		b.recordRefund(snapshot)
	}
	require.Equal(t, clearing, b.balanceOf("asset:stripe_clearing"))
	require.EqualValues(t, -25900, b.balanceOf("liability:unearned_revenue"))
	require.Equal(t, 1, b.Count(t, "SELECT COUNT(*) FROM financial_ledger WHERE type = 'reversal' AND booking_id IS NOT NULL"))
	require.Equal(t, 3, b.Count(t, "SELECT COUNT(*) FROM financial_ledger WHERE stripe_balance_transaction_id = ? AND effective_at = ?",
		snapshot.Balance.ID, settledAt), "correction, record and reversal have one date, so that no report by date sees two of them")
	b.requirePromises()
}

// A correction and the payout's own workflow wait for one another, also where the payout has no row yet: whichever comes second
// sees what the other has posted, and the clearing account has the payout once.
func TestCorrectionBesideThePayoutIsPostedOnce(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	const pairs = 20
	findings := make([]reconciliation.Finding, pairs)
	for i := range findings {
		findings[i] = reconciliation.Finding{
			Class: reconciliation.MissingInLedger, Object: reconciliation.ObjectPayout, StripeID: fmt.Sprintf("po_%d", i),
			BalanceTransactionID: fmt.Sprintf("txn_po_%d", i), AtStripe: -1000, Net: -1000, Currency: "USD", Reason: "lost",
			Healing: reconciliation.HealPayout,
		}
	}
	for _, item := range b.RunThatFound(b.t, "recon_1", findings...) {
		require.NoError(t, recon.New(b.Store).SettleItem(t.Context(), item.ID, recon.ItemFailed, "in vain"))
		there := balance(item.BalanceTransactionID, -1000, 0, "payout")
		var group sync.WaitGroup
		var corrected, recorded error
		group.Go(func() {
			corrected = recon.New(b.Store).Correct(t.Context(),
				recon.Correction{ItemID: item.ID, There: there, Against: ledger.AssetBank, Note: "n"}, time.Now().UTC())
		})
		group.Go(func() {
			_, recorded = b.Store.RecordPayout(t.Context(), store.PayoutReading{Now: time.Now().UTC(), Snapshot: booking.PayoutSnapshot{
				PayoutID: item.StripeID, Status: booking.PayoutPaid, Amount: 1000, Currency: "USD", Automatic: true, Balance: there,
			}})
		})
		group.Wait()
		require.NoError(t, recorded)
		var refused *recon.NotCorrectableError
		if corrected != nil {
			require.ErrorAs(t, corrected, &refused)
		}
	}
	require.EqualValues(t, -1000*pairs, b.balanceOf("asset:stripe_clearing"))
	require.EqualValues(t, 1000*pairs, b.balanceOf("asset:bank"))
}

// The same of a bill of Stripe's own, which belongs to no booking either.
func TestCorrectionBesideAnAccountFeeIsPostedOnce(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	const pairs = 20
	findings := make([]reconciliation.Finding, pairs)
	for i := range findings {
		id := fmt.Sprintf("txn_fee_%d", i)
		findings[i] = reconciliation.Finding{
			Class: reconciliation.MissingInLedger, Object: reconciliation.ObjectAccountFee, StripeID: id, BalanceTransactionID: id,
			AtStripe: -250, Net: -250, Currency: "USD", Reason: "a bill", Healing: reconciliation.HealAccountFee,
		}
	}
	for _, item := range b.RunThatFound(b.t, "recon_1", findings...) {
		require.NoError(t, recon.New(b.Store).SettleItem(t.Context(), item.ID, recon.ItemFailed, "in vain"))
		there := balance(item.BalanceTransactionID, -250, 0, "fee")
		var group sync.WaitGroup
		var recorded error
		group.Go(func() {
			_ = recon.New(b.Store).Correct(t.Context(),
				recon.Correction{ItemID: item.ID, There: there, Against: ledger.ExpenseStripeFees, Note: "n"}, time.Now().UTC())
		})
		group.Go(func() { recorded = b.Store.RecordAccountFee(t.Context(), *there, time.Now().UTC()) })
		group.Wait()
		require.NoError(t, recorded)
	}
	require.EqualValues(t, -250*pairs, b.balanceOf("asset:stripe_clearing"))
	require.EqualValues(t, 250*pairs, b.balanceOf("expense:stripe_fees"))
}

// A later run knows what an operator has resolved, as long as it is the same to the minor unit.
func TestWhatWasResolvedStaysResolved(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	item := b.RunThatFound(b.t, "recon_1", foreignPayment())[0]
	require.NoError(t, recon.New(b.Store).SettleItem(t.Context(), item.ID, recon.ItemResolved, "their own shop"))
	same := b.RunThatFound(b.t, "recon_2", foreignPayment())[0]
	require.Equal(t, recon.ItemResolved, same.State)
	require.Equal(t, "their own shop", same.Note)
	other := foreignPayment()
	other.AtStripe++
	require.Equal(t, recon.ItemFound, b.RunThatFound(b.t, "recon_3", other)[0].State)
}

// The run's token bucket is one for all who draw from it: as many draws at once as one likes are spaced as agreed.
func TestCallsOfARunAreSpaced(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	b.RunThatFound(b.t, "recon_1", foreignPayment())
	id := uint64(b.Count(t, "SELECT id FROM reconciliation_runs"))
	const draws, every = 40, 10 * time.Second
	waits := make([]time.Duration, draws)
	var group sync.WaitGroup
	for i := range waits {
		group.Go(func() {
			wait, err := recon.New(b.Store).NextCall(t.Context(), id, every)
			if err != nil {
				t.Error(err)
			}
			waits[i] = wait
		})
	}
	group.Wait()
	slots := map[int64]bool{}
	for _, wait := range waits {
		slots[int64((wait+every/2)/every)] = true // what the draws themselves took is far below half a slot
	}
	require.Len(t, slots, draws)
	_, err := recon.New(b.Store).NextCall(t.Context(), id+1, every)
	require.ErrorContains(t, err, "is not there")
}

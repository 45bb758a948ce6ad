package store_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/booking"
	"farebook/ledger"
	"farebook/store"
	"farebook/store/monthend"
	"farebook/store/proposals"
)

// A journal is posted once, above the limit by two people; what follows from Stripe is not for journals.
func TestJournalsArePostedOnce(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	months := monthend.New(b.Store)
	journal := monthend.Journal{
		Key: "bank-fee-1", Reason: "Bank charges of March", EffectiveAt: settledAt, Entries: []monthend.JournalEntry{
			{Account: "expense:stripe_fees", Side: "debit", Amount: 500, Currency: "USD"},
			{Account: "asset:bank", Side: "credit", Amount: 500, Currency: "USD"},
		},
	}
	limits := monthend.Limits{"USD": 500}
	first, err := months.Post(t.Context(), journal, limits, alice)
	require.NoError(t, err)
	require.False(t, first.Waits)
	require.EqualValues(t, "2026-03", first.Period)
	again, err := months.Post(t.Context(), journal, limits, alice)
	require.NoError(t, err)
	require.Equal(t, first, again)
	journal.Reason = "Another"
	_, err = months.Post(t.Context(), journal, limits, alice)
	require.ErrorContains(t, err, "is the key of another journal")

	journal.Key = "bank-fee-2"
	waits, err := months.Post(t.Context(), journal, nil, alice)
	require.NoError(t, err)
	require.True(t, waits.Waits)
	_, err = months.ApprovePost(t.Context(), "bank-fee-2", alice)
	require.ErrorContains(t, err, "another operator approves")
	second, err := months.ApprovePost(t.Context(), "bank-fee-2", bob)
	require.NoError(t, err)
	again, err = months.ApprovePost(t.Context(), "bank-fee-2", bob)
	require.NoError(t, err)
	require.Equal(t, second, again)
	require.Equal(t, 2, b.Count(t, "SELECT COUNT(*) FROM financial_ledger WHERE type = 'manual'"))

	journal.Key = "bank-fee-3"
	journal.Entries[1].Account, journal.Entries[1].Amount = "asset:bank", 400
	_, err = months.Post(t.Context(), journal, limits, alice)
	require.ErrorContains(t, err, "debits of $5.00 and credits of $4.00 differ")
	b.requirePromises()
}

// A journal takes effect now or before: another one is neither posted nor kept for a second operator.
func TestJournalsOfTheFutureAreRefused(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	tomorrow := monthend.Journal{
		Key: "bank-fee-1", Reason: "Bank charges", EffectiveAt: b.Store.Now().AddDate(0, 0, 1), Entries: []monthend.JournalEntry{
			{Account: "expense:stripe_fees", Side: "debit", Amount: 500, Currency: "USD"},
			{Account: "asset:bank", Side: "credit", Amount: 500, Currency: "USD"},
		},
	}
	for _, limits := range []monthend.Limits{{"USD": 500}, nil} {
		_, err := monthend.New(b.Store).Post(t.Context(), tomorrow, limits, alice)
		var refused *monthend.RefusedError
		require.ErrorAs(t, err, &refused)
		require.ErrorContains(t, err, "is in the future")
	}
	require.Zero(t, b.Count(t, "SELECT (SELECT COUNT(*) FROM financial_ledger) + (SELECT COUNT(*) FROM ledger_proposals)"))
}

// A journal is on no account that verify compares with Stripe's objects and with bookings; on every other one it breaks no promise. One
// that somebody with the database's password has put there is found.
func TestJournalsBreakNoPromise(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	months := monthend.New(b.Store)
	b.requestedRefund(20000)
	for n, account := range ledger.Accounts {
		allowed := slices.Contains(ledger.JournalAccounts(), account)
		for _, side := range []ledger.Side{ledger.Debit, ledger.Credit} {
			other := map[ledger.Side]ledger.Side{ledger.Debit: ledger.Credit, ledger.Credit: ledger.Debit}[side]
			_, err := months.Post(t.Context(), monthend.Journal{
				Key: fmt.Sprintf("%d-%s", n, side), Reason: "a test", EffectiveAt: settledAt, Entries: []monthend.JournalEntry{
					{Account: account, Side: side, Amount: 100, Currency: "USD"},
					{Account: ledger.AssetBank, Side: other, Amount: 100, Currency: "USD"},
				},
			}, monthend.Limits{"USD": 100}, alice)
			if allowed {
				require.NoError(t, err, account)
			} else {
				require.ErrorContains(t, err, "account follows from Stripe's objects and from bookings", account)
			}
		}
	}
	b.requirePromises()
	require.EqualValues(t, -20000, b.balanceOf("liability:refunds_payable"))
	entry := b.Count(t, "SELECT MAX(e.id) FROM ledger_entries e JOIN financial_ledger l ON l.id = e.ledger_id WHERE l.type = 'manual'")
	for _, account := range ledger.Accounts {
		if !slices.Contains(ledger.JournalAccounts(), account) {
			b.Exec(t, "UPDATE ledger_entries SET account = ? WHERE id = ?", account, entry)
			require.Contains(t, b.broken(), "no manual journal is on an account that follows from Stripe's objects and from bookings", account)
		}
	}
}

// A refund that failed at Stripe and was paid from the bank is owed no more: a journal that names it says so, once, by two operators above
// the limit. What the customer has got is not refunded again.
func TestAFailedRefundIsPaidFromTheBank(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	months := monthend.New(b.Store)
	refund := b.refunded(20000)
	journal := func(key string, amount int64) monthend.Journal {
		return monthend.Journal{
			Key: key, Reason: "Refund paid by bank transfer", EffectiveAt: b.Store.Now(), Refund: refund.ID, Entries: []monthend.JournalEntry{
				{Account: "liability:refunds_payable", Side: "debit", Amount: amount, Currency: "USD"},
				{Account: "asset:bank", Side: "credit", Amount: amount, Currency: "USD"},
			},
		}
	}
	post := func(j monthend.Journal) (monthend.Posted, error) {
		return months.Post(t.Context(), j, monthend.Limits{"USD": 20000}, alice)
	}
	refused := func(j monthend.Journal, says string) {
		t.Helper()
		_, err := post(j)
		var refused *monthend.RefusedError
		require.ErrorAs(t, err, &refused)
		require.ErrorContains(t, err, says)
	}
	refused(journal("early", 20000), "is succeeded: only a refund that failed at Stripe is paid from the bank")
	failed := cameBack(refund, "lost_or_stolen_card")
	back := failed.FailureBalance
	failed.FailureBalance = nil
	b.recordRefund(failed)
	refused(journal("early", 20000), "its money has not come back to Stripe's balance yet")
	failed.FailureBalance = back
	b.recordRefund(failed)
	owed := map[ledger.Account]int64{ledger.LiabilityUnearnedRevenue: 25900, ledger.LiabilityRefundsPayable: 20000}
	require.Equal(t, owed, b.owed())

	refused(journal("less", 19900), "is about $200.00, and the journal pays $199.00")
	nameless := journal("nameless", 20000)
	nameless.Refund = ""
	refused(nameless, "name the refund that was paid from the bank as refund")
	unknown := journal("unknown", 20000)
	unknown.Refund = "RF-00000000"
	refused(unknown, "no refund has the id RF-00000000")
	credit := journal("credit", 20000)
	credit.Entries[0].Side, credit.Entries[1].Side = "credit", "debit"
	refused(credit, "do not pay the refund")

	large, err := months.Post(t.Context(), journal("bank-1", 20000), nil, alice)
	require.NoError(t, err)
	require.True(t, large.Waits)
	for range 2 {
		_, err = months.ApprovePost(t.Context(), "bank-1", bob)
		require.NoError(t, err)
	}
	refused(journal("bank-2", 20000), "was paid from the bank by another journal")
	known, err := b.Store.Booking(t.Context(), refund.Reference)
	require.NoError(t, err)
	sums, err := b.Store.KnownRefunds(t.Context(), known.ID)
	require.NoError(t, err)
	require.Equal(t, store.KnownRefunds{Bank: 20000}, sums)
	_, err = proposals.New(b.Store).Propose(t.Context(), proposals.NewProposal{
		Key:  store.IdempotencyKey{Caller: b.caller, Key: "too much", Operation: "create-proposal"},
		Kind: proposals.KindRefund, Reference: refund.Reference, Refund: booking.RefundRequest{Amount: 26000}, By: alice,
	})
	var beyond *store.RefundExceedsCapturedError
	require.ErrorAs(t, err, &beyond)
	require.EqualValues(t, 25900, beyond.Left.Value)
	delete(owed, ledger.LiabilityRefundsPayable)
	require.Equal(t, owed, b.owed())
	require.EqualValues(t, -20000, b.balanceOf("asset:bank"))
	require.Zero(t, b.Count(t, "SELECT COUNT(*) FROM attention_items WHERE closed_at IS NULL"))
	b.requirePromises()

	_, err = b.askRefund(refund.Reference, "again", 26000)
	var exceeds *store.RefundExceedsCapturedError
	require.ErrorAs(t, err, &exceeds)
	again, err := b.askRefund(refund.Reference, "rest", 0)
	require.NoError(t, err)
	require.EqualValues(t, 25900, again.Amount.Value)
	b.recordRefund(atStripe(again, "re_2", "succeeded"))
	require.Empty(t, b.owed())
	b.requirePromises()
}

// Late money whose refund failed is paid from the bank: nothing of it is left to be examined.
func TestLateMoneyIsPaidBackFromTheBank(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	refund, err := b.Store.Refund(t.Context(), b.lateMoney().RefundIDs[0])
	require.NoError(t, err)
	_, err = b.Store.RecordRefundRefused(t.Context(), refund.ID, "lost_or_stolen_card", time.Now().UTC())
	require.NoError(t, err)
	_, err = monthend.New(b.Store).Post(t.Context(), monthend.Journal{
		Key: "bank-1", Reason: "Refund paid by bank transfer", EffectiveAt: b.Store.Now(), Refund: refund.ID, Entries: []monthend.JournalEntry{
			{Account: "liability:refunds_payable", Side: "debit", Amount: 45900, Currency: "USD"},
			{Account: "asset:bank", Side: "credit", Amount: 45900, Currency: "USD"},
		},
	}, monthend.Limits{"USD": 45900}, alice)
	require.NoError(t, err)
	require.Empty(t, b.owed())
	require.Zero(t, b.Count(t, "SELECT COUNT(*) FROM attention_items WHERE closed_at IS NULL"))
	b.requirePromises()
}

package store_test

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/access"
	"farebook/booking"
	"farebook/ledger"
	"farebook/store"
	"farebook/store/proposals"
	"farebook/store/recon"
)

// proposedRefund is the code of a refund that somebody has proposed.
func (b books) proposedRefund(by store.Caller, reference booking.Reference, key string, amount int64) string {
	b.t.Helper()
	claim, err := proposals.New(b.Store).Propose(b.t.Context(), proposals.NewProposal{
		Key: store.IdempotencyKey{Caller: by, Key: key, Operation: "create-proposal"}, Kind: proposals.KindRefund, Reference: reference,
		Refund: booking.RefundRequest{Amount: amount, Reason: booking.ReasonDuplicate, Note: "charged twice"}, By: by.Actor("c-1"),
	})
	require.NoError(b.t, err)
	return claim.Resource
}

// One proposes a refund above the limit, another one sends it, once, whoever else tries at the same time: both are in the audit log and
// behind the refund.
func TestAProposalIsSentOnceBySomebodyElse(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	sam, bookings := b.signedIn("sam", access.Support), b.paidBookings(1)
	senders := []store.Caller{b.signedIn("fay", access.Finance), b.signedIn("finn", access.Finance)}
	kept := proposals.New(b.Store)
	code := b.proposedRefund(sam, bookings[0], "propose", 300_00)
	require.Equal(t, code, b.proposedRefund(sam, bookings[0], "propose", 300_00), "the key stands for one proposal")
	require.Zero(t, b.Count(t, "SELECT COUNT(*) FROM refunds"))

	_, err := kept.Send(t.Context(), proposals.Sending{Code: code, By: sam.Actor("c-1")})
	var same *proposals.SamePersonError
	require.ErrorAs(t, err, &same)
	require.Zero(t, b.Count(t, "SELECT COUNT(*) FROM refunds"))

	var group sync.WaitGroup
	errs := make([]error, 10)
	for i := range errs {
		group.Go(func() {
			_, errs[i] = kept.Send(t.Context(), proposals.Sending{Code: code, By: senders[i%2].Actor("c-1"), RefundLimits: supportLimits})
		})
	}
	group.Wait()
	sent, err := kept.Proposal(t.Context(), code)
	require.NoError(t, err)
	require.Equal(t, proposals.Sent, sent.State)
	for i, err := range errs {
		if senders[i%2].KeyID == sent.Decision.By.KeyID {
			continue // who was faster, or repeats it
		}
		var decided *proposals.DecidedError
		require.ErrorAs(t, err, &decided)
	}
	again, err := kept.Send(t.Context(), proposals.Sending{Code: code, By: sent.Decision.By})
	require.NoError(t, err, "a repetition is harmless")
	require.Equal(t, sent, again)
	require.Equal(t, 1, b.Count(t, "SELECT COUNT(*) FROM refunds WHERE amount = 30000 AND reason = 'duplicate' AND refund_id = ?",
		string(sent.RefundID)))

	behind, err := kept.Behind(t.Context(), []booking.RefundID{sent.RefundID})
	require.NoError(t, err)
	require.Equal(t, proposals.Behind{SentBy: sent.Decision.By.Name, Proposal: code, ProposedBy: sam.Actor("").Name}, behind[sent.RefundID])
	require.Equal(t, "proposal.create proposal.send",
		b.Text(t, "SELECT GROUP_CONCAT(action ORDER BY id SEPARATOR ' ') FROM audit_log WHERE subject = ?", code))
	require.Equal(t, 300_00, b.refundedBy(store.Caller{KeyID: sent.Decision.By.KeyID}))
	b.requirePromises()
}

// The limits of who sends hold, too.
func TestASenderIsLimited(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	code := b.proposedRefund(b.signedIn("sam", access.Support), b.paidBookings(1)[0], "propose", 300_00)
	kept, fay := proposals.New(b.Store), b.signedIn("fay", access.Finance).Actor("c-1")
	limits := access.Limits{access.Finance: {"USD": {Action: 299_99, Day: 1000_00}}}
	var above *access.AboveLimitError
	_, err := kept.Send(t.Context(), proposals.Sending{Code: code, By: fay, RefundLimits: limits})
	require.ErrorAs(t, err, &above)
	known, err := kept.Proposal(t.Context(), code)
	require.NoError(t, err)
	require.Equal(t, proposals.Proposed, known.State)
	require.Nil(t, known.Refusal, "it fits: somebody else may send it")
	require.Zero(t, b.Count(t, "SELECT COUNT(*) FROM refunds"))
	sent, err := kept.Send(t.Context(), proposals.Sending{Code: code, By: fay})
	require.NoError(t, err)
	require.NotEmpty(t, sent.RefundID)
}

// A proposal that does not fit any more says why, stays open, and is declined or withdrawn.
func TestAProposalThatDoesNotFitStaysOpen(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	sam, fay, reference := b.signedIn("sam", access.Support), b.signedIn("fay", access.Finance).Actor("c-1"), b.paidBookings(1)[0]
	kept := proposals.New(b.Store)
	code, other := b.proposedRefund(sam, reference, "one", 300_00), b.proposedRefund(sam, reference, "two", 400_00)
	_, err := b.refundAs(b.caller, reference, "meanwhile", 200_00, nil)
	require.NoError(t, err)
	var exceeds *store.RefundExceedsCapturedError
	_, err = kept.Send(t.Context(), proposals.Sending{Code: code, By: fay})
	require.ErrorAs(t, err, &exceeds)
	known, err := kept.Proposal(t.Context(), code)
	require.NoError(t, err)
	require.Equal(t, proposals.Proposed, known.State)
	require.Equal(t, fay.Name, known.Refusal.By)
	require.Contains(t, known.Refusal.Text, "$259.00 that is left")

	_, err = kept.Propose(t.Context(), proposals.NewProposal{
		Key: store.IdempotencyKey{Caller: sam, Key: "three", Operation: "create-proposal"}, Kind: proposals.KindRefund, Reference: reference,
		Refund: booking.RefundRequest{Amount: 259_01, Reason: booking.ReasonDuplicate}, By: sam.Actor("c-1"),
	})
	require.ErrorAs(t, err, &exceeds, "what does not fit now is not proposed")

	var notProposer *proposals.NotProposerError
	_, err = kept.Withdraw(t.Context(), code, "a mistake", fay)
	require.ErrorAs(t, err, &notProposer)
	withdrawn, err := kept.Withdraw(t.Context(), code, "a mistake", sam.Actor("c-1"))
	require.NoError(t, err)
	require.Equal(t, proposals.Withdrawn, withdrawn.State)
	var same *proposals.SamePersonError
	_, err = kept.Decline(t.Context(), other, "no", sam.Actor("c-1"))
	require.ErrorAs(t, err, &same)
	declined, err := kept.Decline(t.Context(), other, "refunded already", fay)
	require.NoError(t, err)
	require.Equal(t, "refunded already", declined.Decision.Note)
	var decided *proposals.DecidedError
	for _, closed := range []string{code, other} {
		_, err = kept.Send(t.Context(), proposals.Sending{Code: closed, By: fay})
		require.ErrorAs(t, err, &decided)
	}
	open, err := kept.ListProposals(t.Context(), proposals.Filter{State: proposals.Proposed, Limit: 10})
	require.NoError(t, err)
	require.Empty(t, open)
	all, err := kept.ListProposals(t.Context(), proposals.Filter{Limit: 10})
	require.NoError(t, err)
	require.Len(t, all, 2)
	require.Equal(t, reference, all[0].Reference)
	require.Equal(t, 1, b.Count(t, "SELECT COUNT(*) FROM refunds"))
}

// A correction above the limit is proposed and posted in the same way; what it debits counts.
func TestACorrectionIsLimitedAndProposed(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	finding := foreignPayment()
	finding.Net = 44539
	item := b.RunThatFound(t, "recon_1", finding)[0]
	there := &booking.BalanceTransaction{Created: settledAt, ID: "txn_9", Amount: 45900, Fee: 1361, Net: 44539, Currency: "USD"}
	sam, fay := b.signedIn("sam", access.Support), b.signedIn("fay", access.Finance).Actor("c-1")
	limits := access.Limits{access.Support: {"USD": {Action: 472_60, Day: 472_60}}} // a cent less than it debits: $459.00 and $13.61
	var above *access.AboveLimitError
	err := recon.New(b.Store).Correct(t.Context(), recon.Correction{
		ItemID: item.ID, There: there, Against: ledger.EquitySuspense, Note: "n", By: sam.Actor("c-1"), Limits: limits,
	}, time.Now().UTC())
	require.ErrorAs(t, err, &above)
	require.EqualValues(t, 472_61, above.Asked.Value)
	require.Zero(t, b.Count(t, "SELECT COUNT(*) FROM financial_ledger"))

	kept := proposals.New(b.Store)
	claim, err := kept.Propose(t.Context(), proposals.NewProposal{
		Key: store.IdempotencyKey{Caller: sam, Key: "propose", Operation: "create-proposal"}, Kind: proposals.KindCorrection, ItemID: item.ID,
		Against: ledger.EquitySuspense, Note: "the old shop", By: sam.Actor("c-1"),
	})
	require.NoError(t, err)
	changed := *there
	changed.Net, changed.Amount = 40000, 41361
	var refused *recon.NotCorrectableError
	_, err = kept.Send(t.Context(), proposals.Sending{Code: claim.Resource, By: fay, There: &changed})
	require.ErrorAs(t, err, &refused)
	require.ErrorContains(t, err, "a correction of $445.39 was proposed")
	sent, err := kept.Send(t.Context(), proposals.Sending{Code: claim.Resource, By: fay, There: there, CorrectionLimits: limits})
	require.NoError(t, err)
	require.Equal(t, proposals.Sent, sent.State)
	require.EqualValues(t, 445_39, sent.Amount.Value)
	require.EqualValues(t, 44539, b.balanceOf("asset:stripe_clearing"))
	require.Equal(t, 1, b.Count(t, "SELECT COUNT(*) FROM moved_amounts WHERE kind = 'correction' AND amount = 47261 AND api_key_id = ?",
		fay.KeyID))
}

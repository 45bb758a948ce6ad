package growth

import (
	"time"

	"farebook/booking"
	"farebook/internal/dev/bigbooks"
	"farebook/ledger"
	"farebook/money"
	"farebook/reconciliation"
	"farebook/store/recon"
)

// reconciliation compares the books with Stripe, as a run of the last week does.
func (s *script) reconciliation() {
	from := s.now.AddDate(0, 0, -7)
	run := s.begin("run")
	s.measure("Run", run.CorrelationID)
	s.measure("RunningRuns", s.now.Add(time.Hour), sweepPage)
	s.measure("LastGoodRun")
	s.measure("NextCall", run.ID, time.Microsecond)
	lines := s.lines(sweepPage)
	s.measure("PostingsOf", lines)
	lines[0].ID, lines[1].ID = s.id("txn_", "missing"), s.id("txn_", "lost")
	s.measure("PostingsOf: two missing", lines)
	s.measure("KnownOf", lines[:2])
	s.measure("KnownOf: a page", lines)
	s.measure("StatesOf: refunds", reconciliation.ObjectRefund, []string{s.id("re_", "refund"), "re_x"})
	s.measure("StatesOf: disputes", reconciliation.ObjectDispute, []string{s.id("dp_", "dispute"), "dp_x"})
	s.measure("StatesOf: payouts", reconciliation.ObjectPayout, []string{s.id("po_", "payout"), "po_x"})
	s.measure("MarkSeen", run.ID, []string{s.id("txn_", "missing"), bigbooks.BalanceTransaction(s.size - 200)})
	s.seen(run, from)
	s.measure("UnseenPostings", run.ID, from, s.now.Add(time.Hour), 0, sweepPage)
	s.measure("OpenPayments", from, s.now.Add(time.Hour), 0, uint64(1)<<62, sweepPage)
	s.measure("OverduePayments", from)
	s.measure("OpenStoppedBefore", run.ID)
	s.measure("NoteOpenStopped", run.ID, 0)
	run.Status, run.Scanned = recon.RunCompleted, int64(len(lines))
	s.measure("EndRun", run)
	s.measure("AbandonRun", s.begin("abandoned").ID, "its workflow is lost")
}

func (s *script) begin(name string) recon.Run {
	return first[recon.Run](s.calls, "BeginRun", recon.Run{
		CorrelationID: s.id("recon_", name), Options: reconciliation.Options{LookbackDays: 7, Scope: reconciliation.ScopeAll},
		WindowStart: s.now.AddDate(0, 0, -7), WindowEnd: s.now, StartedAt: s.now,
	})
}

// lines are Stripe's balance transactions of recent payments.
func (s *script) lines(count int) []reconciliation.Line {
	lines := make([]reconciliation.Line, 0, count)
	for n := s.size - 1000; len(lines) < count; n++ {
		lines = append(lines, reconciliation.Line{
			BalanceTransaction: booking.BalanceTransaction{ID: bigbooks.BalanceTransaction(n), ReportingCategory: "charge", Created: s.now},
			Object:             reconciliation.ObjectPayment, ObjectID: bigbooks.Intent(n), PaymentIntentID: bigbooks.Intent(n),
			Reference: bigbooks.Reference(n),
		})
	}
	return lines
}

// seen marks the postings of a window as seen at Stripe, all but a few, page by page as the scan of a run does.
func (s *script) seen(run recon.Run, from time.Time) {
	for {
		unseen := must(s.runs.UnseenPostings(s.ctx, run.ID, from, s.now.Add(time.Hour), 0, 500))
		if len(unseen) <= leftUnseen {
			return
		}
		var ids []string
		for _, posting := range unseen[:max(len(unseen)-leftUnseen, 1)] {
			ids = append(ids, posting.BalanceTransactionID)
		}
		must(0, s.runs.MarkSeen(s.ctx, run.ID, ids))
	}
}

// leftUnseen is how many postings a run has not found at Stripe.
const leftUnseen = 10

// findings records what a run has found, and what operators decide about it.
func (s *script) findings() {
	run := s.begin("found")
	orphan := func(name string) reconciliation.Finding {
		return reconciliation.Finding{
			Class: reconciliation.OrphanPayment, Object: reconciliation.ObjectPayment, StripeID: s.id("pi_", name),
			PaymentIntentID: s.id("pi_", name), BalanceTransactionID: s.id("txn_", name), AtStripe: 4500, Currency: "USD",
			Reason: "belongs to no booking", Net: 4500,
		}
	}
	healed := orphan("healed")
	healed.Healing, healed.Class = reconciliation.HealPayment, reconciliation.MissingInLedger
	s.measure("AddFindings", run.ID, []reconciliation.Finding{orphan("noted"), orphan("corrected"), healed})
	items := first[[]recon.Item](s.calls, "Items", run.ID, "", 0, sweepPage)
	s.measure("Items: in a state", run.ID, recon.ItemFound, 0, sweepPage)
	s.measure("Item", items[0].ID)
	s.measure("RunOf", items[0])
	s.measure("FindingsByFingerprint", run.ID, "", sweepPage)
	for _, item := range items {
		switch item.StripeID {
		case s.id("pi_", "noted"):
			s.measure("ResolveItem", item.ID, "a test", s.by)
			s.measure("ReopenItem", item.ID, "not yet", s.by)
		case s.id("pi_", "corrected"):
			there := s.balance("corrected", "charge", 4500)
			s.measure("Draft", recon.Correction{ItemID: item.ID, There: there}, s.now)
			s.measure("Correct", recon.Correction{ItemID: item.ID, There: there, Against: ledger.EquitySuspense, Note: "a test", By: s.by}, s.now)
		default:
			s.measure("SettleItem", item.ID, recon.ItemFailed, "the workflow did not post it")
		}
	}
	s.measure("UnpostedLines", reconciliation.HealPayment, s.now.Add(time.Hour), 0, sweepPage)
	run.Status = recon.RunCompleted
	must(0, s.runs.EndRun(s.ctx, run))
}

// reports is what verify, finance and the commands read about reconciliations.
func (s *script) reports() {
	run := must(s.runs.Run(s.ctx, s.id("recon_", "found")))
	s.measure("Counts", run.ID)
	s.measure("Tally", run.ID)
	s.measure("Explained", run.ID)
	s.measure("Noted", run.ID)
	s.measure("LeftOpen")
	clearing := map[money.Currency]int64{"USD": 0, "EUR": 0}
	s.measure("CompareBalances", booking.Balances{Clearing: clearing}, run.ID, 0)
	s.sent(first[[]uint64](s.calls, "TellOfRun", run.CorrelationID, s.now))
	s.sent(first[[]uint64](s.calls, "TellOfOverdue", run, s.now))
}

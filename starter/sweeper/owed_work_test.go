package sweeper_test

import (
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/converter"

	"farebook/access"
	"farebook/booking"
	"farebook/internal/dev/testdb"
	"farebook/internal/dev/testkit"
	"farebook/reconciliation"
	"farebook/starter/sweeper"
	"farebook/store"
	"farebook/store/drafts"
	"farebook/store/recon"
	"farebook/webhook"
	"farebook/workflows"
)

// testSweeper runs on real books and a real Temporal, whose workflows nobody runs.
type testSweeper struct {
	*testkit.Books
	*sweeper.Sweeper
}

func newSweeper(t *testing.T) testSweeper {
	t.Helper()
	books := testkit.NewBooks(t)
	// Workflows that send emails are named by the email's number, which is another database's, too.
	books.Exec(t, fmt.Sprintf("ALTER TABLE emails AUTO_INCREMENT = %d", 1_000_000+rand.Int64N(1<<40)))
	return testSweeper{books, &sweeper.Sweeper{
		Store: books.Store, Dispatch: books.Dispatch, Every: time.Minute, Log: slog.New(slog.DiscardHandler),
	}}
}

// run is the id of a workflow's latest run; empty when it was never started.
func (s testSweeper) run(workflowID string) string {
	s.T.Helper()
	if !s.Started(workflowID) {
		return ""
	}
	description, err := s.Temporal.DescribeWorkflowExecution(s.T.Context(), workflowID, "")
	require.NoError(s.T, err)
	return description.GetWorkflowExecutionInfo().GetExecution().GetRunId()
}

// endedHold is a booking whose hold is over and that nobody has paid, by its workflow's id.
func (s testSweeper) endedHold(key string) string {
	s.T.Helper()
	return workflows.BookingPaymentWorkflowID(s.Held(key, -time.Hour).Reference)
}

// payment is a booking whose payment is in a state of Stripe's, by its workflow's id.
func (s testSweeper) payment(key, stripeStatus string, hold time.Duration) string {
	s.T.Helper()
	snapshot := s.Held(key, hold)
	snapshot.StripeStatus = stripeStatus
	s.Record(snapshot)
	return workflows.BookingPaymentWorkflowID(snapshot.Reference)
}

// unaskedRefund is a refund that was reserved an hour ago and that Stripe was not asked for, by its workflow's id.
func (s testSweeper) unaskedRefund(key string) string {
	s.T.Helper()
	s.Clock.Advance(-time.Hour)
	defer s.Clock.Advance(time.Hour)
	refund := s.Refund(s.Paid(key), key, 1000)
	return workflows.RefundWorkflowID(string(refund.ID))
}

// refund is a refund that Stripe has made and that has a status there, by its workflow's id.
func (s testSweeper) refund(key, stripeStatus string, dashboard bool) string {
	s.T.Helper()
	snapshot := booking.RefundSnapshot{
		StripeRefundID: s.ID("re_" + key), PaymentIntentID: s.ID("pi_" + key), StripeStatus: stripeStatus, Amount: 1000, Currency: "USD",
	}
	reference, workflowID := s.Paid(key), workflows.RefundWorkflowID(snapshot.StripeRefundID)
	if !dashboard {
		snapshot.RefundID = s.Refund(reference, key, 1000).ID
		workflowID = workflows.RefundWorkflowID(string(snapshot.RefundID))
	}
	_, err := s.Store.RecordRefund(s.T.Context(), store.RefundReading{Snapshot: snapshot, Now: s.Clock.Now()})
	require.NoError(s.T, err)
	return workflowID
}

// postedRefund is a refund that Stripe's balance has paid for, by its workflow's id; it failed thereafter, or not.
func (s testSweeper) postedRefund(key string, failed bool) string {
	s.T.Helper()
	refund := s.Refund(s.Paid(key), key, 1000)
	snapshot := booking.RefundSnapshot{
		StripeRefundID: s.ID("re_" + key), PaymentIntentID: s.ID("pi_" + key), StripeStatus: "succeeded", Amount: 1000, Currency: "USD",
		RefundID: refund.ID,
		Balance:  &booking.BalanceTransaction{Created: time.Now().UTC(), ID: s.ID("txn_re_" + key), Amount: -1000, Net: -1000, Currency: "USD"},
	}
	for _, status := range []string{"succeeded", "failed"}[:1+btoi(failed)] {
		snapshot.StripeStatus = status
		_, err := s.Store.RecordRefund(s.T.Context(), store.RefundReading{Snapshot: snapshot, Now: time.Now().UTC()})
		require.NoError(s.T, err)
	}
	return workflows.RefundWorkflowID(string(refund.ID))
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// unknownFee is a booking that was paid an hour ago and whose fee Stripe has not told, by its workflow's id.
func (s testSweeper) unknownFee(key string) string {
	s.T.Helper()
	reference := s.Paid(key)
	s.Exec(s.T, "UPDATE payments SET fee_posted = FALSE, updated_at = updated_at - INTERVAL 1 HOUR WHERE stripe_payment_intent_id = ?",
		s.ID("pi_"+key))
	return workflows.BookingPaymentWorkflowID(reference)
}

// unpostedBill is a bill of Stripe's own whose posting failed an hour ago, by its workflow's id.
func (s testSweeper) unpostedBill(key string) string {
	s.T.Helper()
	return workflows.AccountFeeWorkflowID(s.unpostedLine(key, reconciliation.ObjectAccountFee, reconciliation.HealAccountFee))
}

// unpostedUnbooked is money of another integration whose posting failed an hour ago, by its workflow's id.
func (s testSweeper) unpostedUnbooked(key string) string {
	s.T.Helper()
	return workflows.UnbookedWorkflowID(s.unpostedLine(key, reconciliation.ObjectPayment, reconciliation.HealUnbooked))
}

// unpostedLine is a balance transaction that a reconciliation asked a workflow to post an hour ago, in vain.
func (s testSweeper) unpostedLine(key string, object reconciliation.Object, healing reconciliation.Healing) string {
	s.T.Helper()
	run, id := s.reconciliation(key), s.ID("txn_"+key)
	require.NoError(s.T, recon.New(s.Store).AddFindings(s.T.Context(), run.ID, []reconciliation.Finding{{
		Class: reconciliation.MissingInLedger, Object: object, StripeID: id, BalanceTransactionID: id, AtStripe: -250, Currency: "USD",
		Reason: "not in the ledger", Healing: healing,
	}}))
	items, err := recon.New(s.Store).Items(s.T.Context(), run.ID, "", 0, 1)
	require.NoError(s.T, err)
	require.NoError(s.T, recon.New(s.Store).SettleItem(s.T.Context(), items[0].ID, recon.ItemFailed, "in vain"))
	s.Exec(s.T, "UPDATE reconciliation_items SET updated_at = updated_at - INTERVAL 1 HOUR WHERE id = ?", items[0].ID)
	return id
}

// dispute is a dispute that has a status at Stripe, by its workflow's id.
func (s testSweeper) dispute(key string, status booking.DisputeStatus) string {
	s.T.Helper()
	s.Paid(key)
	snapshot := booking.DisputeSnapshot{
		DisputeID: s.ID("dp_" + key), PaymentIntentID: s.ID("pi_" + key), Status: status, Reason: "fraudulent", Amount: 45900, Currency: "USD",
		DueBy: s.Clock.Now().Add(7 * 24 * time.Hour).UTC(),
	}
	if !strings.HasPrefix(string(status), "warning") {
		snapshot.Balances = []booking.BalanceTransaction{{
			Created: s.Clock.Now(), ID: s.ID("txn_dp_" + key), Amount: -45900, Fee: 1500,
			Net: -47400, Currency: "USD",
		}}
	}
	_, err := s.Store.RecordDispute(s.T.Context(), store.DisputeReading{Snapshot: snapshot, Now: s.Clock.Now()})
	require.NoError(s.T, err)
	return workflows.DisputeWorkflowID(snapshot.DisputeID)
}

// unsubmittedEvidence is evidence that somebody has asked to submit, by its dispute.
func (s testSweeper) unsubmittedEvidence(key string) (disputeID string) {
	s.T.Helper()
	s.dispute(key, booking.DisputeNeedsResponse)
	evidence := drafts.New(s.Store)
	of, err := evidence.DisputeFor(s.T.Context(), s.ID("dp_"+key))
	require.NoError(s.T, err)
	saved, err := evidence.Save(s.T.Context(), drafts.Saving{
		Dispute: of, Texts: booking.EvidenceTexts{"customer_name": "Layla Haddad"}, By: testdb.Tester,
	})
	require.NoError(s.T, err)
	_, err = evidence.Submit(s.T.Context(), drafts.Submission{
		Dispute: of, Revision: saved.Revision, By: testdb.Tester,
		Key: store.IdempotencyKey{
			Caller: s.Caller(s.T, s.NewKey(s.T, "test")), Key: "submit-" + key, Operation: "submit-evidence",
		},
	})
	require.NoError(s.T, err)
	return of.ID
}

// owedEndpoint is a webhook endpoint with an event that was not delivered.
func (s testSweeper) owedEndpoint(name string) (id string) {
	s.T.Helper()
	endpoint, err := s.Store.CreateEndpoint(s.T.Context(), store.NewEndpoint{
		ID: access.NewEndpointID(), ClientID: s.Caller(s.T, s.NewKey(s.T, name)).ClientID, URL: "https://shop.example.com/hooks",
		ContactEmail: "hooks@example.com", Types: webhook.ClientTypes(), KeyID: "0011223344556677",
	}, testdb.Tester)
	require.NoError(s.T, err)
	_, err = s.Store.SendTestEvent(s.T.Context(), endpoint, "te_1", testdb.Tester)
	require.NoError(s.T, err)
	return endpoint.ID
}

// webhookSignals tells of each signal to the latest run of an endpoint's workflow whether it ends the wait for a retry.
func (s testSweeper) webhookSignals(workflowID string) (now []bool) {
	s.T.Helper()
	history := s.Temporal.GetWorkflowHistory(s.T.Context(), workflowID, "", false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for history.HasNext() {
		next, err := history.Next()
		require.NoError(s.T, err)
		sent := next.GetWorkflowExecutionSignaledEventAttributes()
		if sent == nil {
			continue
		}
		var signal workflows.WebhooksSignal
		require.NoError(s.T, converter.GetDefaultDataConverter().FromPayloads(sent.GetInput(), &signal))
		now = append(now, signal.Now)
	}
	return now
}

// payout is an automatic payout, by its workflow's id.
func (s testSweeper) payout(key string, lastLook bool) string {
	s.T.Helper()
	id := s.ID("po_" + key)
	_, err := s.Store.RecordPayout(s.T.Context(), store.PayoutReading{LastLook: lastLook, Now: s.Clock.Now(), Snapshot: booking.PayoutSnapshot{
		PayoutID: id, Status: booking.PayoutPending, Amount: 44539, Currency: "USD", Automatic: true,
	}})
	require.NoError(s.T, err)
	return workflows.PayoutWorkflowID(id)
}

// unsentConfirmation is a confirmation that waits to be sent: the workflow's id of the booking, and of the email.
func (s testSweeper) unsentConfirmation(key string) (bookingID, emailID string) {
	s.T.Helper()
	reference := s.Paid(key)
	//nolint:gosec // an id
	id := uint64(s.Count(s.T, "SELECT e.id FROM emails e JOIN bookings b ON b.id = e.booking_id WHERE b.reference = ?", string(reference)))
	return workflows.BookingPaymentWorkflowID(reference), workflows.SendMailWorkflowID(id)
}

// unsentCopy is an email that somebody asked for again an hour ago, by its workflow's id.
func (s testSweeper) unsentCopy(key string) string {
	s.T.Helper()
	reference, now := s.Paid(key), s.Clock.Now()
	//nolint:gosec // an id
	first := uint64(s.Count(s.T, "SELECT e.id FROM emails e JOIN bookings b ON b.id = e.booking_id WHERE b.reference = ?", string(reference)))
	require.NoError(s.T, s.Store.MarkEmailSent(s.T.Context(), first, "250", now))
	copied, err := s.Store.ResendEmail(s.T.Context(), first, testdb.Tester, now.Add(-time.Hour))
	require.NoError(s.T, err)
	return workflows.SendMailWorkflowID(copied)
}

// reconciliation is the row of a run that began an hour ago.
func (s testSweeper) reconciliation(name string) recon.Run {
	s.T.Helper()
	began := s.Clock.Now().Add(-time.Hour)
	run, err := recon.New(s.Store).BeginRun(s.T.Context(), recon.Run{
		CorrelationID: s.ID(name), Options: reconciliation.Options{LookbackDays: 7, Scope: reconciliation.ScopeAll},
		WindowStart: began, WindowEnd: began, StartedAt: began,
	})
	require.NoError(s.T, err)
	return run
}

func (s testSweeper) status(run recon.Run) recon.Run {
	s.T.Helper()
	now, err := recon.New(s.Store).Run(s.T.Context(), run.CorrelationID)
	require.NoError(s.T, err)
	return now
}

// older lets an hour pass for everything that is in the books.
func (s testSweeper) older() {
	s.T.Helper()
	s.Clock.Advance(time.Hour)
}

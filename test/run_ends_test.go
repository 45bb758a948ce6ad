package test

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/testsuite"

	"farebook/booking"
	"farebook/internal/dev/fakestripe"
	"farebook/internal/dev/testkit"
	"farebook/reconciliation"
	"farebook/store"
	"farebook/workflows"
)

// during calls do once, when a workflow's activity of a name begins on the fast path.
func during(days *testsuite.TestWorkflowEnvironment, name string, do func()) {
	var once sync.Once
	days.SetOnLocalActivityStartedListener(func(info *activity.Info, _ context.Context, _ []any) {
		if strings.HasSuffix(info.ActivityType.Name, name) {
			once.Do(do)
		}
	})
}

// received is an event that the inbox has stored and that no workflow knows of.
func received(s *testkit.Stack, kind, objectID string) workflows.StripeEvent {
	s.T.Helper()
	event := store.Event{ID: "evt_last", Type: kind, ObjectID: objectID, Created: time.Now().UTC(), Payload: []byte(`{}`)}
	_, err := s.DB.Store.ReceiveEvent(s.T.Context(), event, "", time.Hour)
	require.NoError(s.T, err)
	return workflows.StripeEvent{EventID: event.ID, Type: kind}
}

func requireProcessed(s *testkit.Stack, event workflows.StripeEvent) {
	s.T.Helper()
	known, err := s.DB.Store.Event(s.T.Context(), event.EventID)
	require.NoError(s.T, err)
	require.True(s.T, known.Processed, "the event %s went with the run that it came for", event.Type)
}

// An event that comes with the last thing that a booking's run waits for, in one workflow task, is recorded before the run ends:
// the run continues before the event is taken in when that thing is an activity of the slow path.
func TestEventInTheLastWorkflowTaskOfABookingIsRecorded(t *testing.T) {
	t.Parallel()
	s, booked := calm(t)
	event := received(s, "charge.updated", booked.Payment.PaymentIntentID)
	days := s.Days()
	s.Stripe.Faults().Add(fakestripe.Fault{
		Method: http.MethodGet, Path: "/v1/payment_intents/" + booked.Payment.PaymentIntentID, Kind: fakestripe.FaultHTML502, Count: 2,
	})
	var once sync.Once
	days.SetOnActivityStartedListener(func(*activity.Info, context.Context, converter.EncodedValues) {
		once.Do(func() { days.SignalWorkflowSkippingWorkflowTask(workflows.SignalStripeEvent, event) })
	})
	days.ExecuteWorkflow(workflows.BookingPayment, workflows.BookingPaymentInput{
		Reference: booking.Reference(booked.Reference), HoldExpiresAt: booked.HoldExpiresAt, LookAt: booked.Payment.PaymentIntentID,
	})
	require.NoError(t, days.GetWorkflowError())
	requireProcessed(s, event)
	s.RequirePromises()
}

// The same for each object that is watched: a refund, a dispute, a payout, the refunds of a charge.
func TestEventThatComesWhileARunEndsIsRecorded(t *testing.T) {
	t.Parallel()
	s, booked := calm(t)
	s.DropWebhooks()
	refund, err := s.Stripe.RefundInDashboard(booked.Payment.PaymentIntentID, 1000)
	require.NoError(t, err)
	s.Stripe.SettleFunds()
	payout, err := s.Stripe.PayOut("usd")
	require.NoError(t, err)
	dispute, err := s.Stripe.Dispute(booked.Payment.PaymentIntentID, 2000, "fraudulent")
	require.NoError(t, err)
	require.NoError(t, s.Stripe.MoveDispute(dispute, "lost"))
	for _, run := range []struct {
		activity, event, object string
		workflow, in            any
	}{
		{"RecordRefund", "refund.updated", refund, workflows.Refund, workflows.RefundInput{StripeRefundID: refund}},
		{"RecordPayout", "payout.updated", payout, workflows.Payout, workflows.PayoutInput{PayoutID: payout}},
		{"RecordDispute", "charge.dispute.closed", dispute, workflows.Dispute, workflows.DisputeInput{DisputeID: dispute}},
		{"NoteChargeRefunded", "charge.refunded", booked.Payment.PaymentIntentID, workflows.ChargeRefunds, workflows.ChargeRefundsInput{
			Reference: booking.Reference(booked.Reference), PaymentIntentID: booked.Payment.PaymentIntentID,
		}},
	} {
		event := received(s, run.event, run.object)
		days := s.Days()
		during(days, run.activity, func() { days.SignalWorkflow(workflows.SignalStripeEvent, event) })
		days.ExecuteWorkflow(run.workflow, run.in)
		require.NoError(t, days.GetWorkflowError(), run.event)
		requireProcessed(s, event)
		s.DB.Exec(t, "DELETE FROM stripe_events WHERE stripe_event_id = ?", event.EventID)
	}
	s.RequirePromises()
}

// The refund of late money outlives the booking's run that asks for it: it waits for the bank, and records what becomes of it.
func TestRefundOutlivesTheRunThatAsksForIt(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{NoWorker: true})
	stop := s.StartWorker()
	booked := closedUnpaid(s)
	s.AwaitQuiet()
	stop()
	s.DropWebhooks()
	s.Stripe.HoldRefunds(true)
	require.NoError(t, s.Stripe.ForceSucceed(booked.Payment.PaymentIntentID))
	days := s.Days()
	days.RegisterDelayedCallback(func() {
		require.True(t, days.IsWorkflowCompleted(), "the booking's run does not wait for the refund")
		require.Equal(t, "pending", s.DB.Text(t, "SELECT status FROM refunds"))
		require.NoError(t, s.Stripe.SettleRefund(s.Stripe.Refunds()[0].ID))
	}, 30*time.Second)
	days.ExecuteWorkflow(workflows.BookingPayment, workflows.BookingPaymentInput{
		Reference: booking.Reference(booked.Reference), HoldExpiresAt: booked.HoldExpiresAt, LookAt: booked.Payment.PaymentIntentID,
	})
	require.NoError(t, days.GetWorkflowError())
	require.Equal(t, "succeeded", s.DB.Text(t, "SELECT status FROM refunds"), "its run went with the one that had asked for it")
	s.RequireLedger(booked.Reference, "payment", "refund", "refund_promised")
	s.RequirePromises()
}

// So does the refund that reconciliation has found and asked for: the run ends, and the refund waits for the bank.
func TestRefundOutlivesTheReconciliationThatFindsIt(t *testing.T) {
	t.Parallel()
	s, booked := calm(t)
	s.DropWebhooks()
	s.Stripe.HoldRefunds(true)
	id, err := s.Stripe.RefundInDashboard(booked.Payment.PaymentIntentID, 1000)
	require.NoError(t, err)
	days := s.Days()
	days.RegisterDelayedCallback(func() {
		require.True(t, days.IsWorkflowCompleted(), "the reconciliation does not wait for the refund")
		require.Equal(t, "pending", s.DB.Text(t, "SELECT status FROM refunds"))
		require.NoError(t, s.Stripe.SettleRefund(id))
	}, 30*time.Second)
	days.ExecuteWorkflow(workflows.Reconciliation, workflows.ReconciliationInput{
		CorrelationID: "recon_1", Options: reconciliation.Options{LookbackDays: 1, Scope: reconciliation.ScopeAll}, BookingsQueue: s.DB.Name,
	})
	require.NoError(t, days.GetWorkflowError())
	require.Equal(t, "succeeded", s.DB.Text(t, "SELECT status FROM refunds"), "its run went with the one that had asked for it")
	s.RequirePromises()
}

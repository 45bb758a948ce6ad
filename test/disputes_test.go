package test

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/testdb"
	"farebook/internal/dev/testkit"
)

func disputeStatus(s *testkit.Stack, id string) string {
	if s.DB.Count(s.T, "SELECT COUNT(*) FROM disputes WHERE stripe_dispute_id = ?", id) == 0 {
		return ""
	}
	return s.DB.Text(s.T, "SELECT status FROM disputes WHERE stripe_dispute_id = ?", id)
}

func awaitDispute(s *testkit.Stack, id, status string) {
	s.T.Helper()
	s.Eventually(func() bool { return disputeStatus(s, id) == status }, "dispute %s never became %s; logs:\n%s", id, status, s.Logs)
}

// A test card whose payment is disputed at once; the bank decides for us, and the money comes back.
func TestDisputeWon(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	booked := s.Book("dispute-won", testkit.BookingBody(nil))
	require.Equal(t, http.StatusOK, s.Pay(booked.Payment.PaymentIntentID, "pm_card_createDispute"))
	s.AwaitStatus(booked.Reference, "disputed")
	s.AwaitQuiet()
	s.RequireLedger(booked.Reference, "payment", "dispute")
	s.RequirePromises()
	require.NotNil(t, evidenceDue(s, booked.Reference), "evidence is awaited")
	id := s.Stripe.Disputes()[0].ID
	require.NoError(t, s.Stripe.MoveDispute(id, "under_review"))
	awaitDispute(s, id, "under_review")
	require.NoError(t, s.Stripe.MoveDispute(id, "won"))
	s.AwaitStatus(booked.Reference, "confirmed")
	s.AwaitRunEnd("Dispute:" + id)
	s.AwaitQuiet()
	s.RequireLedger(booked.Reference, "payment", "dispute", "dispute_reversal")
	require.Equal(t, 1, s.FinanceMailCount("dispute_opened"))
	require.Equal(t, 1, s.FinanceMailCount("dispute_closed"))
	require.Nil(t, evidenceDue(s, booked.Reference), "and no more, once it is decided")
	s.RequirePromises()
	s.SaveRun("Dispute:"+id, "dispute_won")
}

// evidenceDue is until when the API says that evidence is taken for a booking's one dispute; nil when none is awaited.
func evidenceDue(s *testkit.Stack, reference string) *time.Time {
	s.T.Helper()
	var view struct {
		Disputes []struct{ DueBy *time.Time }
	}
	s.API.Get("/v1/bookings/"+reference, &view)
	require.Len(s.T, view.Disputes, 1)
	return view.Disputes[0].DueBy
}

// A dispute that is won gives back less than it took: the workflow ends, the rest is booked, and an operator is shown it.
func TestDisputeWonWithLess(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	s.Stripe.ReinstateOtherwise(-1900)
	booked := s.BookAndPay("won-short", nil)
	id, err := s.Stripe.Dispute(booked.Payment.PaymentIntentID, 0, "fraudulent")
	require.NoError(t, err)
	s.AwaitStatus(booked.Reference, "disputed")
	require.NoError(t, s.Stripe.MoveDispute(id, "won"))
	s.AwaitStatus(booked.Reference, "confirmed")
	s.AwaitRunEnd("Dispute:" + id)
	s.AwaitQuiet()
	s.RequireLedger(booked.Reference, "payment", "dispute", "dispute_reversal", "chargeback")
	require.Equal(t, "dispute "+id+" was won and gave back $19.00 less than it took", s.DB.Text(t, "SELECT attention FROM bookings"))
	s.RequirePromises()
}

// Months later, whatever became of the booking's workflow: lost, the money is a chargeback.
func TestDisputeLost(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	booked := s.BookAndPay("dispute-lost", nil)
	s.AwaitWorkflowEnd(booked.Reference)
	id, err := s.Stripe.Dispute(booked.Payment.PaymentIntentID, 0, "product_not_received")
	require.NoError(t, err)
	s.AwaitStatus(booked.Reference, "disputed")
	answer := s.Post("/v1/bookings/"+booked.Reference+"/refunds", "disputed", nil)
	require.Equal(t, http.StatusConflict, answer.Status, "%s", answer.Body)
	require.NoError(t, s.Stripe.MoveDispute(id, "lost"))
	s.AwaitStatus(booked.Reference, "refunded")
	s.AwaitRunEnd("Dispute:" + id)
	s.AwaitQuiet()
	s.RequireLedger(booked.Reference, "payment", "dispute", "chargeback")
	s.RequirePromises()
	s.SaveRun("Dispute:"+id, "dispute_lost")
}

// A refunded payment can be disputed too: both together exceed what was captured, and that is shown.
func TestDisputeOfARefundedBooking(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	booked := s.BookAndPay("refunded-and-disputed", nil)
	awaitRefund(s, ask(s, booked.Reference, "all", `{}`).ID, "succeeded")
	s.AwaitStatus(booked.Reference, "refunded")
	_, err := s.Stripe.Dispute(booked.Payment.PaymentIntentID, 0, "duplicate")
	require.NoError(t, err)
	s.AwaitStatus(booked.Reference, "disputed")
	s.AwaitQuiet()
	var view struct {
		Payment  struct{ ExceedsCaptured bool }
		Disputes []struct{ Reason string }
	}
	s.API.Get("/v1/bookings/"+booked.Reference, &view)
	require.True(t, view.Payment.ExceedsCaptured)
	require.Equal(t, "duplicate", view.Disputes[0].Reason)
	s.RequirePromises()
}

// An inquiry takes no money; it is told to finance, and again when it becomes formal.
func TestInquiryBecomesFormal(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	booked := s.BookAndPay("inquiry", nil)
	id, err := s.Stripe.Inquire(booked.Payment.PaymentIntentID)
	require.NoError(t, err)
	awaitDispute(s, id, "warning_needs_response")
	s.AwaitQuiet()
	require.Equal(t, "confirmed", s.Status(booked.Reference))
	s.RequireLedger(booked.Reference, "payment")
	require.NoError(t, s.Stripe.MoveDispute(id, "needs_response"))
	s.AwaitStatus(booked.Reference, "disputed")
	s.AwaitQuiet()
	require.Equal(t, 2, s.FinanceMailCount("dispute_opened"))
	s.RequirePromises()
	require.NoError(t, s.Stripe.MoveDispute(id, "won"))
	awaitDispute(s, id, "won")
	s.AwaitRunEnd("Dispute:" + id)
	s.AwaitQuiet()
	s.RequireLedger(booked.Reference, "payment", "dispute", "dispute_reversal")
	s.RequirePromises()
	s.SaveRun("Dispute:"+id, "dispute_inquiry_formal")
}

// What is evidence in a dispute: sold, mailed, posted, and when; and nothing about it for another caller.
func TestEvidence(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	booked := s.BookAndPay("evidence", nil)
	s.AwaitQuiet()
	id, err := s.Stripe.Dispute(booked.Payment.PaymentIntentID, 0, "fraudulent")
	require.NoError(t, err)
	s.AwaitStatus(booked.Reference, "disputed")
	var bundle struct {
		Reference string
		Sold      struct{ Customer struct{ Email string } }
		Stripe    struct {
			PaymentIntent string
			Disputes      []string
		}
		Mails    []struct{ Kind, Status string }
		Ledger   []struct{ Account string }
		Timeline []struct{ What string }
	}
	s.API.Get("/v1/bookings/"+booked.Reference+"/evidence", &bundle)
	require.Equal(t, booked.Reference, bundle.Reference)
	require.NotEmpty(t, bundle.Sold.Customer.Email)
	require.Equal(t, booked.Payment.PaymentIntentID, bundle.Stripe.PaymentIntent)
	require.Equal(t, []string{id}, bundle.Stripe.Disputes)
	require.Equal(t, "booking_confirmed", bundle.Mails[0].Kind)
	require.Len(t, bundle.Mails, 1, "what finance is told is no evidence")
	require.GreaterOrEqual(t, len(bundle.Ledger), 8)
	require.Equal(t, "booking taken", bundle.Timeline[0].What)
	s.API.Token = s.DB.NewKey(t, "stranger", testdb.Shop...)
	for _, path := range []string{"/evidence", "/cancellation-quote", "/ledger", ""} {
		answer, err := s.API.Do(http.MethodGet, "/v1/bookings/"+booked.Reference+path, "", nil)
		require.NoError(t, err)
		require.Equal(t, http.StatusNotFound, answer.Status)
	}
}

// Finance is reminded before evidence is due, once; an inquiry that is closed ends the workflow.
func TestEvidenceIsRemindedOf(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	s.Stripe.SetEvidenceTime(72*time.Hour + 2*time.Second)
	booked := s.BookAndPay("reminder", nil)
	id, err := s.Stripe.Inquire(booked.Payment.PaymentIntentID)
	require.NoError(t, err)
	s.Eventually(func() bool { return s.FinanceMailCount("dispute_due") == 1 }, "finance was not reminded; logs:\n%s", s.Logs)
	require.NoError(t, s.Stripe.MoveDispute(id, "warning_closed"))
	s.AwaitRunEnd("Dispute:" + id)
	s.AwaitQuiet()
	require.Equal(t, "confirmed", s.Status(booked.Reference))
	require.Equal(t, 1, s.FinanceMailCount("dispute_due"))
	require.Equal(t, 1, s.FinanceMailCount("dispute_closed"))
	s.RequirePromises()
	s.SaveRun("Dispute:"+id, "dispute_inquiry_closed")
}

// Late money that is disputed cannot go back before the bank has decided. Won, it does, by the dispute's own workflow: the
// booking's is long over.
func TestLateMoneyIsDisputedAndWon(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	booked := closedUnpaid(s)
	s.Stripe.EnableEvents("charge.dispute.created")
	require.NoError(t, s.Stripe.ForceSucceed(booked.Payment.PaymentIntentID))
	id, err := s.Stripe.Dispute(booked.Payment.PaymentIntentID, 0, "fraudulent")
	require.NoError(t, err)
	awaitDispute(s, id, "needs_response")
	s.Stripe.EnableEvents()
	deliverTypeOf(s, "payment_intent.succeeded")
	s.Eventually(func() bool { return s.PaymentStatus(booked.Reference) == "succeeded" }, "late money not recorded")
	s.AwaitQuiet()
	require.Equal(t, 0, s.DB.Count(t, "SELECT COUNT(*) FROM refunds"), "the bank holds the money")
	s.RequirePromises()

	require.NoError(t, s.Stripe.MoveDispute(id, "won"))
	requireLateMoneyBack(s, booked.Reference, "dispute", "dispute_reversal", "payment", "refund")
	s.AwaitRunEnd("Dispute:" + id)
	s.SaveRun("Dispute:"+id, "dispute_won_late_money")
}

// The refund of late money was refused, as the bank had been quicker than the news of the dispute: it is asked for again.
func TestLateMoneyWasRefusedOverTheDispute(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	booked := closedUnpaid(s)
	s.Stripe.EnableEvents("payment_intent.succeeded")
	s.Stripe.HoldWebhooks()
	require.NoError(t, s.Stripe.ForceSucceed(booked.Payment.PaymentIntentID))
	id, err := s.Stripe.Dispute(booked.Payment.PaymentIntentID, 0, "fraudulent")
	require.NoError(t, err)
	s.Stripe.ReleaseWebhooks()
	s.Eventually(func() bool { return s.DB.Count(t, "SELECT COUNT(*) FROM refunds WHERE status = 'failed'") == 1 }, "not refused; logs:\n%s", s.Logs)
	s.AwaitQuiet()
	s.Stripe.EnableEvents()
	require.NoError(t, s.Stripe.MoveDispute(id, "under_review"))
	awaitDispute(s, id, "under_review")
	s.AwaitQuiet()
	require.NoError(t, s.Stripe.MoveDispute(id, "won"))
	requireLateMoneyBack(s, booked.Reference, "payment", "dispute", "dispute_reversal", "refund")
	require.Equal(t, 2, s.DB.Count(t, "SELECT COUNT(*) FROM refunds WHERE origin = 'late_money'"))
}

// closedUnpaid is a booking that was cancelled before anybody paid, and whose workflow has ended.
func closedUnpaid(s *testkit.Stack) testkit.Booked {
	s.T.Helper()
	booked := s.Book("late", testkit.BookingBody(nil))
	answer := s.Post("/v1/bookings/"+booked.Reference+"/cancel", "", nil)
	require.Equal(s.T, http.StatusOK, answer.Status, "%s", answer.Body)
	s.AwaitWorkflowEnd(booked.Reference)
	return booked
}

func requireLateMoneyBack(s *testkit.Stack, reference string, postings ...string) {
	s.T.Helper()
	s.Eventually(func() bool {
		return s.DB.Count(s.T, "SELECT COUNT(*) FROM refunds WHERE origin = 'late_money' AND status = 'succeeded'") == 1
	}, "late money not refunded; logs:\n%s", s.Logs)
	s.AwaitQuiet()
	require.Equal(s.T, 0, s.DB.Count(s.T, "SELECT COUNT(*) FROM bookings WHERE refund_due = TRUE"))
	require.Equal(s.T, "cancelled", s.Status(reference))
	s.RequireLedger(reference, postings...)
	s.RequirePromises()
}

// deliverTypeOf has Stripe deliver its events of a type, which may have been kept from us so far.
func deliverTypeOf(s *testkit.Stack, eventType string) {
	s.T.Helper()
	request, err := http.NewRequestWithContext(s.T.Context(), http.MethodGet, s.Stripe.URL()+"/v1/events?type="+eventType, nil)
	require.NoError(s.T, err)
	request.Header.Set("Authorization", "Bearer "+testkit.StripeKey)
	response, err := http.DefaultClient.Do(request)
	require.NoError(s.T, err)
	defer func() { _ = response.Body.Close() }()
	var page struct{ Data []struct{ ID string } }
	require.NoError(s.T, json.NewDecoder(response.Body).Decode(&page))
	require.NotEmpty(s.T, page.Data)
	for _, event := range page.Data {
		s.DeliverAgain(event.ID)
	}
}

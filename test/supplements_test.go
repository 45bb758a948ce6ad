package test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/testkit"
)

// furtherPayment is what the API says of a payment that a booking has beside its own.
type furtherPayment struct {
	testkit.Booked

	SupplementOf, Purpose, Description string
}

// bag asks for $45.00 for baggage; change edits the request, and may be nil.
func bag(change func(map[string]any)) []byte {
	body := map[string]any{
		"amount": map[string]any{"value": 4500, "currency": "USD"}, "purpose": "baggage", "description": "one bag of 23 kg",
	}
	if change != nil {
		change(body)
	}
	text, err := json.Marshal(body)
	if err != nil {
		panic(err) // a map of strings and numbers
	}
	return text
}

// askFurther asks for a further payment until it is answered, as any client should.
func askFurther(s *testkit.Stack, reference, key string, body []byte) (payment furtherPayment) {
	s.T.Helper()
	answer := sendUntil(s, "/v1/bookings/"+reference+"/payments", key, body, http.StatusCreated)
	answer.Into(s.T, &payment)
	require.NotEmpty(s.T, payment.Payment.ClientSecret)
	require.Equal(s.T, reference, payment.SupplementOf)
	require.NotEqual(s.T, reference, payment.Reference)
	require.Equal(s.T, "/v1/bookings/"+payment.Reference, answer.Header.Get("Location"))
	return payment
}

// payFurther asks for a further payment of $45.00 and pays it.
func payFurther(s *testkit.Stack, reference, key string) furtherPayment {
	s.T.Helper()
	payment := askFurther(s, reference, key, bag(nil))
	require.Equal(s.T, http.StatusOK, s.Pay(payment.Payment.PaymentIntentID, "pm_card_visa"))
	s.AwaitStatus(payment.Reference, "confirmed")
	return payment
}

// requireNoFindings reconciles and finds no difference.
func requireNoFindings(s *testkit.Stack) {
	s.T.Helper()
	run := reconcile(s, `{}`)
	require.Empty(s.T, run.Details)
	require.Zero(s.T, run.Fixed+run.Failed+run.Skipped)
}

// A further payment is declined, then paid: its own PaymentIntent, postings and emails, and the booking stays as it is.
func TestFurtherPaymentIsDeclinedThenPaid(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{Lag: time.Nanosecond, PayPage: true})
	booked := s.BookAndPay("with-bag", nil)
	bagged := askFurther(s, booked.Reference, "bag", bag(nil))
	require.Equal(t, "baggage", bagged.Purpose)
	require.Equal(t, "one bag of 23 kg", bagged.Description)
	again := askFurther(s, booked.Reference, "bag", bag(nil))
	require.Equal(t, bagged, again, "the same key and body, the same answer")
	require.Equal(t, http.StatusPaymentRequired, s.Pay(bagged.Payment.PaymentIntentID, "pm_card_visa_chargeDeclinedInsufficientFunds"))
	s.Eventually(func() bool { return s.PaymentStatus(bagged.Reference) == "failed" }, "decline not recorded")
	s.RequireMails(bagged.Reference, "payment_failed")
	require.Contains(t, bagged.Payment.URL, "/pay/fpl_")
	require.Contains(t, s.Mails(bagged.Reference)[0].Text, bagged.Payment.URL, "the email leads to the page of the further payment")
	s.Stripe.Settle()
	require.Equal(t, http.StatusOK, s.Pay(bagged.Payment.PaymentIntentID, "pm_card_visa"))
	s.AwaitStatus(bagged.Reference, "confirmed")
	s.AwaitWorkflowEnd(bagged.Reference)
	s.AwaitQuiet()

	require.Equal(t, 2, s.CreatedPaymentIntents())
	require.Equal(t, booked.Reference, s.StripeMetadata(bagged.Payment.PaymentIntentID, "supplement_of"))
	s.RequireLedger(booked.Reference, "payment")
	s.RequireLedger(bagged.Reference, "payment")
	require.Equal(t, 1, s.MailCount(booked.Reference, "booking_confirmed"))
	s.RequireMails(bagged.Reference, "payment_failed", "booking_confirmed")
	var view struct {
		Status   string
		Payments []struct {
			Reference, Purpose, Status, PaymentIntentID, PaymentStatus string
			AmountCaptured                                             int64
		}
	}
	s.API.Get("/v1/bookings/"+booked.Reference, &view)
	require.Equal(t, "confirmed", view.Status)
	require.Len(t, view.Payments, 2)
	require.Equal(t, "booking", view.Payments[0].Purpose)
	require.Equal(t, bagged.Payment.PaymentIntentID, view.Payments[1].PaymentIntentID)
	require.Equal(t, int64(4500), view.Payments[1].AmountCaptured)
	var told struct {
		Supplements []struct{ Reference string }
		ChargedAlso []string
		Timeline    []struct{ What, ID string }
	}
	s.API.Get("/v1/bookings/"+booked.Reference+"/story", &told)
	require.Len(t, told.Supplements, 1)
	require.Equal(t, bagged.Reference, told.Supplements[0].Reference)
	require.Empty(t, told.ChargedAlso)
	require.Contains(t, told.Timeline, struct{ What, ID string }{"supplement.held", bagged.Reference})
	requireNoFindings(s)
	s.RequirePromises()
}

// What nobody pays in time expires, and can be paid no more.
func TestFurtherPaymentExpires(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	booked := s.BookAndPay("expiring-bag", nil)
	s.AwaitWorkflowEnd(booked.Reference)
	bagged := askFurther(s, booked.Reference, "bag", bag(func(body map[string]any) { body["holdMinutes"] = 1 }))
	s.DB.Exec(t, "UPDATE bookings SET hold_expires_at = UTC_TIMESTAMP(6) WHERE reference = ?", bagged.Reference)
	require.NoError(t, s.Temporal.TerminateWorkflow(t.Context(), s.WorkflowID(bagged.Reference), "", "the sweeper starts it anew"))
	s.AwaitStatus(bagged.Reference, "expired")
	s.AwaitWorkflowEnd(bagged.Reference)
	s.AwaitQuiet()
	require.Equal(t, "canceled", s.StripeStatus(bagged.Payment.PaymentIntentID))
	s.RequireMails(bagged.Reference, "hold_expired")
	s.RequireLedger(bagged.Reference)
	require.Equal(t, "confirmed", s.Status(booked.Reference))
	s.RequirePromises()
}

// Each payment is refunded apart and never over more than itself. Where several were captured, a refund says of which.
func TestPaymentsAreRefundedApart(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{Lag: time.Nanosecond})
	booked := s.BookAndPay("refund-bag", nil)
	early := ask(s, booked.Reference, "early", usd(100))
	bagged := payFurther(s, booked.Reference, "bag")
	path := "/v1/bookings/" + booked.Reference + "/refunds"
	of := func(intent string, value int) []byte {
		return fmt.Appendf(nil, `{"amount":{"value":%d,"currency":"USD"},"payment":%q}`, value, intent)
	}
	unnamed := s.Post(path, "unnamed", []byte(usd(100)))
	require.Equal(t, http.StatusUnprocessableEntity, unnamed.Status, "%s", unnamed.Body)
	require.Contains(t, string(unnamed.Body), "several payments")
	foreign := s.Post(path, "foreign", of("pi_another", 100))
	require.Equal(t, http.StatusUnprocessableEntity, foreign.Status, "%s", foreign.Body)
	over := s.Post(path, "over", of(bagged.Payment.PaymentIntentID, 4501))
	require.Equal(t, http.StatusUnprocessableEntity, over.Status, "%s", over.Body)
	require.Contains(t, string(over.Body), "refund-exceeds-captured")
	require.Equal(t, early.ID, ask(s, booked.Reference, "early", usd(100)).ID, "a request from before the second payment keeps its answer")

	refund := ask(s, booked.Reference, "of the bag", string(of(bagged.Payment.PaymentIntentID, 4500)))
	awaitRefund(s, refund.ID, "succeeded")
	s.AwaitStatus(bagged.Reference, "refunded")
	own := ask(s, booked.Reference, "the rest", string(of(booked.Payment.PaymentIntentID, 45800)))
	awaitRefund(s, own.ID, "succeeded")
	s.AwaitStatus(booked.Reference, "refunded")
	s.AwaitQuiet()
	s.RequireLedger(bagged.Reference, "payment", "refund_promised", "refund")
	require.Equal(t, 1, s.MailCount(bagged.Reference, "refunded"))
	requireNoFindings(s)
	s.RequirePromises()
}

// A dispute of the second payment is that payment's: the booking stays confirmed.
func TestFurtherPaymentIsDisputedAlone(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{Lag: time.Nanosecond})
	booked := s.BookAndPay("dispute-bag", nil)
	bagged := payFurther(s, booked.Reference, "bag")
	id, err := s.Stripe.Dispute(bagged.Payment.PaymentIntentID, 0, "fraudulent")
	require.NoError(t, err)
	s.AwaitStatus(bagged.Reference, "disputed")
	require.Equal(t, "confirmed", s.Status(booked.Reference))
	require.NoError(t, s.Stripe.MoveDispute(id, "lost"))
	s.AwaitStatus(bagged.Reference, "refunded")
	s.AwaitRunEnd("Dispute:" + id)
	s.AwaitQuiet()
	s.RequireLedger(booked.Reference, "payment")
	s.RequireLedger(bagged.Reference, "payment", "dispute", "chargeback", "chargeback_relief")
	requireNoFindings(s)
	s.RequirePromises()
}

type cancelView struct {
	Status   string
	Percent  int
	Refund   struct{ Value int64 }
	RefundID string
	Payments []struct {
		Reference, Status, RefundID string
		Refund                      struct{ Value int64 }
	}
}

// A cancellation refunds each payment by the policy, for one quoted amount, and closes what is not paid.
func TestCancellationRefundsEachPayment(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{Lag: time.Nanosecond})
	booked := s.BookAndPay("cancel-bags", testkit.DepartingIn(100))
	bagged := payFurther(s, booked.Reference, "bag")
	unpaid := askFurther(s, booked.Reference, "seat", bag(func(body map[string]any) { body["purpose"] = "seat" }))
	path := "/v1/bookings/" + booked.Reference
	var quote struct {
		Refund, Kept struct{ Value int64 }
		Payments     []struct{ Reference string }
	}
	s.API.Get(path+"/cancellation-quote", &quote)
	require.Equal(t, int64(22950+2250), quote.Refund.Value)
	require.Len(t, quote.Payments, 2, "what is not paid gives nothing back")
	wrong := s.Post(path+"/cancel", "wrong", []byte(`{"expectedRefund":{"value":22950,"currency":"USD"}}`))
	require.Equal(t, http.StatusConflict, wrong.Status, "%s", wrong.Body)
	require.Contains(t, string(wrong.Body), "quote-changed")
	require.Equal(t, "confirmed", s.Status(booked.Reference))

	agreed := []byte(`{"expectedRefund":{"value":25200,"currency":"USD"}}`)
	answer := s.Post(path+"/cancel", "right", agreed)
	require.Equal(t, http.StatusOK, answer.Status, "%s", answer.Body)
	var cancelled cancelView
	answer.Into(t, &cancelled)
	require.Equal(t, int64(25200), cancelled.Refund.Value)
	require.Len(t, cancelled.Payments, 3)
	require.Equal(t, int64(2250), cancelled.Payments[1].Refund.Value)
	require.Equal(t, "cancelled", cancelled.Payments[2].Status)
	awaitRefund(s, cancelled.RefundID, "succeeded")
	awaitRefund(s, cancelled.Payments[1].RefundID, "succeeded")
	s.AwaitStatus(bagged.Reference, "partially_refunded")
	s.AwaitQuiet()
	require.Equal(t, "canceled", s.StripeStatus(unpaid.Payment.PaymentIntentID))
	s.RequireMails(bagged.Reference, "booking_confirmed", "booking_cancelled_paid", "refunded")
	s.RequireMails(unpaid.Reference, "booking_cancelled")
	s.RequireLedger(bagged.Reference, "payment", "refund", "cancellation")
	late := s.Post(path+"/payments", "late", bag(nil))
	require.Equal(t, http.StatusConflict, late.Status, "%s", late.Body)
	require.Contains(t, string(late.Body), "no-further-payment")
	requireNoFindings(s)
	s.RequirePromises()
}

// A booking takes a further payment only once it is paid or authorised, in its own currency, and not on a further payment.
func TestFurtherPaymentIsRefused(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	unpaid := s.Book("unpaid", testkit.BookingBody(nil))
	refused := s.Post("/v1/bookings/"+unpaid.Reference+"/payments", "early", bag(nil))
	require.Equal(t, http.StatusConflict, refused.Status, "%s", refused.Body)
	require.Contains(t, string(refused.Body), "not paid yet")
	booked := s.BookAndPay("paid", nil)
	bagged := payFurther(s, booked.Reference, "bag")
	nested := s.Post("/v1/bookings/"+bagged.Reference+"/payments", "nested", bag(nil))
	require.Equal(t, http.StatusConflict, nested.Status, "%s", nested.Body)
	for text, change := range map[string]func(map[string]any){
		"amount.currency": func(body map[string]any) { body["amount"] = map[string]any{"value": 4500, "currency": "EUR"} },
		"amount.value":    func(body map[string]any) { body["amount"] = map[string]any{"value": 0, "currency": "USD"} },
		"purpose":         func(body map[string]any) { body["purpose"] = "lounge" },
		"description":     func(body map[string]any) { body["purpose"], body["description"] = "other", "" },
		"holdMinutes":     func(body map[string]any) { body["holdMinutes"] = 0 },
		"status":          func(body map[string]any) { body["status"] = "confirmed" },
	} {
		wrong := s.Post("/v1/bookings/"+booked.Reference+"/payments", "wrong-"+text, bag(change))
		require.Equal(t, http.StatusUnprocessableEntity, wrong.Status, "%s: %s", text, wrong.Body)
		require.Contains(t, string(wrong.Body), "body."+text)
	}
	require.Equal(t, 3, s.CreatedPaymentIntents())
	s.RequirePromises()
}

// An authorised booking takes a further payment. When the authorisation is let go, all of it goes back: there is no booking that it is for.
func TestFurtherPaymentOfABookingThatIsLetGo(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{Lag: time.Nanosecond})
	booked := authorised(s, "let-go")
	bagged := payFurther(s, booked.Reference, "bag")
	answer := s.Post("/v1/bookings/"+booked.Reference+"/cancel", "cancel", nil)
	require.Equal(t, http.StatusOK, answer.Status, "%s", answer.Body)
	s.AwaitStatus(bagged.Reference, "refunded")
	s.AwaitQuiet()
	require.Equal(t, 1, s.MailCount(booked.Reference, "booking_cancelled"))
	s.RequireMails(bagged.Reference, "booking_confirmed", "booking_cancelled_paid", "refunded")
	requireNoFindings(s)
	s.RequirePromises()
}

// Both payments of a flight that leaves are earned at its departure.
func TestFurtherPaymentIsEarnedAtTheDeparture(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	booked := s.BookAndPay("departing", nil)
	bagged := payFurther(s, booked.Reference, "bag")
	s.AwaitQuiet()
	s.Stripe.Advance(31 * 24 * time.Hour)
	s.Eventually(func() bool {
		return s.DB.Count(t, "SELECT COUNT(DISTINCT booking_id) FROM financial_ledger WHERE type = 'recognition'") == 2
	}, "not recognised; logs:\n%s", s.Logs)
	s.RequireLedger(booked.Reference, "payment", "recognition")
	s.RequireLedger(bagged.Reference, "payment", "recognition")
}

package activities_test

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"farebook/activities"
	"farebook/booking"
	"farebook/internal/dev/fakestripe"
)

// requireFinal holds that an error ends the activity: another attempt would meet the same.
func requireFinal(t *testing.T, err error) {
	t.Helper()
	var application *temporal.ApplicationError
	require.ErrorAs(t, err, &application)
	require.True(t, application.NonRetryable(), "%v is tried again", err)
}

// requireAgain holds that an error does not end the activity.
func requireAgain(t *testing.T, err error) {
	t.Helper()
	var application *temporal.ApplicationError
	require.ErrorAs(t, err, &application)
	require.False(t, application.NonRetryable(), "%v ends the activity", err)
}

// The error that a workflow receives for each kind of failure of a Stripe call: whether another attempt may help, and when it is made.
func TestFailuresOfStripeSayWhenToTryAgain(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	reference, intentID := s.paid()
	reading := s.attempts()
	for fault, want := range map[fakestripe.FaultKind]struct {
		kind  string
		final bool
		delay time.Duration
	}{
		fakestripe.Fault500Before:      {activities.OutcomeUnknown, false, 0},
		fakestripe.FaultHTML502:        {activities.OutcomeUnknown, false, 0},
		fakestripe.FaultRateLimit:      {activities.StripeBusy, false, 2 * time.Second},
		fakestripe.FaultLockTimeout:    {activities.StripeBusy, false, 2 * time.Second},
		fakestripe.FaultUnauthorized:   {activities.StripeRefusesKey, false, time.Minute},
		fakestripe.FaultInvalidRequest: {activities.InvalidPaymentRequest, true, 0},
	} {
		s.fault(http.MethodGet, "/v1/payment_intents/"+intentID, fault, 1)
		err := reading.attempt(s.Payments.RecordPaymentOutcome,
			activities.RecordPaymentOutcomeInput{Reference: reference, PaymentIntentID: intentID}, nil)
		requireErrorType(t, want.kind, err)
		var application *temporal.ApplicationError
		require.True(t, errors.As(err, &application))
		require.Equal(t, want.final, application.NonRetryable(), fault)
		require.Equal(t, want.delay, application.NextRetryDelay(), fault)
		require.NotContains(t, err.Error(), "secret", fault)
	}
	s.requirePromises()
}

// A booking has one PaymentIntent: once its row is there, Stripe is not asked.
func TestPaymentIntentThatIsRecordedIsNotAskedForAgain(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	reference, intentID := s.held(booking.CaptureAutomatic)
	var again activities.PaymentIntentCreated
	s.run(s.Payments.CreatePaymentIntent, activities.BookingRef{Reference: reference}, &again)
	require.Equal(t, intentID, again.PaymentIntentID)
	require.Len(t, s.keys("/v1/payment_intents", 0), 1)
	require.Len(t, s.stripe.PaymentIntents(), 1)
}

// A request that Stripe never takes closes the booking with an email; a repetition has the same answer, from the books.
func TestBookingThatStripeRefusesIsClosed(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	reference := s.ask("refused", booking.CaptureAutomatic)
	s.fault(http.MethodPost, "/v1/payment_intents", fakestripe.FaultInvalidRequest, 1)
	var outcomes [2]activities.PaymentIntentCreated
	for i := range outcomes {
		s.run(s.Payments.CreatePaymentIntent, activities.BookingRef{Reference: reference}, &outcomes[i])
	}
	require.Equal(t, booking.StatusPaymentFailed, outcomes[0].BookingStatus)
	require.Len(t, outcomes[0].EmailIDs, 1)
	require.Equal(t, outcomes[0], outcomes[1])
	require.Len(t, s.keys("/v1/payment_intents", 0), 1)
}

// A booking that got its PaymentIntent after all is not closed as unpayable: the hold's end has something to cancel.
func TestBookingWithAPaymentIntentIsNotClosedAsUnpayable(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	reference, intentID := s.held(booking.CaptureAutomatic)
	var closed activities.PaymentIntentCreated
	s.run(s.Payments.ClosePayment, activities.ClosePaymentInput{Reference: reference, Code: "stripe_unreachable"}, &closed)
	require.Equal(t, booking.StatusPendingPayment, closed.BookingStatus)
	require.Equal(t, intentID, closed.PaymentIntentID)
}

// A PaymentIntent that is not about what the booking costs is for an operator, not for another attempt.
func TestPaymentOfAnotherAmountIsForAPerson(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	reference, intentID := s.held(booking.CaptureAutomatic)
	s.post("/v1/payment_intents/"+intentID, url.Values{"amount": {"100"}})
	s.confirm(intentID)
	err := s.attempts().attempt(s.Payments.RecordPaymentOutcome,
		activities.RecordPaymentOutcomeInput{Reference: reference, PaymentIntentID: intentID}, nil)
	requireErrorType(t, activities.Contradiction, err)
	requireFinal(t, err)
	require.Equal(t, 1, s.Count(t, "SELECT COUNT(*) FROM bookings WHERE attention IS NOT NULL AND status = 'pending_payment'"))
	require.Zero(t, s.Count(t, "SELECT COUNT(*) FROM financial_ledger"))
}

// A cancel that comes after the payment changes nothing: the recording step reads what the payment has become.
func TestCancelThatComesTooLateChangesNothing(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	reference, intentID := s.held(booking.CaptureAutomatic)
	s.confirm(intentID)
	s.run(s.Payments.CancelPaymentIntent,
		activities.CancelPaymentIntentInput{Reference: reference, PaymentIntentID: intentID, Reason: "abandoned"}, nil)
	require.Equal(t, booking.StatusConfirmed, s.record(reference, intentID).BookingStatus)
	s.requirePromises()
}

func TestBookingThatIsNotInTheBooksIsRefusedForGood(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	err := s.attempts().attempt(s.Payments.CreatePaymentIntent, activities.BookingRef{Reference: "FB-00000000"}, nil)
	requireErrorType(t, activities.NotInBooks, err)
	requireFinal(t, err)
	require.Empty(t, s.stripe.PaymentIntents())
}

// A booking of an older release has no choice of payment methods: its request to Stripe has the bytes that it had there, so that the
// key stands for the same: nothing of the request's origin either. One with a choice asks for it, each time.
func TestRequestForAPaymentIntentFollowsTheBooking(t *testing.T) {
	t.Parallel()
	for methods, want := range map[booking.PaymentMethods]string{
		"":                       "automatic_payment_methods[enabled]=true",
		booking.MethodsAutomatic: "automatic_payment_methods[enabled]=true",
		booking.MethodsCard:      "payment_method_types[0]=card",
	} {
		t.Run(string(methods), func(t *testing.T) {
			t.Parallel()
			s := newStack(t)
			reference := s.ask("methods", booking.CaptureAutomatic)
			s.Exec(t, "UPDATE bookings SET payment_methods = NULLIF('"+string(methods)+"', ''), request_key = IF('"+string(methods)+
				"' = '', NULL, request_key)")
			s.fault(http.MethodPost, "/v1/payment_intents", fakestripe.FaultAnswerLost, 1)
			creating, in := s.attempts(), activities.BookingRef{Reference: reference}
			require.Error(t, creating.attempt(s.Payments.CreatePaymentIntent, in, nil))
			require.NoError(t, creating.attempt(s.Payments.CreatePaymentIntent, in, nil))
			require.Len(t, s.stripe.PaymentIntents(), 1)
			for _, record := range s.stripe.Journal().Records() {
				if record.Method != http.MethodPost || record.Path != "/v1/payment_intents" {
					continue
				}
				body, err := url.ParseQuery(record.Body)
				require.NoError(t, err)
				expected := url.Values{
					"amount": {"45900"}, "currency": {"usd"}, "description": {"Booking " + string(reference)},
					"metadata[booking_reference]": {string(reference)}, "metadata[correlation_id]": {"c-1"},
					strings.Split(want, "=")[0]: {strings.Split(want, "=")[1]},
				}
				base := string(reference)
				if methods != "" {
					base = s.Text(t, "SELECT request_key FROM bookings")
					expected["metadata[request_key]"] = []string{base}
					expected["metadata[installation_id]"] = []string{s.Text(t, "SELECT installation_id FROM installation")}
					expected["metadata[client_id]"] = []string{s.Text(t, "SELECT client_id FROM api_clients")}
				}
				require.Equal(t, expected, body)
				require.Equal(t, base+"/create-payment-intent/1", record.IdempotencyKey)
			}
		})
	}
}

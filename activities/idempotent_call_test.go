package activities_test

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"farebook/activities"
	"farebook/booking"
	"farebook/internal/clock"
	"farebook/internal/dev/fakestripe"
)

func requireErrorType(t *testing.T, kind string, err error) {
	t.Helper()
	var application *temporal.ApplicationError
	require.ErrorAs(t, err, &application)
	require.Equal(t, kind, application.Type(), "%v", err)
}

// A refund whose answer was lost more than a day ago: Stripe has forgotten the key, and is looked at before it is asked.
func TestRefundMadeADayAgoIsFoundAndNotMadeAgain(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	reference, intentID := s.paid()
	refund := s.refundOf(reference, 10000)
	s.Clock.Advance(25 * time.Hour)
	s.post("/v1/refunds", url.Values{"payment_intent": {intentID}, "amount": {"10000"}, "metadata[refund_id]": {string(refund.ID)}})

	made := s.create(refund.ID)
	require.Len(t, s.stripe.Refunds(), 1)
	require.Equal(t, s.stripe.Refunds()[0].ID, made.StripeRefundID)
}

// The same for a PaymentIntent: the one that is there is the booking's.
func TestPaymentIntentMadeADayAgoIsFoundAndNotMadeAgain(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	reference := s.ask("old", booking.CaptureAutomatic)
	s.Clock.Advance(25 * time.Hour)
	s.post("/v1/payment_intents", url.Values{"amount": {"45900"}, "currency": {"usd"}, "metadata[booking_reference]": {string(reference)}})

	var created activities.PaymentIntentCreated
	s.run(s.Payments.CreatePaymentIntent, activities.BookingRef{Reference: reference}, &created)
	require.Len(t, s.stripe.PaymentIntents(), 1)
	require.Equal(t, s.stripe.PaymentIntents()[0].ID, created.PaymentIntentID)
}

// Past the key's life nothing is made while Stripe cannot say what is there.
func TestPastTheKeysLifeNothingIsMadeBlindly(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	in := s.reservedRefund()
	s.sendEmails()
	s.Clock.Advance(21 * time.Hour)
	s.fault(http.MethodGet, "/v1/refunds", fakestripe.Fault500Before, 1)
	creating := s.attempts()
	requireErrorType(t, activities.OutcomeUnknown, creating.attempt(s.Refunds.CreateRefund, in, nil))
	require.Empty(t, s.keys("/v1/refunds", 0))

	require.NoError(t, creating.attempt(s.Refunds.CreateRefund, in, nil))
	require.Len(t, s.stripe.Refunds(), 1)
	s.requirePromises()
}

// Stripe forgets a key after a day, and answers the same request with a second refund: the refund of an attempt whose answer was lost is
// found although Stripe, asked again, would not know of it.
func TestRefundWhoseAnswerWasLostADayAgoIsNotMadeAgain(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	in := s.reservedRefund()
	s.sendEmails()
	s.fault(http.MethodPost, "/v1/refunds", fakestripe.FaultAnswerLost, 2) // the client repeats a request once
	requireErrorType(t, activities.OutcomeUnknown, s.attempts().attempt(s.Refunds.CreateRefund, in, nil))
	asked := len(s.keys("/v1/refunds", 0))
	require.Len(t, s.stripe.Refunds(), 1)
	s.Clock.Advance(25 * time.Hour)
	s.run(s.Refunds.CreateRefund, in, nil)
	require.Len(t, s.stripe.Refunds(), 1)
	require.Empty(t, s.keys("/v1/refunds", asked), "Stripe was asked again")
}

// Within the key's life the key answers for what is there: no PaymentIntent is looked for first. A payment's refunds are read once
// before another one is asked for.
func TestWithinTheKeysLifeOnlyRefundsAreLookedAtFirst(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	in := s.reservedRefund()
	s.create(in.RefundID)
	require.Zero(t, s.reads("/v1/payment_intents"))
	require.Equal(t, 1, s.reads("/v1/refunds"))
}

// Stripe answers 500 for as long as it is ill, and keeps each answer under its key. An attempt uses one new key at most, so
// that Stripe is asked as often as attempts are made; where the last one got to is known from its heartbeat.
func TestAttemptUsesOneNewKeyAtMost(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	in := s.reservedRefund()
	s.fault(http.MethodPost, "/v1/refunds", fakestripe.Fault500Before, 3)
	creating := s.attempts()
	for _, key := range []string{"create-refund/1", "create-refund/2", "create-refund/3"} {
		before := len(s.keys("/v1/refunds", 0))
		requireErrorType(t, activities.OutcomeUnknown, creating.attempt(s.Refunds.CreateRefund, in, nil))
		require.Equal(t, []string{key}, s.keys("/v1/refunds", before))
	}
	require.NoError(t, creating.attempt(s.Refunds.CreateRefund, in, nil))
	require.Equal(t, []string{"create-refund/4"}, s.keys("/v1/refunds", 3))
	require.Len(t, s.stripe.Refunds(), 1)
	s.requirePromises()
}

// "Not in the list" is not "does not exist": while Stripe's lists may lag, attempts ask under the one key whose outcome is
// unknown, and look; only afterwards is the next key used.
func TestNoNextKeyIsUsedWhileListsMayLag(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	in := s.reservedRefund()
	s.fault(http.MethodPost, "/v1/refunds", fakestripe.Fault500Before, 1)
	s.Refunds.ListLag = time.Hour
	creating := s.attempts()
	for range 3 {
		requireErrorType(t, activities.OutcomeUnknown, creating.attempt(s.Refunds.CreateRefund, in, nil))
	}
	require.Equal(t, []string{"create-refund/1", "create-refund/1", "create-refund/1"}, s.keys("/v1/refunds", 0))
	require.Empty(t, s.stripe.Refunds())
	s.Refunds.ListLag = 0 // the time is over
	require.NoError(t, creating.attempt(s.Refunds.CreateRefund, in, nil))
	require.Equal(t, []string{"create-refund/1", "create-refund/2"}, s.keys("/v1/refunds", 3))
	require.Len(t, s.stripe.Refunds(), 1)
	s.requirePromises()
}

// The heartbeat is lost with the worker: the next attempt walks past the answers that Stripe repeats, and uses one new key.
func TestAttemptWithoutAHeartbeatWalksPastWhatStripeRepeats(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	in := s.reservedRefund()
	s.fault(http.MethodPost, "/v1/refunds", fakestripe.Fault500Before, 1+2+3)
	for _, keys := range [][]string{
		{"create-refund/1"},
		{"create-refund/1", "create-refund/2"},
		{"create-refund/1", "create-refund/2", "create-refund/3"},
	} {
		before := len(s.keys("/v1/refunds", 0))
		requireErrorType(t, activities.OutcomeUnknown, s.attempts().attempt(s.Refunds.CreateRefund, in, nil))
		require.Equal(t, keys, s.keys("/v1/refunds", before))
	}
	s.run(s.Refunds.CreateRefund, in, nil)
	require.Len(t, s.stripe.Refunds(), 1)
	s.requirePromises()
}

// Whatever becomes of the answer, there is one refund: it is found, or the key answers with it.
func TestRefundIsMadeOnceWhateverBecomesOfTheAnswer(t *testing.T) {
	t.Parallel()
	for fault, keys := range map[fakestripe.FaultKind][]string{
		fakestripe.Fault500After:    {"create-refund/1"}, // found by its metadata
		fakestripe.Fault500Before:   {"create-refund/1", "create-refund/2"},
		fakestripe.FaultAnswerLost:  {"create-refund/1", "create-refund/1"},
		fakestripe.FaultHTML502:     {"create-refund/1", "create-refund/1"},
		fakestripe.FaultRateLimit:   {"create-refund/1", "create-refund/1"},
		fakestripe.FaultLockTimeout: {"create-refund/1", "create-refund/1"},
		fakestripe.FaultKeyInUse:    {"create-refund/1", "create-refund/1"},
	} {
		t.Run(string(fault), func(t *testing.T) {
			t.Parallel()
			s := newStack(t)
			in := s.reservedRefund()
			s.fault(http.MethodPost, "/v1/refunds", fault, 1)
			creating := s.attempts()
			var made activities.RefundRecorded
			if err := creating.attempt(s.Refunds.CreateRefund, in, &made); err != nil {
				require.NoError(t, creating.attempt(s.Refunds.CreateRefund, in, &made))
			}
			require.Equal(t, keys, s.keys("/v1/refunds", 0))
			require.Len(t, s.stripe.Refunds(), 1)
			require.Equal(t, s.stripe.Refunds()[0].ID, made.StripeRefundID)
			s.requirePromises()
		})
	}
}

// Stripe's clock is not ours: a PaymentIntent that was made before its booking, by Stripe's clock, is found all the same.
func TestPaymentIntentIsFoundThoughStripesClockIsBehind(t *testing.T) {
	t.Parallel()
	behind := &clock.Movable{}
	behind.Advance(-5 * time.Minute)
	s := newStackWith(t, behind)
	reference := s.ask("behind", booking.CaptureAutomatic)
	s.fault(http.MethodPost, "/v1/payment_intents", fakestripe.Fault500After, 1)
	var created activities.PaymentIntentCreated
	s.run(s.Payments.CreatePaymentIntent, activities.BookingRef{Reference: reference}, &created)
	require.Len(t, s.stripe.PaymentIntents(), 1)
	require.Equal(t, s.stripe.PaymentIntents()[0].ID, created.PaymentIntentID)
}

// Another release has used the keys of a capture and of a cancellation with other bytes. Both are sent under another key, because the
// state of the PaymentIntent refuses a second one.
func TestAKeyThatWasUsedWithOtherBytesEndsNoTransition(t *testing.T) {
	t.Parallel()
	for status, c := range map[booking.PaymentStatus]struct {
		key  string
		step func(*stack, booking.Reference, string) step
	}{
		booking.PaymentSucceeded: {"/capture-payment-intent/30000/1", func(s *stack, reference booking.Reference, id string) step {
			return step{s.Payments.CapturePayment, activities.CapturePaymentInput{Reference: reference, PaymentIntentID: id, Amount: 30000}}
		}},
		booking.PaymentCanceled: {"/cancel-payment-intent/abandoned/1", func(s *stack, reference booking.Reference, id string) step {
			return step{s.Payments.CancelPaymentIntent, activities.CancelPaymentIntentInput{
				Reference: reference, PaymentIntentID: id, Reason: "abandoned",
			}}
		}},
	} {
		t.Run(string(status), func(t *testing.T) {
			t.Parallel()
			s := newStack(t)
			reference, intentID := s.authorised()
			s.postUnder(intentID+c.key, "/v1/payment_intents/"+intentID, url.Values{"description": {"of another release"}})
			moving, one := s.attempts(), c.step(s, reference, intentID)
			requireErrorType(t, activities.OutcomeUnknown, moving.attempt(one.method, one.in, nil))
			require.NoError(t, moving.attempt(one.method, one.in, nil))
			require.Equal(t, status, s.record(reference, intentID).PaymentStatus)
			s.requirePromises()
		})
	}
}

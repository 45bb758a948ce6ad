package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"farebook/activities"
	"farebook/booking"
	"farebook/workflows"
)

// A run that is older than a restore of the database knows what the books have lost: it answers with what it read after the request.
func TestRecordPaymentAnswersWithWhatIsReadAfterTheRequest(t *testing.T) {
	s := bookingScenario(t, declined, confirmed)
	s.event(time.Minute, "evt_declined")
	again := s.update(2*time.Minute, workflows.UpdateRecordPayment)
	s.run(workflows.BookingPayment, held)
	s.requireTrace(
		"start: CreatePaymentIntent",
		"1m: RecordPaymentOutcome event evt_declined",
		"1m: SendEmail 1",
		"2m: RecordPaymentOutcome event",
		"2m: SendEmail 2",
	)
	require.Equal(t, workflows.PaymentIntentReady{
		PaymentIntentID: intent, BookingStatus: booking.StatusConfirmed, PaymentStatus: booking.PaymentSucceeded,
	}, again.result)
}

// The books may be behind Stripe when a run starts: reconciliation names the PaymentIntent, or the first step finds it paid.
func TestPaymentThatTheBooksAreBehindOfIsReadAtTheStart(t *testing.T) {
	ended := activities.PaymentIntentCreated{BookingStatus: booking.StatusExpired, PaymentStatus: booking.PaymentCanceled}
	found := unpaid
	found.Look = true
	for name, c := range map[string]struct {
		created activities.PaymentIntentCreated
		in      workflows.BookingPaymentInput
	}{
		"reconciliation names it":     {ended, workflows.BookingPaymentInput{Reference: reference, HoldExpiresAt: began, LookAt: intent}},
		"the first step has found it": {found, held},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScenario(t)
			answer(s, payments.CreatePaymentIntent, c.created)
			var read []string
			double(s, payments.RecordPaymentOutcome, func(in activities.RecordPaymentOutcomeInput) (activities.PaymentRecorded, error) {
				read = append(read, in.PaymentIntentID)
				return confirmed, nil
			})
			s.run(workflows.BookingPayment, c.in)
			s.requireTrace("start: CreatePaymentIntent", "start: RecordPaymentOutcome event", "start: SendEmail 2")
			require.Equal(t, []string{intent}, read)
		})
	}
}

// A PaymentIntent that an event names and that turns out to be another booking's is not kept as this booking's.
func TestPaymentIntentOfAnotherBookingIsNotKept(t *testing.T) {
	s := newScenario(t)
	answer(s, payments.CreatePaymentIntent, activities.PaymentIntentCreated{BookingStatus: booking.StatusPaymentFailed})
	answer(s, payments.RecordPaymentOutcome, activities.PaymentRecorded{BookingStatus: booking.StatusPaymentFailed, Foreign: true})
	s.event(0, "evt_1")
	s.run(workflows.BookingPayment, held)
	requireResult(s, workflows.BookingPaymentResult{BookingStatus: booking.StatusPaymentFailed})
}

// Operators search for bookings that did not end as confirmed. A confirmed one costs no search attributes.
func TestOnlyABookingThatIsNotConfirmedIsFoundByItsStatus(t *testing.T) {
	for name, c := range map[string]struct {
		recorded activities.PaymentRecorded
		statuses map[string]string // to the PaymentIntent
	}{
		"expired":   {expired, map[string]string{"expired": intent}},
		"confirmed": {confirmed, map[string]string{}},
	} {
		t.Run(name, func(t *testing.T) {
			s := bookingScenario(t, c.recorded)
			statuses := map[string]string{}
			s.env.OnUpsertTypedSearchAttributes(mock.MatchedBy(func(attributes temporal.SearchAttributes) bool {
				status, _ := attributes.GetKeyword(workflows.SearchBookingStatus) // empty without it, which is no wanted status
				statuses[status], _ = attributes.GetKeyword(workflows.SearchPaymentIntentID)
				return true
			})).Return(nil).Maybe()
			s.event(time.Minute, "evt_1")
			s.run(workflows.BookingPayment, held)
			require.Equal(t, c.statuses, statuses)
		})
	}
}

package handover_test

import (
	"strconv"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/booking"
	"farebook/internal/handover"
	"farebook/store"
)

const reference = booking.Reference("FB-7K2M9QXA")

var created = handover.Created{
	PaymentIntentID: "pi_1", BookingStatus: booking.StatusPendingPayment, PaymentStatus: booking.PaymentPending, ClientSecret: "pi_1_secret_1",
}

func TestTheOutcomeReachesTheRequestThatWaits(t *testing.T) {
	t.Parallel()
	desk := handover.NewDesk(2)
	outcome, leave, admitted := desk.Expect(reference, handover.Request{})
	require.True(t, admitted)
	other, leaveOther, admitted := desk.Expect("FB-ZZZZZZZZ", handover.Request{})
	require.True(t, admitted)
	desk.Give(reference, created)
	got, handed := <-outcome
	require.True(t, handed)
	require.Equal(t, created, got)
	require.Equal(t, 1, desk.Waiting(), "the other request still waits")
	desk.Give(reference, created) // a second attempt: nobody waits any more
	leave()
	leaveOther()
	require.Empty(t, other)
	require.Zero(t, desk.Waiting())
}

func TestAFailedAttemptSendsTheRequestAway(t *testing.T) {
	t.Parallel()
	desk := handover.NewDesk(1)
	outcome, leave, _ := desk.Expect(reference, handover.Request{})
	defer leave()
	desk.Fail(reference)
	_, handed := <-outcome
	require.False(t, handed)
	require.Zero(t, desk.Waiting())
}

// A lease that ran out lets a second request continue the work of the first, whose place it takes.
func TestTheLastRequestForABookingWaits(t *testing.T) {
	t.Parallel()
	desk := handover.NewDesk(1)
	first, leaveFirst, _ := desk.Expect(reference, handover.Request{})
	second, leaveSecond, admitted := desk.Expect(reference, handover.Request{})
	require.True(t, admitted, "it takes the place of the first")
	_, handed := <-first
	require.False(t, handed)
	leaveFirst() // must not take the place of the second away
	desk.Give(reference, created)
	_, handed = <-second
	require.True(t, handed)
	leaveSecond()
}

func TestNobodyWaitsBeyondThePlaces(t *testing.T) {
	t.Parallel()
	desk := handover.NewDesk(1)
	_, leave, admitted := desk.Expect(reference, handover.Request{})
	require.True(t, admitted)
	_, _, admitted = desk.Expect("FB-ZZZZZZZZ", handover.Request{})
	require.False(t, admitted)
	leave()
	_, leave, admitted = desk.Expect("FB-ZZZZZZZZ", handover.Request{})
	require.True(t, admitted)
	leave()
	var none *handover.Desk
	_, _, admitted = none.Expect(reference, handover.Request{})
	require.False(t, admitted, "a process without a worker")
	none.Give(reference, created)
	none.Fail(reference)
}

// Each request gets the outcome of its booking, however many wait at once.
func TestRequestsAtOnceGetTheirOutcome(t *testing.T) {
	t.Parallel()
	references := make([]booking.Reference, 200)
	desk := handover.NewDesk(len(references))
	var requests sync.WaitGroup
	for i := range references {
		references[i] = booking.Reference(strconv.Itoa(i))
		outcome, leave, admitted := desk.Expect(references[i], handover.Request{})
		require.True(t, admitted)
		requests.Go(func() {
			defer leave()
			got := <-outcome
			if got.ClientSecret != string(references[i]) {
				t.Errorf("request for %s got the secret of %s", references[i], got.ClientSecret)
			}
		})
	}
	for _, waits := range references {
		go desk.Give(waits, handover.Created{ClientSecret: string(waits)})
	}
	requests.Wait()
	require.Zero(t, desk.Waiting())
}

// The step learns what the request that waits will answer, so that it can store the answer together with its outcome.
func TestAnswerIsThatOfTheRequestThatWaits(t *testing.T) {
	t.Parallel()
	desk := handover.NewDesk(2)
	require.Nil(t, desk.Answer(reference, handover.Created{}), "nobody waits")
	_, leave, _ := desk.Expect(reference, handover.Request{Answer: func(c handover.Created) *handover.Answer {
		return &handover.Answer{Status: 201, Body: []byte(c.PaymentIntentID)}
	}})
	require.Equal(t, &handover.Answer{Status: 201, Body: []byte("pi_1")}, desk.Answer(reference, handover.Created{PaymentIntentID: "pi_1"}))
	leave()
	require.Nil(t, desk.Answer(reference, handover.Created{}))
	_, leave, _ = desk.Expect(reference, handover.Request{})
	defer leave()
	require.Nil(t, desk.Answer(reference, handover.Created{}), "it stores no answer")
	var none *handover.Desk
	require.Nil(t, none.Answer(reference, handover.Created{}))
}

// The first attempt of the step takes the booking over from the request that made it; a second one has to read it.
func TestBookingIsTakenOnce(t *testing.T) {
	t.Parallel()
	desk := handover.NewDesk(1)
	_, taken := desk.Take(reference)
	require.False(t, taken, "nobody waits")
	_, leave, _ := desk.Expect(reference, handover.Request{Fresh: &handover.Fresh{Booking: store.Booking{ID: 7}}})
	fresh, taken := desk.Take(reference)
	require.True(t, taken)
	require.EqualValues(t, 7, fresh.Booking.ID)
	_, taken = desk.Take(reference)
	require.False(t, taken, "taken already")
	require.Equal(t, 1, desk.Waiting(), "the request still waits")
	leave()
	_, leave, _ = desk.Expect(reference, handover.Request{})
	defer leave()
	_, taken = desk.Take(reference)
	require.False(t, taken, "the request has found its booking in the books")
	var none *handover.Desk
	_, taken = none.Take(reference)
	require.False(t, taken)
}

package api

import (
	"context"
	"encoding/json"
	"net/http"

	"farebook/internal/failpoint"
	"farebook/internal/handover"
	"farebook/starter/dispatch"
	"farebook/store"
	"farebook/workflows"
)

// FirstSteps runs the first steps of bookings in the API's process.
type FirstSteps struct {
	// Desk is where the worker of this process hands over their outcomes.
	Desk *handover.Desk
	// Here reports whether that worker takes new bookings now. While it returns false, no first task is asked for.
	Here func() bool
}

// firstStepPatience is how long a request waits for a first step in its process. After that the server gives the task to another worker.
const firstStepPatience = workflows.WorkflowTaskTimeout

// prepared is a booking whose first step is done. clientSecret is empty when the step did not hand it to this request.
type prepared struct {
	store.Booking

	clientSecret string
	// answerKept: the step has stored the request's answer.
	answerKept bool
}

// firstStep starts the booking's workflow, or joins it, and returns once its PaymentIntent exists or was refused for good. It prefers a
// first step in this process, which answers through memory. Whatever prevents that, the books and then the workflow give the same answer.
// fresh: this request has made the booking.
func (a *api) firstStep(ctx context.Context, reserved store.Booking, fresh bool) (prepared, error) {
	here, done, err := a.firstStepHere(ctx, reserved, fresh)
	if done || err != nil {
		return here, err
	}
	known, err := a.firstStepElsewhere(ctx, reserved)
	return prepared{Booking: known}, err
}

// firstStepHere has the first step run in this process. done is false when it has not: no worker runs here or it has too much to do, the
// server kept the task, the workflow runs already, or the step failed.
func (a *api) firstStepHere(ctx context.Context, reserved store.Booking, fresh bool) (_ prepared, done bool, _ error) {
	if a.FirstSteps == nil || !a.FirstSteps.Here() {
		return prepared{}, false, nil
	}
	request := handover.Request{Answer: func(created handover.Created) *handover.Answer { return answerOf(preparedBy(reserved, created)) }}
	if fresh {
		request.Fresh = &handover.Fresh{Booking: reserved, NoFenceAt: callerOf(ctx).NoFenceAt}
	}
	outcome, leave, admitted := a.FirstSteps.Desk.Expect(reserved.Reference, request)
	if !admitted {
		return prepared{}, false, nil
	}
	defer leave()
	granted, err := a.Dispatch.StartHere(ctx, dispatch.BookingSubjectOf(reserved))
	if err != nil {
		return prepared{}, false, needsWorkflow(workflows.BookingPaymentWorkflowID(reserved.Reference), err)
	}
	failpoint.Hit("api-after-eager-start")
	if granted {
		created, handed := awaitOutcome(ctx, outcome)
		if handed {
			return preparedBy(reserved, created), true, nil
		}
	}
	known, err := a.Store.Booking(ctx, reserved.Reference)
	return prepared{Booking: known}, known.Payment != nil, err
}

func awaitOutcome(ctx context.Context, outcome <-chan handover.Created) (created handover.Created, handed bool) {
	waiting, stop := context.WithTimeout(ctx, firstStepPatience)
	defer stop()
	select {
	case created, handed = <-outcome:
	case <-waiting.Done():
	}
	return created, handed
}

// preparedBy is the booking as the books have it after its first step.
func preparedBy(reserved store.Booking, created handover.Created) prepared {
	reserved.Status = created.BookingStatus
	if created.PaymentIntentID != "" {
		reserved.Payment = &store.Payment{PaymentIntentID: created.PaymentIntentID, Status: created.PaymentStatus}
	}
	return prepared{reserved, created.ClientSecret, created.AnswerKept}
}

// answerOf is the answer to a request whose booking can be paid; nil for any other.
func answerOf(known prepared) *handover.Answer {
	if known.Payment == nil {
		return nil
	}
	text, err := json.Marshal(bookedBodyOf(known.Booking))
	if err != nil {
		return nil // the request meets the error itself
	}
	return &handover.Answer{Status: http.StatusCreated, Body: text}
}

// firstStepElsewhere asks the booking's workflow, wherever it runs, and reads what the books have then.
func (a *api) firstStepElsewhere(ctx context.Context, reserved store.Booking) (store.Booking, error) {
	workflowID := workflows.BookingPaymentWorkflowID(reserved.Reference)
	ready, err := a.Dispatch.AwaitPaymentIntent(ctx, dispatch.BookingSubjectOf(reserved))
	if err != nil {
		return store.Booking{}, needsWorkflow(workflowID, err)
	}
	known, err := a.Store.Booking(ctx, reserved.Reference)
	if err == nil && known.Payment == nil && ready.PaymentIntentID != "" {
		// The database was restored: a workflow from before the restore records the PaymentIntent again.
		if err := a.Dispatch.RecordPayment(ctx, dispatch.BookingSubjectOf(known)); err != nil {
			return store.Booking{}, needsWorkflow(workflowID, err)
		}
		known, err = a.Store.Booking(ctx, reserved.Reference)
	}
	return known, err
}

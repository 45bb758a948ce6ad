package dispatch

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"farebook/booking"
	"farebook/money"
	"farebook/store"
	"farebook/workflows"
)

// BookingSubject is the booking that a workflow handles. It holds only what an operator may see in the Temporal UI: no name and no address.
type BookingSubject struct {
	Reference     booking.Reference
	HoldExpiresAt time.Time
	CorrelationID string
	Amount        money.Money
	Flight        booking.Flight
	// LookAt is a PaymentIntent that a workflow started with this subject reads first; may be empty.
	LookAt string
}

func (s BookingSubject) subject() subject {
	return subject{
		id: workflows.BookingPaymentWorkflowID(s.Reference), kind: workflows.TypeBookingPayment, reference: s.Reference,
		input: workflows.BookingPaymentInput{
			Reference: s.Reference, HoldExpiresAt: s.HoldExpiresAt, CorrelationID: s.CorrelationID,
			LookAt: s.LookAt,
		},
		summary: fmt.Sprintf("%s · %s %s→%s · %s", s.Reference, s.Flight.Number, s.Flight.From, s.Flight.To, s.Amount.Format(money.LocaleEN)),
	}
}

// AwaitPaymentIntent starts the booking's workflow, or joins the running one, and returns once its PaymentIntent is known. A repetition
// joins the same update, so it is harmless.
func (c *Client) AwaitPaymentIntent(ctx context.Context, s BookingSubject) (workflows.PaymentIntentReady, error) {
	var ready workflows.PaymentIntentReady
	err := c.update(ctx, s.subject(),
		client.UpdateWorkflowOptions{UpdateID: workflows.UpdatePaymentIntent, UpdateName: workflows.UpdatePaymentIntent}, &ready)
	return ready, err
}

// RecordPayment has the booking's workflow read its PaymentIntent at Stripe, and returns once it is recorded. A repetition reads it
// again and records nothing twice.
func (c *Client) RecordPayment(ctx context.Context, s BookingSubject) error {
	var ready workflows.PaymentIntentReady
	return c.update(ctx, s.subject(),
		client.UpdateWorkflowOptions{UpdateID: newUpdateID(workflows.UpdateRecordPayment), UpdateName: workflows.UpdateRecordPayment}, &ready)
}

// Cancel asks the booking's workflow to cancel, and starts the workflow if it has ended. A refusal is an application error of type
// ErrorAlreadySettled, ErrorNotCancellable or ErrorQuoteChanged.
func (c *Client) Cancel(ctx context.Context, s BookingSubject, request workflows.CancelRequest) (workflows.CancelResult, error) {
	var result workflows.CancelResult
	err := c.update(ctx, s.subject(), client.UpdateWorkflowOptions{
		UpdateID: newUpdateID(workflows.UpdateCancelBooking), UpdateName: workflows.UpdateCancelBooking, Args: []any{request},
	}, &result)
	return result, err
}

// supplementPace is how often a refused request to end a further payment is made anew: a bank debit is in process for days, and a run takes
// 2,000 updates at most.
const supplementPace = 5 * time.Minute

// EndSupplement asks the workflow of a further payment whose booking has ended to cancel it, paid or not, and waits for the outcome until
// ctx ends. A repetition within supplementPace joins the same update. A payment that cannot be cancelled now, or not any more, is no error:
// it is in the bank's hands or disputed, and the sweeper asks again.
func (c *Client) EndSupplement(ctx context.Context, s BookingSubject, now time.Time) error {
	var result workflows.CancelResult
	err := c.update(ctx, s.subject(), client.UpdateWorkflowOptions{
		UpdateID:   fmt.Sprintf("%s-with-its-booking-%d", workflows.UpdateCancelBooking, now.Truncate(supplementPace).Unix()),
		UpdateName: workflows.UpdateCancelBooking, Args: []any{workflows.CancelRequest{Paid: true}},
	}, &result)
	var refused *temporal.ApplicationError
	if errors.As(err, &refused) && (refused.Type() == workflows.ErrorAlreadySettled || refused.Type() == workflows.ErrorNotCancellable) {
		return nil
	}
	return err
}

// Capture asks the booking's workflow to capture an authorised payment. A refusal is an application error of type
// ErrorNotAuthorized.
func (c *Client) Capture(ctx context.Context, s BookingSubject, request workflows.CaptureRequest) (workflows.CaptureResult, error) {
	var result workflows.CaptureResult
	err := c.update(ctx, s.subject(), client.UpdateWorkflowOptions{
		UpdateID: newUpdateID(workflows.UpdateCapturePayment), UpdateName: workflows.UpdateCapturePayment, Args: []any{request},
	}, &result)
	return result, err
}

// newUpdateID returns the update id of one call: the update keeps it when update sends it again, and the next call draws another.
func newUpdateID(name string) string { return name + "-" + uuid.NewString() }

// updateAttempts bounds how often an update is sent again whose workflow task collided with a message.
const updateAttempts = 5

// update sends an update-with-start and waits for its result. When a signal arrives while the workflow completes, Temporal repeats the
// workflow task and drops its updates with WorkflowNotReady; the update is then sent again under the same id, which makes that harmless.
func (c *Client) update(ctx context.Context, s subject, update client.UpdateWorkflowOptions, result any) error {
	update.WorkflowID = s.id
	update.WaitForStage = client.WorkflowUpdateStageCompleted
	var err error
	for range updateAttempts {
		err = c.updateOnce(ctx, s, update, result)
		var collided *serviceerror.WorkflowNotReady
		if !errors.As(err, &collided) {
			break
		}
	}
	return err
}

func (c *Client) updateOnce(ctx context.Context, s subject, update client.UpdateWorkflowOptions, result any) error {
	handle, err := c.temporal.UpdateWithStartWorkflow(ctx, client.UpdateWithStartWorkflowOptions{
		StartWorkflowOperation: c.temporal.NewWithStartWorkflowOperation(c.options(s), s.kind, s.input),
		UpdateOptions:          update,
	})
	if err != nil {
		return err
	}
	return handle.Get(ctx, result)
}

// SignalStripeEvent signals the workflow of a booking that its payment may have changed at Stripe, and reports whether the workflow runs.
// It starts none.
func (c *Client) SignalStripeEvent(ctx context.Context, reference booking.Reference, event workflows.StripeEvent) (bool, error) {
	err := c.temporal.SignalWorkflow(ctx, workflows.BookingPaymentWorkflowID(reference), "", workflows.SignalStripeEvent, event)
	var missing *serviceerror.NotFound
	if errors.As(err, &missing) {
		return false, nil
	}
	return err == nil, err
}

// DeliverStripeEvent signals the booking's workflow that its payment may have changed at Stripe, and starts the workflow if it does not
// run.
func (c *Client) DeliverStripeEvent(ctx context.Context, s BookingSubject, event workflows.StripeEvent) error {
	return c.deliver(ctx, s.subject(), event)
}

// BookingSubjectOf returns what the workflow of a booking is started with. It holds no name and no address, because Temporal keeps it
// in the workflow's history.
func BookingSubjectOf(b store.Booking) BookingSubject {
	return BookingSubject{
		Reference: b.Reference, HoldExpiresAt: b.HoldExpiresAt, CorrelationID: b.CorrelationID,
		Amount: b.Amount, Flight: b.Flight,
	}
}

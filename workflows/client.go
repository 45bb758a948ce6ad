package workflows

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"farebook/booking"
)

// Client starts and messages workflows: what the HTTP API knows of Temporal.
type Client struct {
	temporal  client.Client
	taskQueue string
}

// NewClient speaks through c; workflows run on taskQueue (TaskQueueBookings unless a test isolates itself).
func NewClient(c client.Client, taskQueue string) *Client {
	return &Client{temporal: c, taskQueue: taskQueue}
}

// Subject is the booking a message is about. Only what the operator may see goes along: no name, no address.
type Subject struct {
	Reference     booking.Reference
	HoldExpiresAt time.Time
	CorrelationID string
	Amount        booking.Money
	Flight        booking.Flight
}

func (s Subject) input() BookingPaymentInput {
	return BookingPaymentInput{Reference: s.Reference, HoldExpiresAt: s.HoldExpiresAt, CorrelationID: s.CorrelationID}
}

func (s Subject) summary() string {
	return fmt.Sprintf("%s · %s %s→%s · %s", s.Reference, s.Flight.Number, s.Flight.From, s.Flight.To, s.Amount.Format(booking.LocaleEN))
}

// options of a start. A run that goes on is joined; a closed one may be followed by another, which then finds payment
// row and state in the books and does nothing twice: MySQL decides, as it remembers for ever and Temporal for its
// retention only.
func (c *Client) options(s Subject) client.StartWorkflowOptions {
	return client.StartWorkflowOptions{
		ID:                       BookingPaymentID(s.Reference),
		TaskQueue:                c.taskQueue,
		WorkflowIDConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
		WorkflowIDReusePolicy:    enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
		// After a worker's death its task is given to another one this much later.
		WorkflowTaskTimeout:   5 * time.Second,
		TypedSearchAttributes: temporal.NewSearchAttributes(SearchBookingReference.ValueSet(string(s.Reference))),
		StaticSummary:         s.summary(),
	}
}

// AwaitPaymentIntent starts the booking's workflow, or joins it, and answers once its PaymentIntent is known. Harmless
// when repeated.
func (c *Client) AwaitPaymentIntent(ctx context.Context, s Subject) (PaymentIntentReady, error) {
	var ready PaymentIntentReady
	err := c.update(ctx, s, client.UpdateWorkflowOptions{UpdateID: UpdatePaymentIntent, UpdateName: UpdatePaymentIntent}, &ready)
	return ready, err
}

// Cancel asks the booking's workflow to cancel before payment, starting it again should an operator have ended it. An
// application error of type ErrorAlreadySettled says that it is too late.
func (c *Client) Cancel(ctx context.Context, s Subject) (CancelResult, error) {
	var result CancelResult
	// An id of this call's own: the same update when it has to be sent again, another one when the caller asks again.
	id := UpdateCancelBooking + "-" + uuid.NewString()
	err := c.update(ctx, s, client.UpdateWorkflowOptions{UpdateID: id, UpdateName: UpdateCancelBooking}, &result)
	return result, err
}

// updateAttempts bounds how often an update is sent again whose workflow task collided with a message.
const updateAttempts = 5

// update sends an update with start. A webhook that comes while the workflow wants to end makes Temporal run that
// workflow task again, and drop the updates in it: they are sent again under the same id, which is harmless.
func (c *Client) update(ctx context.Context, s Subject, update client.UpdateWorkflowOptions, result any) error {
	update.WorkflowID = BookingPaymentID(s.Reference)
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

func (c *Client) updateOnce(ctx context.Context, s Subject, update client.UpdateWorkflowOptions, result any) error {
	handle, err := c.temporal.UpdateWithStartWorkflow(ctx, client.UpdateWithStartWorkflowOptions{
		StartWorkflowOperation: c.temporal.NewWithStartWorkflowOperation(c.options(s), TypeBookingPayment, s.input()),
		UpdateOptions:          update,
	})
	if err != nil {
		return err
	}
	return handle.Get(ctx, result)
}

// DeliverStripeEvent tells the booking's workflow that Stripe has news, starting it again when it has ended: late
// money is money too.
func (c *Client) DeliverStripeEvent(ctx context.Context, s Subject, event StripeEvent) error {
	_, err := c.temporal.SignalWithStartWorkflow(ctx, BookingPaymentID(s.Reference), SignalStripeEvent, event,
		c.options(s), TypeBookingPayment, s.input())
	return err
}

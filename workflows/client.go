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

// Cancel asks the booking's workflow to cancel, starting it again should it have ended. Application errors of the types
// ErrorAlreadySettled, ErrorNotCancellable and ErrorQuoteChanged say why not.
func (c *Client) Cancel(ctx context.Context, s Subject, request CancelRequest) (CancelResult, error) {
	var result CancelResult
	err := c.update(ctx, s, client.UpdateWorkflowOptions{
		UpdateID: newUpdateID(UpdateCancelBooking), UpdateName: UpdateCancelBooking, Args: []any{request},
	}, &result)
	return result, err
}

// Capture asks the booking's workflow to capture an authorised payment. An application error of type ErrorNotAuthorized
// says why not.
func (c *Client) Capture(ctx context.Context, s Subject, request CaptureRequest) (CaptureResult, error) {
	var result CaptureResult
	err := c.update(ctx, s, client.UpdateWorkflowOptions{
		UpdateID: newUpdateID(UpdateCapturePayment), UpdateName: UpdateCapturePayment, Args: []any{request},
	}, &result)
	return result, err
}

// newUpdateID is of one call's own: the same update when it has to be sent again, another one when the caller asks again.
func newUpdateID(name string) string { return name + "-" + uuid.NewString() }

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

// object is a workflow about something at Stripe other than a payment: a refund, a dispute, a payout.
type object struct {
	id, kind, summary string
	input             any
	reference         booking.Reference // empty when it is not known yet
}

func (c *Client) objectOptions(o object) client.StartWorkflowOptions {
	options := client.StartWorkflowOptions{
		ID:                       o.id,
		TaskQueue:                c.taskQueue,
		WorkflowIDConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
		WorkflowIDReusePolicy:    enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
		WorkflowTaskTimeout:      5 * time.Second, // as in options
		StaticSummary:            o.summary,
	}
	if o.reference != "" {
		options.TypedSearchAttributes = temporal.NewSearchAttributes(SearchBookingReference.ValueSet(string(o.reference)))
	}
	return options
}

func (c *Client) deliver(ctx context.Context, o object, event StripeEvent) error {
	_, err := c.temporal.SignalWithStartWorkflow(ctx, o.id, SignalStripeEvent, event, c.objectOptions(o), o.kind, o.input)
	return err
}

// RefundSubject is the refund that a message is about: ours by its id, one from Stripe's dashboard by Stripe's.
type RefundSubject struct {
	RefundID       booking.RefundID
	StripeRefundID string
	Reference      booking.Reference
	Amount         booking.Money
	CorrelationID  string
}

func (s RefundSubject) object() object {
	id, summary := string(s.RefundID), fmt.Sprintf("%s · refund of %s · %s", s.Reference, s.Amount.Format(booking.LocaleEN), s.RefundID)
	input := RefundInput{RefundID: s.RefundID, CorrelationID: s.CorrelationID}
	if s.RefundID == "" {
		id, summary = s.StripeRefundID, fmt.Sprintf("%s · refund from the dashboard · %s", s.Reference, s.StripeRefundID)
		input = RefundInput{StripeRefundID: s.StripeRefundID, CorrelationID: s.CorrelationID}
	}
	return object{id: RefundWorkflowID(id), kind: TypeRefund, summary: summary, input: input, reference: s.Reference}
}

// StartRefund starts the refund's workflow, or leaves the one that runs. Harmless when repeated.
func (c *Client) StartRefund(ctx context.Context, s RefundSubject) error {
	o := s.object()
	_, err := c.temporal.ExecuteWorkflow(ctx, c.objectOptions(o), o.kind, o.input)
	return err
}

// DeliverRefundEvent tells the refund's workflow that Stripe has news, starting it again when it has ended.
func (c *Client) DeliverRefundEvent(ctx context.Context, s RefundSubject, event StripeEvent) error {
	return c.deliver(ctx, s.object(), event)
}

// DeliverChargeRefunded has the refunds of a payment looked for.
func (c *Client) DeliverChargeRefunded(ctx context.Context, reference booking.Reference, paymentIntentID, correlationID string, event StripeEvent) error {
	return c.deliver(ctx, object{
		id: ChargeRefundsID(paymentIntentID), kind: TypeChargeRefunds, summary: fmt.Sprintf("%s · refunds of %s", reference, paymentIntentID),
		input: ChargeRefundsInput{Reference: reference, PaymentIntentID: paymentIntentID, CorrelationID: correlationID}, reference: reference,
	}, event)
}

// DeliverDisputeEvent tells the dispute's workflow that Stripe has news, starting it when it does not run.
func (c *Client) DeliverDisputeEvent(ctx context.Context, disputeID string, reference booking.Reference, correlationID string, event StripeEvent) error {
	return c.deliver(ctx, object{
		id: DisputeWorkflowID(disputeID), kind: TypeDispute, summary: fmt.Sprintf("%s · dispute %s", reference, disputeID),
		input: DisputeInput{DisputeID: disputeID, CorrelationID: correlationID}, reference: reference,
	}, event)
}

// DeliverPayoutEvent tells the payout's workflow that Stripe has news, starting it when it does not run.
func (c *Client) DeliverPayoutEvent(ctx context.Context, payoutID string, event StripeEvent) error {
	return c.deliver(ctx, object{
		id: PayoutWorkflowID(payoutID), kind: TypePayout, summary: "Payout " + payoutID, input: PayoutInput{PayoutID: payoutID},
	}, event)
}

// SendMail starts the sending of a mail that no other workflow sends.
func (c *Client) SendMail(ctx context.Context, emailID uint64) error {
	o := mailObject(emailID)
	_, err := c.temporal.ExecuteWorkflow(ctx, c.objectOptions(o), o.kind, o.input)
	return err
}

func mailObject(emailID uint64) object {
	return object{id: fmt.Sprintf("%s:%d", TypeSendMail, emailID), kind: TypeSendMail, summary: "Send a mail again", input: SendMailInput{EmailID: emailID}}
}

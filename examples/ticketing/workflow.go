package ticketing

import (
	"errors"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

// BookingChanged is the signal that the shop's receiver of webhooks sends. It has no content: the workflow reads the booking.
const BookingChanged = "BookingChanged"

// Limits are how long the airline may take for a ticket, and for one attempt at it.
type Limits struct{ Ticket, Attempt time.Duration }

// UsualLimits leave an airline's night shift time to answer, and are far below the days that an authorisation lasts.
var UsualLimits = Limits{Ticket: 30 * time.Minute, Attempt: 30 * time.Second}

// The results of a sale.
const (
	Sold     = "sold"
	NotPaid  = "not paid"
	Released = "money released"
)

// Result is how a sale has ended.
type Result struct {
	Result, Reference string
	Ticket            string // of a sale
	Because           string // why there is no ticket
}

// WorkflowID is the id of the workflow of an order, so that an order is sold once.
func WorkflowID(order string) string { return "Sell:" + order }

// Sell sells the ticket of an order: it books, waits for the payment, has the ticket issued, and takes the money. If there is no ticket
// within the limits, or if Sell is cancelled before it has one, the order is voided at the airline, and then the money is let go.
func Sell(ctx workflow.Context, order string, limits Limits) (Result, error) {
	s := sale{order: order, limits: limits}
	var booked Booking
	if err := workflow.ExecuteActivity(untilDone(ctx), s.do.Book, order).Get(ctx, &booked); err != nil {
		return Result{}, err // nothing was booked, or the booking ends with its hold
	}
	s.reference = booked.Reference
	paid, err := s.awaitPayment(ctx)
	switch {
	case err != nil:
		return s.letGo(ctx, err)
	case !paid:
		return Result{Result: NotPaid, Reference: s.reference}, nil
	}
	ticket, err := s.issue(ctx)
	if err == nil {
		err = s.capture(ctx)
	}
	if err != nil {
		return s.letGo(ctx, err)
	}
	return Result{Result: Sold, Reference: s.reference, Ticket: ticket}, nil
}

type sale struct {
	do               *Activities // names the steps
	order, reference string
	limits           Limits
}

// awaitPayment reads the booking after each signal and after pollEvery, until it is paid or over.
func (s *sale) awaitPayment(ctx workflow.Context) (paid bool, err error) {
	changed := workflow.GetSignalChannel(ctx, BookingChanged)
	for {
		var now Booking
		if err := workflow.ExecuteActivity(untilDone(ctx), s.do.ReadBooking, s.reference).Get(ctx, &now); err != nil {
			return false, err
		}
		if now.Paid() || now.Over() {
			return now.Paid(), nil
		}
		if _, err := workflow.AwaitWithTimeout(ctx, pollEvery, func() bool { return changed.Len() > 0 }); err != nil {
			return false, err
		}
		for changed.ReceiveAsync(nil) { // one reading answers all signals
		}
	}
}

// issue has the ticket issued. At the limit it is not known what came of the last attempt, so the airline is asked.
func (s *sale) issue(ctx workflow.Context) (ticket string, err error) {
	err = workflow.ExecuteActivity(within(ctx, s.limits), s.do.IssueTicket, s.order).Get(ctx, &ticket)
	var late *temporal.TimeoutError
	if !errors.As(err, &late) {
		return ticket, err
	}
	unknown := workflow.ExecuteActivity(within(ctx, s.limits), s.do.FindTicket, s.order).Get(ctx, &ticket)
	if unknown != nil || ticket == "" {
		return "", err
	}
	return ticket, nil
}

// capture takes the money. It runs to its end when the workflow is cancelled: an interrupted capture may have taken the money, which a
// cancellation of the booking gives back under the refund policy only.
func (s *sale) capture(ctx workflow.Context) error {
	ctx, cancel := workflow.NewDisconnectedContext(ctx)
	defer cancel()
	return workflow.ExecuteActivity(untilDone(ctx), s.do.Capture, s.order, s.reference).Get(ctx, nil)
}

// letGo voids the order before its money goes back: a ticket that is issued late would otherwise be free. It runs to its end when the
// workflow is cancelled.
func (s *sale) letGo(ctx workflow.Context, cause error) (Result, error) {
	ctx, cancel := workflow.NewDisconnectedContext(ctx)
	defer cancel()
	ctx = untilDone(ctx)
	if err := workflow.ExecuteActivity(ctx, s.do.VoidOrder, s.order).Get(ctx, nil); err != nil {
		return Result{}, err
	}
	if err := workflow.ExecuteActivity(ctx, s.do.Cancel, s.order, s.reference).Get(ctx, nil); err != nil {
		return Result{}, err
	}
	return Result{Result: Released, Reference: s.reference, Because: because(cause)}, nil
}

// because is the cause for people.
func because(cause error) string {
	var refused *temporal.ApplicationError
	var late *temporal.TimeoutError
	switch {
	case errors.As(cause, &refused):
		return refused.Message()
	case errors.As(cause, &late):
		return "the airline took too long"
	}
	return cause.Error()
}

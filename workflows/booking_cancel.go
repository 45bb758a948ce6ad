package workflows

import (
	"fmt"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"farebook/activities"
	"farebook/booking"
	"farebook/money"
)

// CancelRequest is the argument of the update cancel-booking. Paid cancels a paid booking under the refund policy; without it, a
// booking that turns out to be paid stays as it is. ExpectedRefund is the quoted refund in minor units; nil accepts any.
type CancelRequest struct {
	Paid           bool   `json:"paid,omitempty"`
	ExpectedRefund *int64 `json:"expectedRefund,omitempty"`
}

// CancelResult answers the update cancel-booking. Percent, Refund and RefundID are set for a booking that was paid.
type CancelResult struct {
	BookingStatus booking.Status   `json:"bookingStatus"`
	Percent       int              `json:"percent,omitempty"`
	Refund        *money.Money     `json:"refund,omitempty"`
	RefundID      booking.RefundID `json:"refundId,omitempty"`
}

// validateCancel refuses a cancel that cannot succeed, before it is written to the history.
func (b *bookingPayment) validateCancel(_ workflow.Context, request CancelRequest) error {
	if !request.Paid && b.ready && b.status != booking.StatusPendingPayment && b.status != booking.StatusCancelled {
		return alreadySettled(b.status)
	}
	return nil
}

// cancelBooking asks the main loop to cancel and waits for the outcome. A repeated request gets the same answer. A cancel before
// payment that finds the booking paid is refused, because the caller did not agree to what the policy keeps.
func (b *bookingPayment) cancelBooking(ctx workflow.Context, request CancelRequest) (CancelResult, error) {
	if err := workflow.Await(ctx, func() bool { return b.ready }); err != nil {
		return CancelResult{}, err
	}
	if request.Paid && b.status != booking.StatusPendingPayment {
		return b.paidCancels.submit(ctx, request)
	}
	if b.payment == booking.PaymentUnknown && workflow.GetVersion(ctx, "refuse-cancel-of-unknown", workflow.DefaultVersion, 1) == 1 {
		b.woken = true // Stripe may report a known state by now
		return CancelResult{}, temporal.NewNonRetryableApplicationError(
			"the payment is in a state at Stripe that this version does not know, so it is not cancelled: an operator has to look at it",
			ErrorAlreadySettled, nil, string(b.status))
	}
	if b.status == booking.StatusPendingPayment {
		b.cancelsRequested++
		ticket := b.cancelsRequested
		if err := workflow.Await(ctx, func() bool { return b.cancelsHandled >= ticket }); err != nil {
			return CancelResult{}, err
		}
	}
	if b.status != booking.StatusCancelled {
		return CancelResult{}, alreadySettled(b.status)
	}
	return CancelResult{BookingStatus: b.status}, nil
}

// cancel handles all cancels before payment that were requested so far.
func (b *bookingPayment) cancel(ctx workflow.Context) error {
	requested := b.cancelsRequested
	err := b.close(ctx, "Cancel requested: cancel the PaymentIntent", "requested_by_customer", activities.ReasonCancelled)
	b.cancelsHandled = requested
	return err
}

// cancelPaid cancels a paid booking under the refund policy and starts the Refund workflow.
func (b *bookingPayment) cancelPaid(ctx workflow.Context, request CancelRequest) (CancelResult, error) {
	cancelling := step{"Cancel the paid booking under the refund policy", payments.CancelPaidBooking, moneyRetries}
	var cancelled activities.PaidBookingCancelled
	err := cancelling.run(ctx, activities.CancelPaidBookingInput{
		Reference: b.in.Reference, ExpectedRefund: request.ExpectedRefund,
	}, &cancelled)
	if err != nil {
		return CancelResult{}, err
	}
	b.status = cancelled.BookingStatus
	b.emails.send(ctx, cancelled.EmailIDs)
	if cancelled.RefundID != "" {
		if err := startRefunds(ctx, []booking.RefundID{cancelled.RefundID}, b.refunds, b.in.CorrelationID); err != nil {
			return CancelResult{}, err
		}
	}
	return CancelResult{
		BookingStatus: cancelled.BookingStatus, Percent: cancelled.Percent, Refund: &cancelled.Refund, RefundID: cancelled.RefundID,
	}, nil
}

func alreadySettled(status booking.Status) error {
	text := fmt.Sprintf("the booking is %s and can no longer be cancelled before payment", status)
	if status == booking.StatusPendingPayment {
		text = "the payment is being processed and cannot be cancelled now; ask again when it has settled"
	}
	return temporal.NewNonRetryableApplicationError(text, ErrorAlreadySettled, nil, string(status))
}

package workflows

import (
	"go.temporal.io/sdk/workflow"

	"farebook/activities"
	"farebook/booking"
)

func (b *bookingPayment) cancel(ctx workflow.Context) error {
	asked := b.cancelAsked
	err := b.close(ctx, "Cancel asked: cancel the PaymentIntent", "requested_by_customer", activities.ReasonCancelled)
	b.cancelHandled = asked
	return err
}

// cancelPaid cancels a paid booking under the refund policy, and starts the refund's own workflow.
func (b *bookingPayment) cancelPaid(ctx workflow.Context, request CancelRequest) (CancelResult, error) {
	cancelling := step{"Cancel the paid booking under the refund policy", payments.CancelPaidBooking, moneyPatience}
	var cancelled activities.PaidBookingCancelled
	err := cancelling.run(ctx, activities.CancelPaidBookingInput{
		Reference: b.in.Reference, ExpectedRefund: request.ExpectedRefund,
	}, &cancelled)
	if err != nil {
		return CancelResult{}, err
	}
	b.status = cancelled.BookingStatus
	b.mails.send(ctx, cancelled.EmailIDs)
	if cancelled.RefundID != "" {
		if err := startRefunds(ctx, []booking.RefundID{cancelled.RefundID}, b.refunds, b.in.CorrelationID); err != nil {
			return CancelResult{}, err
		}
	}
	return CancelResult{
		BookingStatus: cancelled.BookingStatus, Percent: cancelled.Percent, Refund: &cancelled.Refund, RefundID: cancelled.RefundID,
	}, nil
}

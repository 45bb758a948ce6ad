package api

import (
	"context"
	"errors"
	"time"

	"farebook/booking"
	"farebook/internal/failpoint"
	"farebook/money"
	"farebook/starter/dispatch"
	"farebook/starter/view"
	"farebook/store"
)

// cancelledPayment is what a cancellation does to one payment of a booking that has several.
type cancelledPayment struct {
	Reference string       `json:"reference" example:"FB-7K2M9QXA"`
	Purpose   string       `json:"purpose" enum:"booking,fare_difference,baggage,seat,other,unknown"`
	Status    string       `json:"status" doc:"A payment in the bank's hands, or disputed, is cancelled later: as soon as it is not." example:"cancelled"`
	Refund    *money.Money `json:"refund,omitempty"`
	RefundID  string       `json:"refundId,omitempty" example:"RF-7K2M9QXA"`
}

// supplementPatience is how long a cancellation waits for all further payments of its booking together.
const supplementPatience = 10 * time.Second

// endSupplements has the workflows of the further payments of a booking that has ended cancel them, and adds what came of it. Those that
// cannot be cancelled now, or whose workflow does not answer, are left to the sweeper.
func (a *api) endSupplements(ctx context.Context, ended store.Booking, body cancelledBody) (cancelledBody, error) {
	supplements, err := a.Store.SupplementsOf(ctx, ended)
	if err != nil || len(supplements) == 0 {
		return body, err
	}
	waiting, stop := context.WithTimeout(ctx, supplementPatience)
	defer stop()
	for _, supplement := range supplements {
		if supplement.CancelDueAt == nil || supplement.Status == booking.StatusDisputed { // settled, or left to the bank
			continue
		}
		failpoint.Hit("before-end-supplement")
		if err := a.Dispatch.EndSupplement(waiting, dispatch.BookingSubjectOf(supplement), a.Store.Now()); err != nil {
			a.Log.WarnContext(ctx, "further payment of a cancelled booking left to the sweeper", "reference", supplement.Reference, "error", err)
		}
		failpoint.Hit("after-end-supplement")
	}
	return a.withSupplements(ctx, ended, body)
}

// withSupplements adds the further payments to the answer about a cancelled booking: as they are in the books.
func (a *api) withSupplements(ctx context.Context, ended store.Booking, body cancelledBody) (cancelledBody, error) {
	ended, err := a.Store.Booking(ctx, ended.Reference)
	if err != nil {
		return body, err
	}
	supplements, err := a.Store.SupplementsOf(ctx, ended)
	if err != nil || len(supplements) == 0 {
		return body, err
	}
	total := money.Money{Currency: ended.Amount.Currency}
	if body.Refund != nil {
		total = *body.Refund
	}
	body.Payments = []cancelledPayment{{body.Reference, "booking", body.Status, body.Refund, body.RefundID}}
	for _, supplement := range supplements {
		one := cancelledPayment{
			Reference: string(supplement.Reference), Purpose: view.PurposeOf(*supplement.Supplement), Status: string(supplement.Status),
		}
		if with(ended, supplement) {
			before, err := a.cancelledBefore(ctx, supplement)
			if err != nil {
				return body, err
			}
			one.Refund, one.RefundID = before.Refund, before.RefundID
			total.Value += before.Refund.Value
		}
		body.Payments = append(body.Payments, one)
	}
	if total.Value > 0 || body.Refund != nil {
		body.Refund = &total
	}
	return body, nil
}

// with reports whether a further payment was cancelled with its booking, and not before it.
func with(ended, supplement store.Booking) bool {
	return supplement.CancelledAt != nil && (ended.CancelledAt == nil || !supplement.CancelledAt.Before(*ended.CancelledAt))
}

// quotedPayment is what a cancellation would give back of one payment of a booking that has several.
type quotedPayment struct {
	Reference string      `json:"reference" example:"FB-7K2M9QXA"`
	Purpose   string      `json:"purpose" enum:"booking,fare_difference,baggage,seat,other,unknown"`
	Refund    money.Money `json:"refund"`
	Kept      money.Money `json:"kept"`
}

// quotes are what a cancellation would refund now: of the booking, and of each of its paid further payments. One that is disputed, or not
// paid, is left out.
func (a *api) quotes(ctx context.Context, known store.Booking) (own, total booking.Quote, of []quotedPayment, err error) {
	in := store.Cancellation{Reference: known.Reference, Policy: a.Policy, Now: a.Store.Now()}
	own, err = a.Store.QuoteCancellation(ctx, in)
	if err != nil {
		return own, own, nil, err
	}
	supplements, err := a.Store.SupplementsOf(ctx, known)
	if err != nil || len(supplements) == 0 {
		return own, own, nil, err
	}
	total, of = own, []quotedPayment{{string(known.Reference), "booking", own.Refund, own.Kept}}
	for _, supplement := range supplements {
		in.Reference = supplement.Reference
		quote, err := a.Store.QuoteCancellation(ctx, in)
		var refused *store.NotCancellableError
		if errors.As(err, &refused) {
			continue
		}
		if err != nil {
			return own, total, of, err
		}
		total.Refund.Value += quote.Refund.Value
		total.Kept.Value += quote.Kept.Value
		of = append(of, quotedPayment{string(supplement.Reference), view.PurposeOf(*supplement.Supplement), quote.Refund, quote.Kept})
	}
	return own, total, of, nil
}

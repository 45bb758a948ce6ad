package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"farebook/access"
	"farebook/booking"
	"farebook/money"
	"farebook/starter/dispatch"
	"farebook/store"
	"farebook/workflows"
)

const cancelPath = bookingsPath + "/{reference}/cancel"

func (a *api) addCancel(spec huma.API) {
	register(a, spec, a.movesMoney(spec, a.action(spec, access.BookingsWrite, huma.Operation{
		OperationID: "cancel-booking", Path: cancelPath, Summary: "Cancel a booking",
		Description: "An unpaid booking is closed. For a paid one the refund policy decides what is refunded: ask for a quote first and send " +
			"it as `expectedRefund`, so that the booking is cancelled only for the refund that the customer agreed to. Cancelling twice gets " +
			"the same answer. " +
			"Cancelling an unpaid booking while it is being paid may be refused with 409: then it is paid, and can be cancelled under the policy.",
	})), a.cancelBooking)
}

// action is what POST operations share: an optional body unless the operation names one, and an optional Idempotency-Key unless the
// operation names its parameter.
func (a *api) action(spec huma.API, scope access.Scope, operation huma.Operation) huma.Operation {
	return a.actionBy(spec, operation, scope)
}

// actionBy is action for keys with one of several scopes.
func (a *api) actionBy(spec huma.API, operation huma.Operation, anyOf ...access.Scope) huma.Operation {
	if operation.Tags == nil {
		operation.Tags = []string{"Bookings"}
	}
	body := allowJSON(spec)
	if operation.RequestBody != nil {
		body = requireJSON(spec)
	}
	return a.guard(spec, asAction(spec, operation, body), anyOf...)
}

// asAction makes an operation a POST with an Idempotency-Key. The middlewares of more follow the check of the key.
func asAction(spec huma.API, operation huma.Operation, more ...func(huma.Context, func(huma.Context))) huma.Operation {
	operation.Method = http.MethodPost
	key := allowKey(spec)
	if operation.Parameters == nil {
		operation.Parameters = keyParameter(false)
	} else {
		key = requireKey(spec)
	}
	operation.Middlewares = append(huma.Middlewares{key}, more...)
	operation.Errors = []int{400, 404, 408, 409, 410, 413, 415, 422}
	operation.SkipValidateBody, operation.BodyReadTimeout, operation.MaxBodyBytes = true, -1, -1 // see addBookings
	return operation
}

// claimBooking claims a key for work on a booking, and writes who asks for what to the audit log.
func (a *api) claimBooking(ctx context.Context, known store.Booking, action store.Action,
	detail string,
) func(context.Context, store.IdempotencyKey) (store.Claim, error) {
	return a.claimOperation(string(known.Reference), store.AuditEntry{
		Actor: actorOf(ctx), Action: action, Subject: string(known.Reference), BookingID: &known.ID, Detail: detail,
	})
}

type actionInput struct {
	Reference string `path:"reference" doc:"The booking's reference." example:"FB-7K2M9QXA"`
	RawBody   []byte `contentType:"application/json"`
}

// cancelBody documents the request; decode_actions.go reads it.
type cancelBody struct {
	ExpectedRefund *amountBody `json:"expectedRefund,omitempty" doc:"The quoted refund. If the policy gives another amount now, nothing is cancelled."`
}

// cancelledBody answers POST .../cancel.
type cancelledBody struct {
	Reference string       `json:"reference" example:"FB-7K2M9QXA"`
	Status    string       `json:"status" example:"cancelled"`
	Percent   *int         `json:"percent,omitempty" doc:"For a paid booking: how much of the payment the policy refunds."`
	Refund    *money.Money `json:"refund,omitempty" doc:"For a paid booking: the refund of all its payments, which may be zero."`
	RefundID  string       `json:"refundId,omitempty" doc:"The refund's id." example:"RF-7K2M9QXA"`
	// Payments are left out where the booking has one payment.
	Payments []cancelledPayment `json:"payments,omitempty" doc:"What becomes of each payment of a booking that has several; refund is their sum."`
}

func (a *api) cancelBooking(ctx context.Context, in *actionInput) (*replayable[cancelledBody], error) {
	known, err := a.changeable(ctx, in.Reference)
	if err != nil {
		return nil, err
	}
	expected, err := decodeCancel(in.RawBody, known.Amount.Currency)
	if err != nil {
		return nil, err
	}
	return idempotent(withBooking(ctx, known), a, idempotentRequest[cancelledBody]{
		operation: "cancel-booking", subject: string(known.Reference), body: expected, status: http.StatusOK, points: actionPoints,
		claim: a.claimBooking(ctx, known, store.ActionBookingCancel, "was "+string(known.Status)),
		work:  func(ctx context.Context, _ string) (cancelledBody, error) { return a.cancel(ctx, known, expected) },
	})
}

// cancel asks the booking's workflow, which alone knows whether a payment is under way. A booking that is already closed is answered
// from the books, so that no workflow is started for it.
func (a *api) cancel(ctx context.Context, known store.Booking, expected *money.Money) (cancelledBody, error) {
	body := cancelledBody{Reference: string(known.Reference), Status: string(known.Status)}
	var request workflows.CancelRequest
	switch {
	case known.CancelledAt != nil:
		body, err := a.cancelledBefore(ctx, known)
		if err != nil {
			return body, err
		}
		return a.endSupplements(ctx, known, body)
	case known.Status == booking.StatusCancelled:
		return a.endSupplements(ctx, known, body)
	case known.Status == booking.StatusConfirmed, known.Status == booking.StatusPartiallyRefunded:
		request.Paid = true
		var err error
		if request.ExpectedRefund, err = a.expectedOf(ctx, known, expected); err != nil {
			return body, err
		}
	case known.Status.Final():
		return body, problem(ctx, http.StatusConflict, "not-cancellable", "Nothing was cancelled: the booking is "+string(known.Status)+".")
	}
	result, err := a.Dispatch.Cancel(ctx, dispatch.BookingSubjectOf(known), request)
	if err != nil {
		return body, needsWorkflow(workflows.BookingPaymentWorkflowID(known.Reference), err)
	}
	body.Status = string(result.BookingStatus)
	if request.Paid {
		body.Percent, body.Refund, body.RefundID = &result.Percent, result.Refund, string(result.RefundID)
	}
	return a.endSupplements(ctx, known, body)
}

// expectedOf is the part of the expected refund that is the booking's own. What is quoted for its further payments is compared here: their
// workflows cancel them, after the booking and by its percentage.
func (a *api) expectedOf(ctx context.Context, known store.Booking, expected *money.Money) (*int64, error) {
	if expected == nil || known.Supplements == 0 {
		return valueOf(expected), nil
	}
	own, total, _, err := a.quotes(ctx, known)
	if err != nil {
		return nil, err
	}
	if total.Refund.Value != expected.Value {
		return nil, &store.QuoteChangedError{Quote: total}
	}
	return &own.Refund.Value, nil
}

func valueOf(amount *money.Money) *int64 {
	if amount == nil {
		return nil
	}
	return &amount.Value
}

// cancelledBefore answers a repeated cancellation of a paid booking like the first one.
func (a *api) cancelledBefore(ctx context.Context, known store.Booking) (cancelledBody, error) {
	body := cancelledBody{
		Reference: string(known.Reference), Status: string(known.Status), Percent: known.CancelPercent,
		Refund: &money.Money{Currency: known.Amount.Currency},
	}
	refunds, err := a.Store.RefundsOf(ctx, known)
	for _, refund := range refunds {
		if refund.Origin == booking.RefundFromCancellation {
			body.Refund, body.RefundID = &refund.Amount, string(refund.ID)
		}
	}
	return body, err
}

// quoteBody answers GET .../cancellation-quote.
type quoteBody struct {
	Reference            string      `json:"reference" example:"FB-7K2M9QXA"`
	Refund               money.Money `json:"refund"`
	Kept                 money.Money `json:"kept" doc:"The part of the payment that is not refunded."`
	Percent              int         `json:"percent" doc:"The refund as a percentage of the payment."`
	HoursBeforeDeparture int         `json:"hoursBeforeDeparture"`
	Explanation          string      `json:"explanation"`
	// Payments are left out where the booking has one payment.
	Payments []quotedPayment `json:"payments,omitempty" doc:"Of each payment of a booking that has several; refund and kept are their sums."`
	Policy   []ruleBody      `json:"policy" nullable:"false" doc:"The longest time first. A cancellation later than the last rule gets no refund."`
}

type ruleBody struct {
	HoursBefore int `json:"hoursBefore" doc:"Applies this many hours before departure, or earlier."`
	Percent     int `json:"percent"`
}

type quoteOutput struct{ Body quoteBody }

func (a *api) getQuote(ctx context.Context, in *referenceInput) (*quoteOutput, error) {
	known, err := a.readable(ctx, in.Reference)
	if err != nil {
		return nil, err
	}
	_, quote, payments, err := a.quotes(ctx, known)
	if err != nil {
		return nil, err
	}
	body := quoteBody{
		Reference: string(known.Reference), Refund: quote.Refund, Kept: quote.Kept, Percent: quote.Percent,
		HoursBeforeDeparture: quote.HoursBeforeDeparture, Explanation: quote.Explanation, Payments: payments, Policy: []ruleBody{},
	}
	for _, rule := range a.Policy {
		body.Policy = append(body.Policy, ruleBody(rule))
	}
	return &quoteOutput{body}, nil
}

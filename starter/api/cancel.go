package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"go.temporal.io/sdk/temporal"

	"farebook/access"
	"farebook/booking"
	"farebook/money"
	"farebook/starter/subjects"
	"farebook/store"
	"farebook/workflows"
)

const cancelPath = "/v1/bookings/{reference}/cancel"

func (a *api) addCancel(spec huma.API) {
	huma.Register(spec, a.movesMoney(spec, a.action(spec, access.BookingsWrite, huma.Operation{
		OperationID: "cancel-booking", Path: cancelPath, Summary: "Cancel a booking",
		Description: "Before payment it is closed. After payment the refund policy says what goes back: ask for the quote before, and send it as " +
			"`expectedRefund`, so that nothing else happens than what the customer agreed to. Cancelling twice is answered twice the same. " +
			"A cancel of an unpaid booking that loses the race to a payment is refused with 409: the booking is paid, and can be cancelled under the policy.",
	})), a.cancelBooking)
}

// action is what the operations on a resource have in common: a body that may be left out unless the operation names one, and
// an idempotency key that may be given, or has to be where the operation names its parameter.
func (a *api) action(spec huma.API, scope access.Scope, operation huma.Operation) huma.Operation {
	operation.Method = http.MethodPost
	if operation.Tags == nil {
		operation.Tags = []string{"Bookings"}
	}
	key, body := takeKey(spec), allowJSON(spec)
	if operation.RequestBody != nil {
		body = requireJSON(spec)
	}
	if operation.Parameters == nil {
		operation.Parameters = keyParameter(false)
	} else {
		key = requireKey(spec)
	}
	operation.Middlewares = huma.Middlewares{key, body}
	operation.Errors = []int{400, 404, 408, 409, 413, 415, 422}
	operation.SkipValidateBody, operation.BodyReadTimeout, operation.MaxBodyBytes = true, -1, -1 // see addBookings
	return a.guard(spec, operation, scope)
}

func onBooking(ctx context.Context, operation string, known store.Booking, request any, action store.Action, detail string) task {
	return task{
		operation: operation, about: string(known.Reference), resource: string(known.Reference), request: request,
		asked: store.AuditEntry{Actor: actorOf(ctx), Action: action, Subject: string(known.Reference), BookingID: &known.ID, Detail: detail},
	}
}

type actionInput struct {
	Reference string `path:"reference" doc:"The booking's reference." example:"FB-7K2M9QXA"`
	RawBody   []byte `contentType:"application/json"`
}

// cancelBody documents the request; decode_actions.go reads it.
type cancelBody struct {
	ExpectedRefund *amountBody `json:"expectedRefund,omitempty" doc:"What you were quoted. If the policy gives something else now, nothing is cancelled."`
}

// cancelledBody answers POST .../cancel.
type cancelledBody struct {
	Reference string       `json:"reference" example:"FB-7K2M9QXA"`
	Status    string       `json:"status" example:"cancelled"`
	Percent   *int         `json:"percent,omitempty" doc:"Of a paid booking: what the policy gives back of the payment."`
	Refund    *money.Money `json:"refund,omitempty" doc:"Of a paid booking: what goes back, perhaps nothing."`
	RefundID  string       `json:"refundId,omitempty" doc:"Of that refund." example:"RF-7K2M9QXA"`
}

type cancelOutput struct {
	Replayed string `header:"Idempotent-Replayed" doc:"true when the key was known already."`
	Body     cancelledBody
}

func (a *api) cancelBooking(ctx context.Context, in *actionInput) (*cancelOutput, error) {
	ctx, cancel := context.WithTimeout(ctx, a.AnswerTimeout)
	defer cancel()
	known, err := a.changeable(ctx, in.Reference)
	if err != nil {
		return nil, err
	}
	expected, err := decodeCancel(in.RawBody, known.Amount.Currency)
	if err != nil {
		return nil, invalidBody(ctx, err)
	}
	ctx = withBooking(ctx, known)
	asked := onBooking(ctx, "cancel-booking", known, expected, store.ActionBookingCancel, "was "+string(known.Status))
	out := &cancelOutput{}
	replayed, err := a.once(ctx, asked, &out.Body, func(string) error {
		var err error
		out.Body, err = a.cancel(ctx, known, expected)
		return err
	})
	out.Replayed = replayedHeader(replayed)
	if err != nil {
		return nil, err
	}
	return out, nil
}

// cancel asks the booking's workflow, which alone knows whether a payment is on its way. A booking that is closed already
// is answered from the books, so that no workflow starts again for it.
func (a *api) cancel(ctx context.Context, known store.Booking, expected *money.Money) (cancelledBody, error) {
	body := cancelledBody{Reference: string(known.Reference), Status: string(known.Status)}
	var request workflows.CancelRequest
	switch {
	case known.CancelledAt != nil:
		return a.cancelledBefore(ctx, known)
	case known.Status == booking.StatusCancelled:
		return body, nil
	case known.Status == booking.StatusConfirmed, known.Status == booking.StatusPartiallyRefunded:
		request.Paid = true
		if expected != nil {
			request.ExpectedRefund = &expected.Value
		}
	case known.Status.Final():
		return body, notCancellable(ctx, "the booking is "+string(known.Status))
	}
	result, err := a.Dispatch.Cancel(ctx, subjects.Booking(known), request)
	if err != nil {
		return body, a.cancelFailed(ctx, known.Reference, err)
	}
	body.Status = string(result.BookingStatus)
	if request.Paid {
		body.Percent, body.Refund, body.RefundID = &result.Percent, result.Refund, string(result.RefundID)
	}
	return body, nil
}

func (a *api) cancelFailed(ctx context.Context, reference booking.Reference, err error) error {
	var refused *temporal.ApplicationError
	if errors.As(err, &refused) {
		switch refused.Type() {
		case workflows.ErrorAlreadySettled, workflows.ErrorNotCancellable:
			return notCancellable(ctx, refused.Message())
		case workflows.ErrorQuoteChanged:
			return problem(ctx, http.StatusConflict, "quote-changed", "Nothing was cancelled: "+refused.Message()+".",
				&huma.ErrorDetail{Location: "body.expectedRefund", Message: "is not what the policy gives now"})
		}
	}
	return a.workflowFailed(ctx, workflows.BookingPaymentWorkflowID(reference), err)
}

// cancelledBefore answers a repeated cancel of a paid booking as the first one was answered.
func (a *api) cancelledBefore(ctx context.Context, known store.Booking) (cancelledBody, error) {
	body := cancelledBody{
		Reference: string(known.Reference), Status: string(known.Status), Percent: known.CancelPercent,
		Refund: &money.Money{Currency: known.Amount.Currency},
	}
	refunds, err := a.Store.RefundsOf(ctx, known)
	if err != nil {
		return body, a.storeFailed(ctx, err)
	}
	for _, refund := range refunds {
		if refund.Origin == booking.RefundFromCancellation {
			body.Refund, body.RefundID = &refund.Amount, string(refund.ID)
		}
	}
	return body, nil
}

func notCancellable(ctx context.Context, why string) error {
	return problem(ctx, http.StatusConflict, "not-cancellable", "Nothing was cancelled: "+why+".")
}

// quoteBody answers GET .../cancellation-quote.
type quoteBody struct {
	Reference            string      `json:"reference" example:"FB-7K2M9QXA"`
	Refund               money.Money `json:"refund"`
	Kept                 money.Money `json:"kept" doc:"What of the payment is not given back."`
	Percent              int         `json:"percent" doc:"Of what was paid."`
	HoursBeforeDeparture int         `json:"hoursBeforeDeparture"`
	Explanation          string      `json:"explanation"`
	Policy               []ruleBody  `json:"policy" nullable:"false" doc:"The longest time first; who cancels later than the last rule gets nothing."`
}

type ruleBody struct {
	HoursBefore int `json:"hoursBefore" doc:"This long before departure, or longer."`
	Percent     int `json:"percent"`
}

type quoteOutput struct{ Body quoteBody }

func (a *api) getQuote(ctx context.Context, in *referenceInput) (*quoteOutput, error) {
	known, err := a.readable(ctx, in.Reference)
	if err != nil {
		return nil, err
	}
	quote, err := a.Store.QuoteCancellation(ctx, store.Cancellation{Reference: known.Reference, Policy: a.Policy, Now: a.Store.Now()})
	var refused *store.NotCancellable
	if errors.As(err, &refused) {
		return nil, problem(ctx, http.StatusConflict, "not-cancellable", fmt.Sprintf("There is no quote: %s.", refused.Why))
	}
	if err != nil {
		return nil, a.storeFailed(ctx, err)
	}
	body := quoteBody{
		Reference: string(known.Reference), Refund: quote.Refund, Kept: quote.Kept, Percent: quote.Percent,
		HoursBeforeDeparture: quote.HoursBeforeDeparture, Explanation: quote.Explanation, Policy: []ruleBody{},
	}
	for _, rule := range a.Policy {
		body.Policy = append(body.Policy, ruleBody(rule))
	}
	return &quoteOutput{body}, nil
}

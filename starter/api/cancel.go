package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"go.temporal.io/sdk/temporal"

	"farebook/booking"
	"farebook/starter/subjects"
	"farebook/store"
	"farebook/workflows"
)

const cancelPath = "/v1/bookings/{reference}/cancel"

func (a *api) addCancel(spec huma.API) {
	huma.Register(spec, a.action(spec, huma.Operation{
		OperationID: "cancel-booking", Path: cancelPath, Summary: "Cancel a booking",
		Description: "Before payment it is closed. After payment the refund policy says what goes back: ask for the quote before, and send it as " +
			"`expectedRefund`, so that nothing else happens than what the customer agreed to. Cancelling twice is answered twice the same. " +
			"A cancel of an unpaid booking that loses the race to a payment is refused with 409: the booking is paid, and can be cancelled under the policy.",
	}), a.cancelBooking)
}

// action is what the operations on a booking have in common: a body that may be left out, and a key that may be given.
func (a *api) action(spec huma.API, operation huma.Operation) huma.Operation {
	operation.Method, operation.Tags = http.MethodPost, []string{"Bookings"}
	operation.Security = []map[string][]string{{securityScheme: {}}}
	operation.Middlewares = huma.Middlewares{a.authenticate(spec), takeKey(spec), allowJSON(spec)}
	operation.Errors = []int{400, 401, 403, 404, 408, 409, 413, 415, 422, 500, 503}
	operation.Parameters = keyParameter(false)
	operation.SkipValidateBody, operation.BodyReadTimeout, operation.MaxBodyBytes = true, -1, -1 // see addBookings
	return operation
}

func onBooking(operation string, reference booking.Reference, request any) task {
	return task{operation: operation, about: string(reference), resource: string(reference), request: request}
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
	Reference string         `json:"reference" example:"FB-7K2M9QXA"`
	Status    string         `json:"status" example:"cancelled"`
	Percent   *int           `json:"percent,omitempty" doc:"Of a paid booking: what the policy gives back of the payment."`
	Refund    *booking.Money `json:"refund,omitempty" doc:"Of a paid booking: what goes back, perhaps nothing."`
	RefundID  string         `json:"refundId,omitempty" doc:"Of that refund." example:"RF-7K2M9QXA"`
}

type cancelOutput struct {
	Replayed string `header:"Idempotent-Replayed" doc:"true when the key was known already."`
	Body     cancelledBody
}

func (a *api) cancelBooking(ctx context.Context, in *actionInput) (*cancelOutput, error) {
	ctx, cancel := context.WithTimeout(ctx, a.AnswerTimeout)
	defer cancel()
	known, err := a.ownBooking(ctx, in.Reference)
	if err != nil {
		return nil, err
	}
	expected, err := decodeCancel(in.RawBody, known.Amount.Currency)
	if err != nil {
		return nil, invalidBody(ctx, err)
	}
	ctx = withBooking(ctx, known)
	out := &cancelOutput{}
	replayed, err := a.once(ctx, onBooking("cancel-booking", known.Reference, expected), &out.Body, func(string) error {
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
func (a *api) cancel(ctx context.Context, known store.Booking, expected *booking.Money) (cancelledBody, error) {
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
	result, err := a.Bookings.Cancel(ctx, subjects.Booking(known), request)
	if err != nil {
		return body, a.cancelFailed(ctx, err)
	}
	body.Status = string(result.BookingStatus)
	if request.Paid {
		body.Percent, body.Refund, body.RefundID = &result.Percent, result.Refund, string(result.RefundID)
	}
	return body, nil
}

func (a *api) cancelFailed(ctx context.Context, err error) error {
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
	return a.temporalFailed(ctx, err)
}

// cancelledBefore answers a repeated cancel of a paid booking as the first one was answered.
func (a *api) cancelledBefore(ctx context.Context, known store.Booking) (cancelledBody, error) {
	body := cancelledBody{
		Reference: string(known.Reference), Status: string(known.Status), Percent: known.CancelPercent,
		Refund: &booking.Money{Currency: known.Amount.Currency},
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
	Reference            string        `json:"reference" example:"FB-7K2M9QXA"`
	Refund               booking.Money `json:"refund"`
	Kept                 booking.Money `json:"kept" doc:"What of the payment is not given back."`
	Percent              int           `json:"percent" doc:"Of what was paid."`
	HoursBeforeDeparture int           `json:"hoursBeforeDeparture"`
	Explanation          string        `json:"explanation"`
	Policy               []ruleBody    `json:"policy" nullable:"false" doc:"The longest time first; who cancels later than the last rule gets nothing."`
}

type ruleBody struct {
	HoursBefore int `json:"hoursBefore" doc:"This long before departure, or longer."`
	Percent     int `json:"percent"`
}

type quoteOutput struct{ Body quoteBody }

func (a *api) getQuote(ctx context.Context, in *referenceInput) (*quoteOutput, error) {
	known, err := a.ownBooking(ctx, in.Reference)
	if err != nil {
		return nil, err
	}
	quote, err := a.Store.QuoteCancellation(ctx, store.Cancellation{Reference: known.Reference, Policy: a.Policy, Now: time.Now().UTC()})
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

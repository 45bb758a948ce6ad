package api

import (
	"context"
	"errors"
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

const capturePath = "/v1/bookings/{reference}/capture"

func (a *api) addCapture(spec huma.API) {
	huma.Register(spec, a.movesMoney(spec, a.action(spec, access.BookingsWrite, huma.Operation{
		OperationID: "capture-booking", Path: capturePath, Summary: "Capture an authorised payment",
		Description: "Of a booking that was made with `\"capture\": \"manual\"` and whose payment is authorised: all of it, or less, once. The booking " +
			"is confirmed then; what is not captured is let go. Capturing twice the same is answered twice the same.",
	})), a.captureBooking)
}

// captureBody documents the request; decode_actions.go reads it.
type captureBody struct {
	Amount *amountBody `json:"amount,omitempty" doc:"Left out: all that is authorised."`
}

// capturedBody answers POST .../capture.
type capturedBody struct {
	Reference     string `json:"reference" example:"FB-7K2M9QXA"`
	Status        string `json:"status" example:"confirmed"`
	PaymentStatus string `json:"paymentStatus" example:"succeeded"`
}

type captureOutput struct {
	Replayed string `header:"Idempotent-Replayed" doc:"true when the key was known already."`
	Body     capturedBody
}

func (a *api) captureBooking(ctx context.Context, in *actionInput) (*captureOutput, error) {
	ctx, cancel := context.WithTimeout(ctx, a.AnswerTimeout)
	defer cancel()
	known, err := a.changeable(ctx, in.Reference)
	if err != nil {
		return nil, err
	}
	amount, err := decodeCapture(in.RawBody, known.Amount)
	if err != nil {
		return nil, invalidBody(ctx, err)
	}
	ctx = withBooking(ctx, known)
	asked := onBooking(ctx, "capture-booking", known, amount, store.ActionBookingCapture, amount.Format(money.LocaleEN))
	out := &captureOutput{}
	replayed, err := a.once(ctx, asked, &out.Body, func(string) error {
		var err error
		out.Body, err = a.capture(ctx, known, amount)
		return err
	})
	out.Replayed = replayedHeader(replayed)
	if err != nil {
		return nil, err
	}
	return out, nil
}

// capture asks the booking's workflow. A booking whose payment is captured already is answered from the books; another
// amount than was captured is refused, as the rest was let go.
func (a *api) capture(ctx context.Context, known store.Booking, amount money.Money) (capturedBody, error) {
	body := capturedBody{Reference: string(known.Reference), Status: string(known.Status)}
	switch {
	case known.Capture != booking.CaptureManual:
		return body, notCapturable(ctx, `the booking was not made with "capture": "manual"`)
	case known.Payment != nil && known.Payment.Status == booking.PaymentSucceeded && known.Payment.AmountCaptured == amount.Value:
		body.PaymentStatus = string(known.Payment.Status)
		return body, nil
	case known.Payment != nil && known.Payment.Status == booking.PaymentSucceeded:
		return body, otherCaptured(ctx, known)
	case known.Status.Final():
		return body, notCapturable(ctx, "the booking is "+string(known.Status))
	}
	result, err := a.Dispatch.Capture(ctx, subjects.Booking(known), workflows.CaptureRequest{Amount: amount.Value})
	var refused *temporal.ApplicationError
	switch {
	case errors.As(err, &refused) && refused.Type() == workflows.ErrorNotAuthorized:
		return body, notCapturable(ctx, refused.Message())
	case err != nil:
		return body, a.workflowFailed(ctx, workflows.BookingPaymentWorkflowID(known.Reference), err)
	}
	body.Status, body.PaymentStatus = string(result.BookingStatus), string(result.PaymentStatus)
	return body, a.capturedAs(ctx, known.Reference, amount)
}

// capturedAs refuses when another request was faster with another amount.
func (a *api) capturedAs(ctx context.Context, reference booking.Reference, amount money.Money) error {
	known, err := a.Store.Booking(ctx, reference)
	switch {
	case err != nil:
		return a.storeFailed(ctx, err)
	case known.Payment.AmountCaptured != amount.Value:
		return otherCaptured(ctx, known)
	default:
		return nil
	}
}

func otherCaptured(ctx context.Context, known store.Booking) error {
	captured := money.Money{Value: known.Payment.AmountCaptured, Currency: known.Amount.Currency}
	return problem(ctx, http.StatusConflict, "not-capturable", "Another request has captured "+captured.Format(money.LocaleEN)+
		": a payment is captured once, and this one changed nothing.")
}

func notCapturable(ctx context.Context, why string) error {
	return problem(ctx, http.StatusConflict, "not-capturable", "Nothing was captured: "+why+".")
}

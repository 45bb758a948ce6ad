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

const capturePath = bookingsPath + "/{reference}/capture"

func (a *api) addCapture(spec huma.API) {
	register(a, spec, a.movesMoney(spec, a.action(spec, access.BookingsWrite, huma.Operation{
		OperationID: "capture-booking", Path: capturePath, Summary: "Capture an authorised payment",
		Description: "For a booking created with `\"capture\": \"manual\"` whose payment is authorised. Captures all of it or less, once, and " +
			"confirms the booking; " +
			"the rest of the authorisation is released. Capturing the same amount twice gets the same answer.",
	})), a.captureBooking)
}

// captureBody documents the request; decode_actions.go reads it.
type captureBody struct {
	Amount *amountBody `json:"amount,omitempty" doc:"Default: all that is authorised."`
}

// capturedBody answers POST .../capture.
type capturedBody struct {
	Reference     string `json:"reference" example:"FB-7K2M9QXA"`
	Status        string `json:"status" example:"confirmed"`
	PaymentStatus string `json:"paymentStatus" example:"succeeded"`
}

func (a *api) captureBooking(ctx context.Context, in *actionInput) (*replayable[capturedBody], error) {
	known, err := a.changeable(ctx, in.Reference)
	if err != nil {
		return nil, err
	}
	amount, err := decodeCapture(in.RawBody, known.Amount)
	if err != nil {
		return nil, err
	}
	return idempotent(withBooking(ctx, known), a, idempotentRequest[capturedBody]{
		operation: "capture-booking", subject: string(known.Reference), body: amount, status: http.StatusOK, points: actionPoints,
		claim: a.claimBooking(ctx, known, store.ActionBookingCapture, amount.Format(money.LocaleEN)),
		work:  func(ctx context.Context, _ string) (capturedBody, error) { return a.capture(ctx, known, amount) },
	})
}

// capture asks the booking's workflow. A payment that is already captured is answered from the books: another amount is refused,
// because the rest was released.
func (a *api) capture(ctx context.Context, known store.Booking, amount money.Money) (capturedBody, error) {
	body := capturedBody{Reference: string(known.Reference), Status: string(known.Status)}
	captured := known.Payment != nil && known.Payment.Status == booking.PaymentSucceeded
	switch {
	case known.Capture != booking.CaptureManual:
		return body, notCapturable(ctx, `the booking was not created with "capture": "manual"`)
	case captured:
		body.PaymentStatus = string(known.Payment.Status)
		return body, capturedAs(ctx, known, amount)
	case known.Status.Final():
		return body, notCapturable(ctx, "the booking is "+string(known.Status))
	}
	result, err := a.Dispatch.Capture(ctx, dispatch.BookingSubjectOf(known), workflows.CaptureRequest{Amount: amount.Value})
	if err != nil {
		return body, needsWorkflow(workflows.BookingPaymentWorkflowID(known.Reference), err)
	}
	body.Status, body.PaymentStatus = string(result.BookingStatus), string(result.PaymentStatus)
	now, err := a.Store.Booking(ctx, known.Reference)
	if err != nil {
		return body, err
	}
	return body, capturedAs(ctx, now, amount)
}

// capturedAs refuses when another request captured another amount first.
func capturedAs(ctx context.Context, known store.Booking, amount money.Money) error {
	if known.Payment.AmountCaptured == amount.Value {
		return nil
	}
	captured := money.Money{Value: known.Payment.AmountCaptured, Currency: known.Amount.Currency}
	return problem(ctx, http.StatusConflict, "not-capturable",
		"Nothing was captured: another request captured "+captured.Format(money.LocaleEN)+
			", and a payment is captured once.")
}

func notCapturable(ctx context.Context, why string) error {
	return problem(ctx, http.StatusConflict, "not-capturable", "Nothing was captured: "+why+".")
}

package api

import (
	"context"
	"errors"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"go.temporal.io/sdk/temporal"

	"farebook/booking"
	"farebook/internal/correlation"
	"farebook/store"
	"farebook/workflows"
)

type referenceInput struct {
	Reference string `path:"reference" doc:"The booking's reference." example:"FB-7K2M9QXA"`
}

func (a *api) addReads(spec huma.API) {
	operation := func(id, method, path, summary, description string, statuses ...int) huma.Operation {
		return huma.Operation{
			OperationID: id, Method: method, Path: path, Summary: summary, Description: description, Tags: []string{"Bookings"},
			Security:    []map[string][]string{{securityScheme: {}}},
			Middlewares: huma.Middlewares{a.authenticate(spec)},
			Errors:      append([]int{401, 404, 500, 503}, statuses...),
		}
	}
	huma.Register(spec, operation("get-booking", http.MethodGet, "/v1/bookings/{reference}", "Read a booking",
		"A booking is seen by the caller that made it; to others it does not exist."), a.getBooking)
	huma.Register(spec, operation("get-ledger", http.MethodGet, "/v1/bookings/{reference}/ledger", "Read a booking's ledger",
		"Every transaction in double entry, oldest first: debits equal credits in each, per currency."), a.getLedger)
	huma.Register(spec, operation("cancel-booking", http.MethodPost, "/v1/bookings/{reference}/cancel", "Cancel a booking before payment",
		"Cancelling twice is answered twice the same. A booking that is paid, or is being paid, is refused with 409.", 403, 409), a.cancelBooking)
}

type bookingOutput struct{ Body bookingView }

func (a *api) getBooking(ctx context.Context, in *referenceInput) (*bookingOutput, error) {
	known, err := a.ownBooking(ctx, in.Reference)
	if err != nil {
		return nil, err
	}
	return &bookingOutput{viewOf(known)}, nil
}

type ledgerOutput struct{ Body ledgerView }

func (a *api) getLedger(ctx context.Context, in *referenceInput) (*ledgerOutput, error) {
	known, err := a.ownBooking(ctx, in.Reference)
	if err != nil {
		return nil, err
	}
	transactions, err := a.Store.Ledger(ctx, known.Reference)
	if err != nil {
		return nil, a.storeFailed(ctx, err)
	}
	return &ledgerOutput{ledgerViewOf(known.Reference, transactions)}, nil
}

type cancelOutput struct {
	Body struct {
		Reference string `json:"reference" example:"FB-7K2M9QXA"`
		Status    string `json:"status" example:"cancelled"`
	}
}

// cancelBooking asks the booking's workflow, which alone knows whether a payment is on its way. A booking that is closed
// already is answered from the books, so that no workflow starts again for it.
func (a *api) cancelBooking(ctx context.Context, in *referenceInput) (*cancelOutput, error) {
	ctx, cancel := context.WithTimeout(ctx, a.AnswerTimeout)
	defer cancel()
	known, err := a.ownBooking(ctx, in.Reference)
	if err != nil {
		return nil, err
	}
	ctx = withBooking(ctx, known)
	status := known.Status
	if !status.Final() {
		result, err := a.Bookings.Cancel(ctx, subjectOf(known))
		var refused *temporal.ApplicationError
		switch {
		case errors.As(err, &refused) && refused.Type() == workflows.ErrorAlreadySettled:
			return nil, notCancellable(ctx, refused.Message())
		case err != nil:
			return nil, a.temporalFailed(ctx, err)
		}
		status = result.BookingStatus
	}
	if status != booking.StatusCancelled {
		return nil, notCancellable(ctx, "the booking is "+string(status)+" and can no longer be cancelled before payment")
	}
	out := &cancelOutput{}
	out.Body.Reference, out.Body.Status = string(known.Reference), string(status)
	return out, nil
}

func notCancellable(ctx context.Context, why string) error {
	return problem(ctx, http.StatusConflict, "not-cancellable", "Nothing was cancelled: "+why+".")
}

// ownBooking is the caller's booking. What is no reference at all, and another caller's, are answered alike: neither
// tells which references exist.
func (a *api) ownBooking(ctx context.Context, text string) (store.Booking, error) {
	reference, err := booking.ParseReference(text)
	if err != nil {
		return store.Booking{}, noSuchBooking(ctx)
	}
	known, err := a.Store.BookingOf(ctx, callerOf(ctx).ID, reference)
	if err != nil {
		return store.Booking{}, a.storeFailed(ctx, err)
	}
	return known, nil
}

func correlationOf(ctx context.Context) string { return correlation.From(ctx) }

// withBooking goes on under the booking's own correlation id: the one that its workflow, Stripe and its mails bear.
func withBooking(ctx context.Context, known store.Booking) context.Context {
	return correlation.With(ctx, known.CorrelationID)
}

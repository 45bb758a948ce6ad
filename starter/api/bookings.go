package api

import (
	"context"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"farebook/access"
	"farebook/booking"
	"farebook/internal/failpoint"
	"farebook/internal/tracing"
	"farebook/store"
)

const bookingsPath = "/v1/bookings"

func (a *api) addBookings(spec huma.API) {
	a.addReads(spec)
	a.addStory(spec)
	a.addCancel(spec)
	a.addCapture(spec)
	a.addPaymentLink(spec)
	a.addRefunds(spec)
	a.addSupplements(spec)
	a.addRefundAbandon(spec)
	a.addReconciliations(spec)
	register(a, spec, a.movesMoney(spec, a.guard(spec, huma.Operation{
		OperationID: "create-booking", Method: http.MethodPost, Path: bookingsPath, Tags: []string{"Bookings"},
		Summary: "Create a booking",
		Description: "Holds the booking and prepares its payment. Send the traveller to `payment.url`, or pay with Stripe.js and " +
			"`payment.clientSecret`, before `holdExpiresAt`.",
		DefaultStatus: http.StatusCreated,
		Middlewares:   huma.Middlewares{requireKey(spec), requireJSON(spec)},
		Errors:        []int{400, 408, 409, 410, 413, 415, 422},
		Parameters:    keyParameter(true),
		// decode.go reads the body, more strictly than encoding/json. readBody has received all of it by then, so that a deadline set
		// by huma could only end the answer.
		SkipValidateBody: true, BodyReadTimeout: -1, MaxBodyBytes: -1,
	}, access.BookingsWrite)), a.createBooking)
}

// requireJSON refuses a body that is not declared as JSON in UTF-8 (RFC 8259, 8.1), and a missing one.
func requireJSON(spec huma.API) func(huma.Context, func(huma.Context)) { return readJSON(spec, true) }

// allowJSON is requireJSON for an operation whose body may be left out.
func allowJSON(spec huma.API) func(huma.Context, func(huma.Context)) { return readJSON(spec, false) }

func readJSON(spec huma.API, required bool) func(huma.Context, func(huma.Context)) {
	return func(hctx huma.Context, next func(huma.Context)) {
		request, _ := humago.Unwrap(hctx)
		empty := request.ContentLength == 0
		switch {
		case empty && !required:
			next(hctx)
		case !isJSON(request.Header.Get("Content-Type")):
			refuse(spec, hctx, problem(hctx.Context(), http.StatusUnsupportedMediaType, "content-type",
				"Send Content-Type: application/json. Nothing was done.", headerField("Content-Type", "is not application/json in UTF-8")))
		case empty:
			_, err := parseStrict(nil) // huma's own text would not name the field
			refuse(spec, hctx, invalidRequest(hctx.Context(), err))
		default:
			next(hctx)
		}
	}
}

func isJSON(contentType string) bool {
	mediaType, parameters, err := mime.ParseMediaType(contentType)
	charset, given := parameters["charset"]
	return err == nil && mediaType == "application/json" && (!given || strings.EqualFold(charset, "utf-8"))
}

// bodyInput is the input of an operation without path parameters. The decode files read the body.
type bodyInput struct {
	RawBody []byte `contentType:"application/json"`
}

// createBooking reserves the booking under its key and has its workflow create the PaymentIntent. The stored answer never has the
// client secret. The first answer has it from the creation if that happened in this process; every other answer reads it at Stripe.
func (a *api) createBooking(ctx context.Context, in *bodyInput) (*replayable[bookedBody], error) {
	took := stopwatch()
	now := a.Store.Now().Truncate(time.Microsecond) // the precision of DATETIME(6)
	request, err := decodeBooking(in.RawBody)
	if err != nil {
		// No key was ever accepted with such a body, so that errors of meaning can be reported at once.
		return nil, joinFields(err, request.Validate(now))
	}
	var reserved store.Booking
	var fresh bool    // this request has made the booking
	var done prepared // zero for a request that only replays an answer
	out, err := idempotent(ctx, a, idempotentRequest[bookedBody]{
		operation: store.OperationCreateBooking, body: request, status: http.StatusCreated, points: bookingPoints,
		claim: func(ctx context.Context, key store.IdempotencyKey) (store.Claim, error) {
			reservation, err := a.reserve(ctx, store.NewBooking{
				Caller: key.Caller, IdempotencyKey: key.Key, RequestHash: key.Hash, Lease: key.Lease, Known: key.Known, Request: request,
				CorrelationID: correlationOf(ctx), TraceParent: tracing.Parent(ctx), Now: now,
			})
			reserved, fresh = reservation.Booking, reservation.New
			return reservation.Claim, err
		},
		work: func(ctx context.Context, _ string) (body bookedBody, err error) {
			ctx = withBooking(ctx, reserved)
			body, done, err = a.preparePayment(ctx, reserved, fresh)
			return body, a.problemOf(ctx, err)
		},
		kept: func() bool { return done.answerKept },
	})
	if err != nil {
		return nil, err
	}
	out.Body.Payment.ClientSecret, err = a.secretOf(withBooking(ctx, reserved), done, out.Body.Payment.PaymentIntentID)
	out.Body.Payment.URL = a.paymentURL(out.Body.Reference, out.Body.HoldExpiresAt)
	if err == nil && out.Replayed == "" {
		a.counts.ClientSecret(took())
	}
	return out, err
}

// secretOf is the client secret that the first step has handed to this request, or that Stripe has.
func (a *api) secretOf(ctx context.Context, done prepared, paymentIntentID string) (secret string, err error) {
	if done.clientSecret != "" && done.Payment.PaymentIntentID == paymentIntentID {
		return done.clientSecret, nil
	}
	_, secret, err = a.Stripe.PaymentIntent(ctx, paymentIntentID)
	return secret, err
}

// reserve writes key and booking, or finds what was written. A known key is answered even when its body is no longer valid, for
// example because the flight has departed. Only a new key is refused for an invalid body.
func (a *api) reserve(ctx context.Context, in store.NewBooking) (store.Reservation, error) {
	invalid := in.Request.Validate(in.Now)
	if invalid == nil {
		var hold booking.Hold
		hold, invalid = a.Holds.HoldFor(in.Request, in.Now, a.HoldMinute)
		in.HoldExpiresAt, in.Methods = hold.Expires, hold.Methods
	}
	if invalid == nil {
		in.Revenue, invalid = a.Revenue.RevenueOf(in.Request)
	}
	if invalid == nil {
		invalid = a.checkReturnURL(ctx, in.Caller, in.Request.ReturnURL)
	}
	if invalid == nil {
		return a.Store.ReserveBooking(ctx, in)
	}
	reservation, err := a.Store.KnownReservation(ctx, in)
	var conflict *store.IdempotencyConflictError
	if errors.Is(err, store.ErrNotFound) || errors.As(err, &conflict) {
		return store.Reservation{}, invalid
	}
	return reservation, err
}

// preparePayment has the booking's workflow create the PaymentIntent. The client secret is empty if it has to be read at Stripe.
func (a *api) preparePayment(ctx context.Context, reserved store.Booking, fresh bool) (bookedBody, prepared, error) {
	known, err := a.firstStep(ctx, reserved, fresh)
	if err != nil {
		return bookedBody{}, prepared{}, err
	}
	failpoint.Hit("api-after-start")
	if known.Payment == nil {
		return bookedBody{}, prepared{}, &finalRefusalError{problem(ctx, http.StatusUnprocessableEntity, "payment-refused", fmt.Sprintf(
			"Booking %s is %s: Stripe refused its payment for good, or gave no answer until the hold ended. Check amount and currency, and "+
				"book again with a new Idempotency-Key.",
			known.Reference, known.Status))}
	}
	return bookedBodyOf(known.Booking), known, nil
}

// bookedBodyOf is the answer about a booking that has its PaymentIntent, without the client secret.
func bookedBodyOf(known store.Booking) bookedBody {
	return bookedBody{
		Reference:     string(known.Reference),
		Status:        string(known.Status),
		HoldExpiresAt: known.HoldExpiresAt,
		Payment:       bookedPaymentBody{PaymentIntentID: known.Payment.PaymentIntentID, Status: string(known.Payment.Status)},
	}
}

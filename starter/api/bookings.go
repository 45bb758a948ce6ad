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
	"farebook/starter/subjects"
	"farebook/store"
	"farebook/workflows"
)

func (a *api) addBookings(spec huma.API) {
	a.addReads(spec)
	a.addCancel(spec)
	a.addCapture(spec)
	a.addRefunds(spec)
	a.addRefundAbandon(spec)
	a.addReconciliations(spec)
	huma.Register(spec, a.movesMoney(spec, a.guard(spec, huma.Operation{
		OperationID: "create-booking", Method: http.MethodPost, Path: "/v1/bookings", Tags: []string{"Bookings"},
		Summary:       "Take a booking",
		Description:   "Holds the booking and prepares its payment. Pay with Stripe.js and `payment.clientSecret` until `holdExpiresAt`.",
		DefaultStatus: http.StatusCreated,
		Middlewares:   huma.Middlewares{requireKey(spec), requireJSON(spec)},
		Errors:        []int{400, 408, 409, 413, 415, 422},
		Parameters:    keyParameter(true),
		// Bodies are read by decode.go, stricter than encoding/json; readBody has taken them in already, so that a
		// deadline of huma's would only end the answer.
		SkipValidateBody: true, BodyReadTimeout: -1, MaxBodyBytes: -1,
	}, access.BookingsWrite)), a.createBooking)
}

type createInput struct {
	RawBody []byte `contentType:"application/json"`
}

type createOutput struct {
	Status   int
	Replayed string `header:"Idempotent-Replayed" doc:"true when the key was known already."`
	Body     bookedBody
}

// requireJSON refuses a body that does not say that it is JSON in UTF-8 (RFC 8259, 8.1), allowJSON lets none pass, too.
func requireJSON(spec huma.API) func(huma.Context, func(huma.Context)) { return readJSON(spec, true) }

func allowJSON(spec huma.API) func(huma.Context, func(huma.Context)) { return readJSON(spec, false) }

func readJSON(spec huma.API, required bool) func(huma.Context, func(huma.Context)) {
	return func(hctx huma.Context, next func(huma.Context)) {
		request, _ := humago.Unwrap(hctx)
		if request.ContentLength == 0 && !required {
			next(hctx)
			return
		}
		if isJSON(request.Header.Get("Content-Type")) {
			if request.ContentLength == 0 {
				_, err := parseStrict(nil) // huma's own words for it would not name the field
				refuse(spec, hctx, invalidBody(hctx.Context(), err))
				return
			}
			next(hctx)
			return
		}
		refuse(spec, hctx, problem(hctx.Context(), http.StatusUnsupportedMediaType, "content-type",
			"Send Content-Type: application/json. Nothing was done.", headerField("Content-Type", "is not application/json in UTF-8")))
	}
}

func isJSON(contentType string) bool {
	mediaType, parameters, err := mime.ParseMediaType(contentType)
	charset, given := parameters["charset"]
	return err == nil && mediaType == "application/json" && (!given || strings.EqualFold(charset, "utf-8"))
}

// createBooking may die between any two steps: the caller asks again with the same key, and each step finds what was
// done already.
func (a *api) createBooking(ctx context.Context, body *createInput) (*createOutput, error) {
	ctx, cancel := context.WithTimeout(ctx, a.AnswerTimeout)
	defer cancel()
	now := a.Store.Now().Truncate(time.Microsecond) // as exact as a DATETIME(6)
	request, err := decodeBooking(body.RawBody)
	if err != nil {
		// Never taken under any key, now or before: so what the values mean is said beside it.
		return nil, invalidBody(ctx, joinFields(err, request.Validate(now)))
	}
	in, key, err := a.newBooking(ctx, request, now)
	if err != nil {
		return nil, err
	}
	var reservation store.Reservation
	err = a.awaitTurn(ctx, func() (bool, error) {
		var err error
		reservation, err = a.reserve(ctx, in)
		return reservation.InProgress, err
	})
	if err != nil {
		return nil, err
	}
	failpoint.Hit("api-after-reserve")
	if reservation.Answer != nil {
		return a.answer(ctx, reservation.Claim)
	}
	ctx = withBooking(ctx, reservation.Booking)
	end := a.atWork(ctx, key)
	claim, err := a.prepareAnswer(ctx, key, reservation.Booking)
	end(err == nil)
	if err != nil {
		return nil, err
	}
	claim.Replayed = reservation.Replayed
	return a.answer(ctx, claim)
}

// reserve writes key and booking, or finds what was written. A request that is not valid may have been: its flight has
// departed since. So a key that is known goes before what is wrong now, and only a new one is refused for it.
func (a *api) reserve(ctx context.Context, in store.NewBooking) (store.Reservation, error) {
	invalid := in.Request.Validate(in.Now)
	if invalid == nil {
		var hold booking.Hold
		hold, invalid = a.Holds.HoldFor(in.Request, in.Now, a.HoldMinute)
		in.HoldExpiresAt, in.Methods = hold.Expires, hold.Methods
	}
	if invalid == nil {
		reservation, err := a.Store.ReserveBooking(ctx, in)
		if err != nil {
			return store.Reservation{}, a.storeFailed(ctx, err)
		}
		return reservation, nil
	}
	reservation, err := a.Store.KnownReservation(ctx, in)
	var conflict *store.IdempotencyConflict
	switch {
	case errors.Is(err, store.ErrNotFound), errors.As(err, &conflict):
		return store.Reservation{}, invalidBody(ctx, invalid)
	case err != nil:
		return store.Reservation{}, a.storeFailed(ctx, err)
	}
	return reservation, nil
}

// newBooking is what the store is asked for, with its key.
func (a *api) newBooking(ctx context.Context, request booking.Request, now time.Time) (store.NewBooking, store.IdempotencyKey, error) {
	key, _, err := a.keyOf(ctx, store.OperationCreateBooking, "", request)
	return store.NewBooking{
		Caller:         key.Caller,
		IdempotencyKey: key.Key,
		RequestHash:    key.Hash,
		Lease:          key.Lease,
		Request:        request,
		CorrelationID:  correlationOf(ctx),
		Now:            now,
	}, key, err
}

// prepareAnswer has the workflow make the PaymentIntent and stores what is answered. The first answer to a key wins.
func (a *api) prepareAnswer(ctx context.Context, key store.IdempotencyKey, reserved store.Booking) (store.Claim, error) {
	ready, err := a.Dispatch.AwaitPaymentIntent(ctx, subjects.Booking(reserved))
	if err != nil {
		return store.Claim{}, a.workflowFailed(ctx, workflows.BookingPaymentWorkflowID(reserved.Reference), err)
	}
	failpoint.Hit("api-after-start")
	known, err := a.Store.Booking(ctx, reserved.Reference)
	if err != nil {
		return store.Claim{}, a.storeFailed(ctx, err)
	}
	if known.Payment == nil && ready.PaymentIntentID != "" {
		if known, err = a.remind(ctx, known); err != nil {
			return store.Claim{}, err
		}
	}
	status, body := answerOf(ctx, known)
	failpoint.Hit("api-before-answer-stored")
	claim, err := a.keep(ctx, key, status, body)
	if err != nil {
		return store.Claim{}, err
	}
	failpoint.Hit("api-after-answer-stored")
	return claim, nil
}

// remind has a workflow of before a restore of the database write the PaymentIntent to the books, which have forgotten it.
func (a *api) remind(ctx context.Context, forgotten store.Booking) (store.Booking, error) {
	if err := a.Dispatch.RecordPayment(ctx, subjects.Booking(forgotten)); err != nil {
		return forgotten, a.workflowFailed(ctx, workflows.BookingPaymentWorkflowID(forgotten.Reference), err)
	}
	known, err := a.Store.Booking(ctx, forgotten.Reference)
	if err != nil {
		return forgotten, a.storeFailed(ctx, err)
	}
	return known, nil
}

// answerOf is what is stored: without the client secret.
func answerOf(ctx context.Context, known store.Booking) (int, any) {
	if known.Payment == nil {
		return http.StatusUnprocessableEntity, problem(ctx, http.StatusUnprocessableEntity, "payment-refused",
			fmt.Sprintf("The payment of booking %s was refused for good, its status is %s. Check amount and currency, and book again with a new Idempotency-Key.",
				known.Reference, known.Status))
	}
	return http.StatusCreated, bookedBody{
		Reference:     string(known.Reference),
		Status:        string(known.Status),
		HoldExpiresAt: known.HoldExpiresAt,
		Payment: bookedPaymentBody{
			PaymentIntentID: known.Payment.PaymentIntentID,
			Status:          string(known.Payment.Status),
		},
	}
}

// answer gives a stored answer, with the client secret as Stripe has it now.
func (a *api) answer(ctx context.Context, claim store.Claim) (*createOutput, error) {
	out := &createOutput{Status: claim.AnswerStatus, Replayed: replayedHeader(claim.Replayed)}
	if err := a.replay(ctx, claim, &out.Body); err != nil {
		return nil, err
	}
	_, secret, err := a.Stripe.PaymentIntent(ctx, out.Body.Payment.PaymentIntentID)
	if err != nil {
		return nil, a.stripeFailed(ctx, err)
	}
	out.Body.Payment.ClientSecret = secret
	return out, nil
}

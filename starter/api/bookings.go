package api

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"farebook/booking"
	"farebook/internal/failpoint"
	"farebook/store"
	"farebook/workflows"
)

const (
	idempotencyHeader = "Idempotency-Key"
	// maxIdempotencyKey, in bytes, is Stripe's own bound.
	maxIdempotencyKey = 255
)

func (a *api) addBookings(spec huma.API) {
	a.addReads(spec)
	huma.Register(spec, huma.Operation{
		OperationID: "create-booking", Method: http.MethodPost, Path: "/v1/bookings", Tags: []string{"Bookings"},
		Summary:       "Take a booking",
		Description:   "Holds the booking and prepares its payment. Pay with Stripe.js and `payment.clientSecret` until `holdExpiresAt`.",
		DefaultStatus: http.StatusCreated,
		Security:      []map[string][]string{{securityScheme: {}}},
		Middlewares:   huma.Middlewares{a.authenticate(spec), requireKey(spec), requireJSON(spec)},
		Errors:        []int{400, 401, 403, 408, 413, 415, 422, 500, 503},
		Parameters: []*huma.Param{{
			Name: idempotencyHeader, In: "header", Required: true, Description: "Chosen by you, one for each booking, at most 255 bytes.",
			Schema: &huma.Schema{Type: "string", MinLength: new(1), MaxLength: new(maxIdempotencyKey)}, Example: "checkout-5f1c2a",
		}},
		// Bodies are read by decode.go, stricter than encoding/json; readBody has taken them in already, so that a
		// deadline of huma's would only end the answer.
		SkipValidateBody: true, BodyReadTimeout: -1, MaxBodyBytes: -1,
	}, a.createBooking)
}

type createInput struct {
	RawBody []byte `contentType:"application/json"`
}

type createOutput struct {
	Status   int
	Replayed string `header:"Idempotent-Replayed" doc:"true when the key was known already."`
	Body     bookedBody
}

type idempotencyKey struct{}

// requireKey refuses a request without exactly one usable Idempotency-Key.
func requireKey(spec huma.API) func(huma.Context, func(huma.Context)) {
	return func(hctx huma.Context, next func(huma.Context)) {
		request, _ := humago.Unwrap(hctx)
		values := request.Header.Values(idempotencyHeader)
		var wrong string
		switch {
		case len(values) == 0 || values[0] == "":
			wrong = "is missing or empty"
		case len(values) > 1:
			wrong = "is there more than once"
		case len(values[0]) > maxIdempotencyKey:
			wrong = fmt.Sprintf("is longer than %d bytes", maxIdempotencyKey)
		case !utf8.ValidString(values[0]):
			wrong = "is not UTF-8"
		default:
			next(huma.WithValue(hctx, idempotencyKey{}, values[0]))
			return
		}
		refuse(spec, hctx, problem(hctx.Context(), http.StatusBadRequest, "idempotency-key",
			"Send one Idempotency-Key of 1 to 255 bytes, a new one for each booking. Nothing was booked.", headerField(idempotencyHeader, wrong)))
	}
}

// requireJSON refuses a body that does not say that it is JSON in UTF-8 (RFC 8259, 8.1).
func requireJSON(spec huma.API) func(huma.Context, func(huma.Context)) {
	return func(hctx huma.Context, next func(huma.Context)) {
		request, _ := humago.Unwrap(hctx)
		mediaType, parameters, err := mime.ParseMediaType(request.Header.Get("Content-Type"))
		charset, given := parameters["charset"]
		if err == nil && mediaType == "application/json" && (!given || strings.EqualFold(charset, "utf-8")) {
			if request.ContentLength == 0 {
				_, err := parseStrict(nil) // huma's own words for it would not name the field
				refuse(spec, hctx, invalidBody(hctx.Context(), err))
				return
			}
			next(hctx)
			return
		}
		refuse(spec, hctx, problem(hctx.Context(), http.StatusUnsupportedMediaType, "content-type",
			"Send Content-Type: application/json. Nothing was booked.", headerField("Content-Type", "is not application/json in UTF-8")))
	}
}

// createBooking may die between any two steps: the caller asks again with the same key, and each step finds what was
// done already.
func (a *api) createBooking(ctx context.Context, body *createInput) (*createOutput, error) {
	ctx, cancel := context.WithTimeout(ctx, a.AnswerTimeout)
	defer cancel()
	now := time.Now().UTC().Truncate(time.Microsecond) // as exact as a DATETIME(6)
	request, err := decodeBooking(body.RawBody)
	if err != nil {
		return nil, invalidBody(ctx, err)
	}
	in, err := a.newBooking(ctx, request, now)
	if err != nil {
		return nil, a.bug(ctx, "the request cannot be hashed", err)
	}
	reservation, err := a.reserve(ctx, in)
	if err != nil {
		return nil, err
	}
	failpoint.Hit("api-after-reserve")
	ctx = withBooking(ctx, reservation.Booking)
	status, answer := reservation.AnswerStatus, reservation.Answer
	if answer == nil {
		if status, answer, err = a.prepareAnswer(ctx, reservation.Booking); err != nil {
			return nil, err
		}
	}
	return a.answer(ctx, status, answer, reservation.Replayed)
}

// reserve writes key and booking, or finds what was written. A request that is not valid may have been: its flight has
// departed since. So a key that is known goes before what is wrong now, and only a new one is refused for it.
func (a *api) reserve(ctx context.Context, in store.NewBooking) (store.Reservation, error) {
	invalid := in.Request.Validate(in.Now)
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

// newBooking is what the store is asked for. The hash is of the request as it was understood, so that white space, the
// order of fields and a default that is spelled out make no other body.
func (a *api) newBooking(ctx context.Context, request booking.Request, now time.Time) (store.NewBooking, error) {
	canonical, err := json.Marshal(request)
	if err != nil {
		return store.NewBooking{}, err
	}
	key, _ := ctx.Value(idempotencyKey{}).(string)
	return store.NewBooking{
		APIKeyID:       callerOf(ctx).ID,
		IdempotencyKey: key,
		RequestHash:    sha256.Sum256(canonical),
		Request:        request,
		HoldExpiresAt:  now.Add(time.Duration(request.HoldMinutes) * a.HoldMinute),
		CorrelationID:  correlationOf(ctx),
		Now:            now,
	}, nil
}

// prepareAnswer has the workflow make the PaymentIntent and stores what is answered. The first answer to a key wins.
func (a *api) prepareAnswer(ctx context.Context, reserved store.Booking) (int, []byte, error) {
	if _, err := a.Bookings.AwaitPaymentIntent(ctx, subjectOf(reserved)); err != nil {
		return 0, nil, a.temporalFailed(ctx, err)
	}
	failpoint.Hit("api-after-start")
	known, err := a.Store.Booking(ctx, reserved.Reference)
	if err != nil {
		return 0, nil, a.storeFailed(ctx, err)
	}
	status, body := answerOf(ctx, known)
	text, err := json.Marshal(body)
	if err != nil {
		return 0, nil, a.bug(ctx, "the answer cannot be written", err)
	}
	failpoint.Hit("api-before-answer-stored")
	key, _ := ctx.Value(idempotencyKey{}).(string)
	status, text, err = a.Store.StoreAnswer(ctx, callerOf(ctx).ID, key, status, text)
	if err != nil {
		return 0, nil, a.storeFailed(ctx, err)
	}
	failpoint.Hit("api-after-answer-stored")
	return status, text, nil
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
func (a *api) answer(ctx context.Context, status int, stored []byte, replayed bool) (*createOutput, error) {
	if status != http.StatusCreated {
		model := &huma.ErrorModel{}
		if err := json.Unmarshal(stored, model); err != nil {
			return nil, a.bug(ctx, "the stored answer cannot be read", err)
		}
		if replayed {
			return nil, huma.ErrorWithHeaders(model, http.Header{"Idempotent-Replayed": {"true"}})
		}
		return nil, model
	}
	out := &createOutput{Status: status}
	if err := json.Unmarshal(stored, &out.Body); err != nil {
		return nil, a.bug(ctx, "the stored answer cannot be read", err)
	}
	_, secret, err := a.Stripe.PaymentIntent(ctx, out.Body.Payment.PaymentIntentID)
	if err != nil {
		return nil, a.stripeFailed(ctx, err)
	}
	out.Body.Payment.ClientSecret = secret
	if replayed {
		out.Replayed = "true"
	}
	return out, nil
}

// subjectOf is what Temporal may know of a booking.
func subjectOf(b store.Booking) workflows.Subject {
	return workflows.Subject{
		Reference: b.Reference, HoldExpiresAt: b.HoldExpiresAt, CorrelationID: b.CorrelationID,
		Amount: b.Amount, Flight: b.Flight,
	}
}

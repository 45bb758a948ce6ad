package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"farebook/access"
	"farebook/booking"
	"farebook/internal/tracing"
	"farebook/money"
	"farebook/store"
)

const bookingPaymentsPath = bookingsPath + "/{reference}/payments"

func (a *api) addSupplements(spec huma.API) {
	register(a, spec, a.movesMoney(spec, a.action(spec, access.BookingsWrite, huma.Operation{
		OperationID: "create-payment", Path: bookingPaymentsPath, Summary: "Ask for a further payment of a booking",
		Description: "For a fare difference, baggage or a seat, on a booking that is paid or authorised and not cancelled. It is paid like a " +
			"booking, with Stripe.js and `payment.clientSecret` before `holdExpiresAt`, and has its own reference: read, capture, cancel " +
			"and refund it apart under that reference. It shares customer, flight and currency of its booking. Cancelling the booking " +
			"cancels it as well: what was paid is refunded by the same percentage.",
		DefaultStatus: http.StatusCreated,
		Parameters:    keyParameter(true),
		RequestBody:   &huma.RequestBody{Required: true},
	})), a.createSupplement)
}

// supplementBody documents the request; decodeSupplement reads it.
type supplementBody struct {
	Amount      amountBody     `json:"amount" doc:"In the booking's currency."`
	Purpose     string         `json:"purpose" enum:"fare_difference,baggage,seat,other" example:"baggage"`
	Description string         `json:"description,omitempty" maxLength:"200" doc:"One line for the customer and your staff. Required for the purpose other." example:"one bag of 23 kg"`
	HoldMinutes int            `json:"holdMinutes,omitempty" minimum:"1" maximum:"1440" default:"30" doc:"How many minutes it can be paid." example:"30"`
	Capture     string         `json:"capture,omitempty" enum:"automatic,manual" default:"automatic" doc:"manual only authorises the payment: capture it under its own reference." example:"automatic"`
	Breakdown   *breakdownBody `json:"breakdown,omitempty" doc:"As for a booking: only for a seller who is the airline's agent."`
}

// supplementedBody answers POST .../payments. It is stored without the client secret.
type supplementedBody struct {
	Reference     string            `json:"reference" doc:"Its own." example:"FB-7K2M9QXA"`
	SupplementOf  string            `json:"supplementOf" doc:"The booking that it is a further payment of." example:"FB-9QXA7K2M"`
	Purpose       string            `json:"purpose" example:"baggage"`
	Description   string            `json:"description,omitempty" example:"one bag of 23 kg"`
	Status        string            `json:"status" example:"pending_payment"`
	HoldExpiresAt time.Time         `json:"holdExpiresAt" doc:"It can be paid until then."`
	Payment       bookedPaymentBody `json:"payment"`
}

func supplementedBodyOf(booked bookedBody, s booking.Supplement) supplementedBody {
	return supplementedBody{
		Reference: booked.Reference, SupplementOf: string(s.Of), Purpose: string(s.Purpose), Description: s.Description, Status: booked.Status,
		HoldExpiresAt: booked.HoldExpiresAt, Payment: booked.Payment,
	}
}

// createSupplement reserves a further payment under its key, and has its workflow create the PaymentIntent, as createBooking does.
func (a *api) createSupplement(ctx context.Context, in *actionInput) (*created[supplementedBody], error) {
	of, err := a.changeable(ctx, in.Reference)
	if err != nil {
		return nil, err
	}
	request, err := decodeSupplement(in.RawBody, of.Amount.Currency)
	if err != nil {
		return nil, err
	}
	now := a.Store.Now().Truncate(time.Microsecond)
	supplement := booking.Supplement{Of: of.Reference, Purpose: request.Purpose, Description: request.Description}
	var reserved store.Booking
	var done prepared // zero for a request that only replays an answer
	out, err := idempotent(ctx, a, idempotentRequest[supplementedBody]{
		operation: store.OperationCreatePayment, subject: string(of.Reference), body: request, status: http.StatusCreated, points: bookingPoints,
		claim: func(ctx context.Context, key store.IdempotencyKey) (store.Claim, error) {
			reservation, err := a.reserveSupplement(ctx, of, request, store.NewBooking{
				Caller: key.Caller, IdempotencyKey: key.Key, RequestHash: key.Hash, Lease: key.Lease, Known: key.Known,
				CorrelationID: correlationOf(ctx), TraceParent: tracing.Parent(ctx), Now: now, Supplement: &supplement, By: actorOf(ctx),
			})
			reserved = reservation.Booking
			return reservation.Claim, err
		},
		work: func(ctx context.Context, _ string) (body supplementedBody, err error) {
			ctx = withBooking(ctx, reserved)
			var booked bookedBody
			booked, done, err = a.preparePayment(ctx, reserved, false)
			return supplementedBodyOf(booked, supplement), a.problemOf(ctx, err)
		},
	})
	if err != nil {
		return nil, err
	}
	out.Body.Payment.ClientSecret, err = a.secretOf(withBooking(ctx, reserved), done, out.Body.Payment.PaymentIntentID)
	out.Body.Payment.URL = a.paymentURL(out.Body.Reference, out.Body.HoldExpiresAt)
	return out.at(bookingsPath + "/" + out.Body.Reference), err
}

// reserveSupplement writes key and further payment, or finds what was written. Only a new key is refused because of the time: the flight
// may have departed since.
func (a *api) reserveSupplement(ctx context.Context, of store.Booking, request booking.SupplementRequest, in store.NewBooking,
) (store.Reservation, error) {
	known, err := a.Store.KnownReservation(ctx, in)
	if !errors.Is(err, store.ErrNotFound) {
		if err == nil && known.Answer == nil && !known.InProgress {
			return a.Store.ReserveSupplement(ctx, in)
		}
		return known, err
	}
	in.Request = request.For(of.Customer, of.Flight)
	if of.Customer.Email == "" {
		return store.Reservation{}, &store.NoSupplementError{Why: "its customer and flight are not known, as the booking was rebuilt from " +
			"Stripe: repeat the request that made it under its Idempotency-Key first"}
	}
	hold, err := a.Holds.HoldFor(in.Request, in.Now, a.HoldMinute)
	if err != nil {
		return store.Reservation{}, &store.NoSupplementError{Why: fmt.Sprintf(
			"its flight departs at %s, which is too soon or past: a payment has to be made %s before the departure",
			of.Flight.DepartsAt.Format(time.RFC3339), a.Holds.BeforeDeparture)}
	}
	in.HoldExpiresAt, in.Methods = hold.Expires, hold.Methods
	if in.Revenue, err = a.Revenue.RevenueOf(in.Request); err != nil {
		return store.Reservation{}, err
	}
	return a.Store.ReserveSupplement(ctx, in)
}

// decodeSupplement reads the body of POST .../payments. Its errors are those of decodeBooking.
func decodeSupplement(body []byte, currency money.Currency) (booking.SupplementRequest, error) {
	value, err := parseStrict(body)
	if err != nil {
		return booking.SupplementRequest{}, err
	}
	var d decoder
	fields := d.object("", value, "amount", "purpose", "description", "holdMinutes", "capture", "breakdown")
	if fields == nil {
		return booking.SupplementRequest{}, d.err()
	}
	request := booking.SupplementRequest{
		Amount:      d.money("amount", fields["amount"]),
		Purpose:     booking.Purpose(d.text("purpose", fields["purpose"])),
		HoldMinutes: d.holdMinutes(fields),
		Capture:     d.capture(fields),
	}
	if text, given := fields["description"]; given {
		request.Description = booking.PlainSpaces(d.text("description", text))
	}
	if breakdown, given := fields["breakdown"]; given {
		request.Breakdown = d.breakdown(breakdown)
	}
	return request, joinFields(d.err(), request.Validate(currency))
}

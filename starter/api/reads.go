package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"farebook/access"
	"farebook/booking"
	"farebook/internal/correlation"
	"farebook/starter/evidence"
	"farebook/store"
)

type referenceInput struct {
	Reference string `path:"reference" doc:"The booking's reference." example:"FB-7K2M9QXA"`
}

func (a *api) addReads(spec huma.API) {
	read := func(id, path, summary, description string, statuses ...int) huma.Operation {
		return a.guard(spec, huma.Operation{
			OperationID: id, Method: http.MethodGet, Path: path, Summary: summary, Description: description, Tags: []string{"Bookings"},
			Errors: append([]int{404}, statuses...),
		}, access.BookingsRead, access.OperationsRead)
	}
	register(a, spec, read("get-booking", "/v1/bookings/{reference}", "Read a booking",
		"Includes its payments, refunds and disputes. Every key of the client that created the booking can read it; for other clients it does "+
			"not exist."), a.getBooking)
	register(a, spec, read("get-ledger", "/v1/bookings/{reference}/ledger", "Read a booking's ledger",
		"Every double-entry transaction, oldest first. In each, debits equal credits per currency."), a.getLedger)
	register(a, spec, read("get-evidence", "/v1/bookings/{reference}/evidence", "Collect a booking's evidence",
		"For a dispute: what was sold, the emails, the ledger, Stripe's ids, and a timeline. With what proves that the transactions are in "+
			"the sealed ledger, and signed when the operator has configured a key: `starter evidence verify` verifies it without the "+
			"database."), a.getEvidence)
	register(a, spec, read("get-cancellation-quote", "/v1/bookings/{reference}/cancellation-quote", "Quote the refund of a cancellation",
		"What cancelling a paid booking now would refund under the policy. Send the amount with the cancellation to be sure of it.", 409),
		a.getQuote)
	register(a, spec, read("get-refund", "/v1/refunds/{id}", "Read a refund",
		"Every key of the client that created the booking can read its refunds."), a.getRefund)
}

type bookingOutput struct{ Body bookingView }

func (a *api) getBooking(ctx context.Context, in *referenceInput) (*bookingOutput, error) {
	known, err := a.readable(ctx, in.Reference)
	if err != nil {
		return nil, err
	}
	refunds, err := a.Store.RefundsOf(ctx, known)
	if err != nil {
		return nil, err
	}
	disputes, err := a.Store.DisputesOf(ctx, known)
	if err != nil {
		return nil, err
	}
	supplements, err := a.Store.SupplementsOf(ctx, known)
	if err != nil {
		return nil, err
	}
	shown := viewOf(known, supplements, refunds, disputes)
	if shown.Payment != nil {
		shown.Payment.URL = a.paymentURL(shown.Reference, shown.HoldExpiresAt)
	}
	return &bookingOutput{shown}, nil
}

type evidenceOutput struct{ Body evidence.Bundle }

func (a *api) getEvidence(ctx context.Context, in *referenceInput) (*evidenceOutput, error) {
	known, err := a.readable(ctx, in.Reference)
	if err != nil {
		return nil, err
	}
	bundle, err := evidence.Collect(ctx, a.Store, known, a.SealKey)
	if err != nil {
		return nil, err
	}
	return &evidenceOutput{bundle}, nil
}

type refundInput struct {
	ID string `path:"id" doc:"The refund's id." example:"RF-7K2M9QXA"`
}

type refundOutput struct{ Body RefundView }

func (a *api) getRefund(ctx context.Context, in *refundInput) (*refundOutput, error) {
	known, err := a.refund(ctx, in.ID, access.OperationsRead)
	if err != nil {
		return nil, err
	}
	shown, err := a.refundsShown(ctx, []store.Refund{known})
	return &refundOutput{shown[0]}, err
}

type ledgerOutput struct{ Body ledgerView }

func (a *api) getLedger(ctx context.Context, in *referenceInput) (*ledgerOutput, error) {
	known, err := a.readable(ctx, in.Reference)
	if err != nil {
		return nil, err
	}
	transactions, err := a.Store.Ledger(ctx, known.Reference)
	if err != nil {
		return nil, err
	}
	return &ledgerOutput{ledgerViewOf(known.Reference, transactions)}, nil
}

// readable is a booking that the caller may read: one of its client's, or any with operations:read. An invalid reference and another
// client's booking get the same answer, which does not reveal which references exist.
func (a *api) readable(ctx context.Context, text string) (store.Booking, error) {
	return a.booking(ctx, text, access.OperationsRead)
}

// changeable is a booking that the caller may change: one of its client's, or any with operations:write.
func (a *api) changeable(ctx context.Context, text string) (store.Booking, error) {
	return a.booking(ctx, text, access.OperationsWrite)
}

func (a *api) booking(ctx context.Context, text string, everyClients access.Scope) (known store.Booking, err error) {
	reference, err := booking.ParseReference(text)
	if err != nil {
		return store.Booking{}, errNoSuchBooking
	}
	caller := callerOf(ctx)
	if caller.Scopes.Has(everyClients) {
		known, err = a.Store.Booking(ctx, reference)
	} else {
		known, err = a.Store.BookingOf(ctx, caller.Owner, reference)
	}
	return known, orMissing(err, errNoSuchBooking)
}

func correlationOf(ctx context.Context) string { return correlation.From(ctx) }

// withBooking continues with the correlation id of the booking, which its workflow, Stripe and its emails have. A booking without one
// changes nothing.
func withBooking(ctx context.Context, known store.Booking) context.Context {
	if known.CorrelationID == "" {
		return ctx
	}
	return correlation.With(ctx, known.CorrelationID)
}

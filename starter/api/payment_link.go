package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"farebook/access"
	"farebook/booking"
	"farebook/starter/view"
	"farebook/store"
	"farebook/validation"
)

const (
	paymentLinkPath     = bookingsPath + "/{reference}/payment-link"
	returnURLsPath      = clientPath + "/return-urls"
	removeReturnURLPath = returnURLsPath + "/remove"
)

func (a *api) addPaymentLink(spec huma.API) {
	register(a, spec, a.movesMoney(spec, a.action(spec, access.BookingsWrite, huma.Operation{
		OperationID: "create-payment-link", Path: paymentLinkPath, Summary: "Make a link to a booking's payment page",
		Description: "A link that is valid from now on for as long as `PAY_LINK_READABLE` says, and at least as long as that after the hold. " +
			"Earlier links stay valid until they end: each shows the same payment, so that nothing can be paid twice. After the hold, the page " +
			"shows the outcome. Who has the link can pay, and sees flight, passengers and amount: send it to the traveller only.",
	})), a.createPaymentLink)
}

// paymentLinkBody answers POST .../payment-link. It is stored without the link, which is made again from the other two.
type paymentLinkBody struct {
	Reference string    `json:"reference" example:"FB-7K2M9QXA"`
	URL       string    `json:"url,omitempty" doc:"Farebook does not store it." example:"https://pay.example.com/pay/fpl_..."`
	ExpiresAt time.Time `json:"expiresAt"`
}

func (a *api) createPaymentLink(ctx context.Context, in *actionInput) (*replayable[paymentLinkBody], error) {
	known, err := a.changeable(ctx, in.Reference)
	if err != nil {
		return nil, err
	}
	if err := decodeNothing(in.RawBody); err != nil {
		return nil, err
	}
	if a.PayLinks == nil {
		return nil, problem(ctx, http.StatusConflict, "no-payment-page", "This installation has no payment page: set PAY_URL, or pay with "+
			"Stripe.js and the client secret of POST "+bookingsPath+".")
	}
	ends := a.PayLinks.Ends(known.HoldExpiresAt, a.Store.Now()).Truncate(time.Second)
	out, err := idempotent(withBooking(ctx, known), a, idempotentRequest[paymentLinkBody]{
		operation: "create-payment-link", subject: string(known.Reference), status: http.StatusOK, points: actionPoints,
		claim: a.claimBooking(ctx, known, store.ActionPaymentLink, "until "+ends.UTC().Format(time.RFC3339)),
		work: func(context.Context, string) (paymentLinkBody, error) {
			return paymentLinkBody{Reference: string(known.Reference), ExpiresAt: ends.UTC()}, nil
		},
	})
	if err == nil {
		out.Body.URL = a.PayLinks.Until(known.Reference, out.Body.ExpiresAt)
	}
	return out, err
}

// paymentURL is the link to a booking's payment page; empty without one, and once it has ended.
func (a *api) paymentURL(reference string, hold time.Time) string {
	return a.PayLinks.Of(booking.Reference(reference), hold, a.Store.Now())
}

// checkReturnURL refuses an address that the caller's client has not registered.
func (a *api) checkReturnURL(ctx context.Context, caller store.Caller, text string) error {
	if text == "" {
		return nil
	}
	address, err := booking.ParseReturnURL(text)
	if err != nil {
		return err // Validate has accepted it before
	}
	known, err := a.Store.HasReturnURL(ctx, caller.Owner, address)
	if err != nil || known {
		return err
	}
	return validation.FieldErrors{{
		Field: "returnUrl", Problem: "is not on your client's list of return URLs",
		Fix: "register its address without the query: starter client return-url add, or POST " + returnURLsPath,
	}}
}

func (a *api) addReturnURLs(spec huma.API) {
	register(a, spec, a.guard(spec, huma.Operation{
		OperationID: "list-return-urls", Method: http.MethodGet, Path: returnURLsPath, Tags: []string{adminTag},
		Summary: "List the return URLs of a client", Description: "Where the payment page may lead back to, at most 20.", Errors: []int{404},
	}, access.Admin), a.listReturnURLs)
	register(a, spec, a.action(spec, access.Admin, huma.Operation{
		OperationID: "add-return-url", Path: returnURLsPath, Tags: []string{adminTag}, Summary: "Register a return URL of a client",
		Description: "A booking's `returnUrl` has to be a registered address, byte by byte, and may add a query. Safe to repeat.",
		RequestBody: &huma.RequestBody{Required: true},
	}), a.addReturnURL)
	register(a, spec, a.action(spec, access.Admin, huma.Operation{
		OperationID: "remove-return-url", Path: removeReturnURLPath, Tags: []string{adminTag}, Summary: "Remove a return URL of a client",
		Description: "Payment pages lead there no more, those of earlier bookings included. Safe to repeat.",
		RequestBody: &huma.RequestBody{Required: true},
	}), a.removeReturnURL)
}

type returnURLsOutput struct {
	Body struct {
		ReturnURLs []view.ReturnURL `json:"returnUrls" nullable:"false"`
	}
}

func (a *api) listReturnURLs(ctx context.Context, in *clientIDInput) (*returnURLsOutput, error) {
	client, err := a.client(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	found, err := a.Store.ReturnURLs(ctx, client.ID)
	out := &returnURLsOutput{}
	out.Body.ReturnURLs = shownOf(found, view.ReturnURLOf)
	return out, err
}

// returnURLBody documents the request; decode_admin.go reads it.
type returnURLBody struct {
	URL string `json:"url" maxLength:"500" doc:"https, without a query; http only on the traveller's own machine, for development." example:"https://shop.example/paid"`
}

func (a *api) addReturnURL(ctx context.Context, in *clientInput) (*replayable[view.ReturnURL], error) {
	add := func(ctx context.Context, client store.Client, address string) (store.ReturnURL, error) {
		return a.Store.AddReturnURL(ctx, client, address, actorOf(ctx))
	}
	return a.changeReturnURL(ctx, in, "add-return-url", add)
}

func (a *api) removeReturnURL(ctx context.Context, in *clientInput) (*replayable[view.ReturnURL], error) {
	remove := func(ctx context.Context, client store.Client, address string) (store.ReturnURL, error) {
		removed, err := a.Store.RemoveReturnURL(ctx, client, address, actorOf(ctx))
		return removed, orMissing(err, errNoSuchReturnURL)
	}
	return a.changeReturnURL(ctx, in, "remove-return-url", remove)
}

func (a *api) changeReturnURL(ctx context.Context, in *clientInput, operation string,
	change func(ctx context.Context, client store.Client, address string) (store.ReturnURL, error),
) (*replayable[view.ReturnURL], error) {
	address, err := decodeReturnURL(in.RawBody)
	if err != nil {
		return nil, err
	}
	client, err := a.client(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return idempotent(ctx, a, idempotentRequest[view.ReturnURL]{
		operation: operation, subject: client.ClientID, body: address, status: http.StatusOK, points: actionPoints,
		claim: a.claimOperation(client.ClientID, store.AuditEntry{}),
		work: func(ctx context.Context, _ string) (view.ReturnURL, error) {
			changed, err := change(ctx, client, address)
			return view.ReturnURLOf(changed), err
		},
	})
}

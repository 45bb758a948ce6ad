package api

import (
	"reflect"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"farebook/booking"
	"farebook/ledger"
	"farebook/store"
)

// The types of this file are what goes over the wire, with its documentation.

// bookingBody documents the request; decode.go reads it.
type bookingBody struct {
	Customer    customerBody `json:"customer"`
	Amount      amountBody   `json:"amount"`
	Flight      flightBody   `json:"flight"`
	HoldMinutes int          `json:"holdMinutes,omitempty" minimum:"1" maximum:"1440" default:"30" doc:"How long the booking waits for its payment." example:"30"`
}

type customerBody struct {
	Name   string `json:"name" minLength:"1" maxLength:"200" doc:"Who pays, as people read it." example:"Layla Haddad"`
	Email  string `json:"email" maxLength:"254" doc:"Where the confirmation goes." example:"layla@example.com"`
	Locale string `json:"locale" enum:"en,ar" doc:"The language of mails." example:"en"`
}

type amountBody struct {
	Value    int64  `json:"value" minimum:"1" maximum:"99999999" doc:"Minor units: 45900 and USD are $459.00. A plain whole number." example:"45900"`
	Currency string `json:"currency" pattern:"^[A-Z]{3}$" doc:"ISO 4217, upper case; one that Stripe charges in." example:"USD"`
}

type flightBody struct {
	Number     string          `json:"number" pattern:"^[A-Z0-9]{2}[0-9]{1,4}[A-Z]?$" example:"EK2"`
	From       string          `json:"from" pattern:"^[A-Z]{3}$" doc:"IATA code." example:"LHR"`
	To         string          `json:"to" pattern:"^[A-Z]{3}$" doc:"IATA code." example:"DXB"`
	DepartsAt  string          `json:"departsAt" format:"date-time" doc:"Local time with its UTC offset." example:"2027-03-01T14:20:00Z"`
	ArrivesAt  string          `json:"arrivesAt" format:"date-time" doc:"Local time with its UTC offset." example:"2027-03-02T01:20:00+04:00"`
	Passengers []passengerBody `json:"passengers" minItems:"1" maxItems:"9" nullable:"false"`
}

type passengerBody struct {
	Name string `json:"name" minLength:"1" maxLength:"200" example:"Layla Haddad"`
}

// bookedBody answers POST /v1/bookings. It is stored without the client secret.
type bookedBody struct {
	Reference     string            `json:"reference" example:"FB-7K2M9QXA"`
	Status        string            `json:"status" example:"pending_payment"`
	HoldExpiresAt time.Time         `json:"holdExpiresAt" doc:"Until when it can be paid."`
	Payment       bookedPaymentBody `json:"payment"`
}

type bookedPaymentBody struct {
	PaymentIntentID string `json:"paymentIntentId" example:"pi_3PabcDEF"`
	ClientSecret    string `json:"clientSecret,omitempty" doc:"For Stripe.js in the traveller's browser. It rests nowhere at Farebook."`
	Status          string `json:"status" example:"pending"`
}

// bookingView answers GET /v1/bookings/{reference}.
type bookingView struct {
	Reference     string           `json:"reference" example:"FB-7K2M9QXA"`
	Status        string           `json:"status" enum:"pending_payment,confirmed,payment_failed,expired,cancelled,partially_refunded,refunded,disputed"`
	Customer      booking.Customer `json:"customer"`
	Amount        booking.Money    `json:"amount"`
	Flight        booking.Flight   `json:"flight"`
	CreatedAt     time.Time        `json:"createdAt"`
	HoldExpiresAt time.Time        `json:"holdExpiresAt"`
	RefundDue     bool             `json:"refundDue" doc:"Money came for a booking that was closed already."`
	CorrelationID string           `json:"correlationId"`
	Payment       *paymentView     `json:"payment,omitempty" doc:"Missing until its PaymentIntent is known."`
}

type paymentView struct {
	PaymentIntentID string `json:"paymentIntentId" example:"pi_3PabcDEF"`
	Status          string `json:"status" enum:"pending,requires_action,processing,authorized,succeeded,failed,canceled,unknown"`
	AmountCaptured  int64  `json:"amountCaptured" doc:"Minor units."`
	DeclineCode     string `json:"declineCode,omitempty" doc:"Why the last attempt was declined." example:"insufficient_funds"`
}

func viewOf(b store.Booking) bookingView {
	view := bookingView{
		Reference: string(b.Reference), Status: string(b.Status), Customer: b.Customer, Amount: b.Amount, Flight: b.Flight,
		CreatedAt: b.CreatedAt, HoldExpiresAt: b.HoldExpiresAt, RefundDue: b.RefundDue, CorrelationID: b.CorrelationID,
	}
	if p := b.Payment; p != nil {
		view.Payment = &paymentView{
			PaymentIntentID: p.PaymentIntentID, Status: string(p.Status),
			AmountCaptured: p.AmountCaptured, DeclineCode: p.DeclineCode,
		}
	}
	return view
}

// ledgerView answers GET /v1/bookings/{reference}/ledger.
type ledgerView struct {
	Reference    string            `json:"reference" example:"FB-7K2M9QXA"`
	Transactions []transactionView `json:"transactions" nullable:"false"`
}

type transactionView struct {
	ID                   uint64      `json:"id"`
	Type                 string      `json:"type" example:"payment"`
	PostedAt             time.Time   `json:"postedAt"`
	Description          string      `json:"description,omitempty"`
	PaymentIntentID      string      `json:"paymentIntentId,omitempty"`
	ObjectID             string      `json:"objectId,omitempty" doc:"The refund, charge, dispute or balance transaction that it is about, where there may be several."`
	BalanceTransactionID string      `json:"balanceTransactionId,omitempty"`
	Entries              []entryView `json:"entries" nullable:"false"`
}

type entryView struct {
	Account  string `json:"account" example:"asset:stripe_clearing"`
	Side     string `json:"side" enum:"debit,credit"`
	Amount   int64  `json:"amount" doc:"Minor units."`
	Currency string `json:"currency" example:"USD"`
}

func ledgerViewOf(reference booking.Reference, transactions []store.LedgerTransaction) ledgerView {
	view := ledgerView{Reference: string(reference), Transactions: make([]transactionView, 0, len(transactions))}
	for _, posted := range transactions {
		t := posted.Transaction
		view.Transactions = append(view.Transactions, transactionView{
			ID: posted.ID, Type: string(t.Type), PostedAt: posted.PostedAt, Description: t.Description,
			PaymentIntentID: t.PaymentIntentID, ObjectID: t.ObjectID, BalanceTransactionID: t.BalanceTransactionID,
			Entries: entriesOf(t.Entries),
		})
	}
	return view
}

func entriesOf(entries []ledger.Entry) []entryView {
	views := make([]entryView, 0, len(entries))
	for _, e := range entries {
		views = append(views, entryView{Account: string(e.Account), Side: string(e.Side), Amount: e.Amount, Currency: string(e.Currency)})
	}
	return views
}

// describeBodies puts the schemas of bodies that are read by hand into the document.
func describeBodies(spec *huma.OpenAPI) {
	schema := spec.Components.Schemas.Schema(reflect.TypeFor[bookingBody](), true, "Booking")
	body := spec.Paths["/v1/bookings"].Post.RequestBody
	body.Description = "The booking that is asked for. Fields that are not in this list are refused."
	body.Content = map[string]*huma.MediaType{"application/json": {Schema: schema}}
	event := spec.Paths[webhookPath].Post.RequestBody
	event.Description = "A Stripe event, byte for byte as Stripe signed it."
	event.Content = map[string]*huma.MediaType{"application/json": {Schema: &huma.Schema{Type: "object", AdditionalProperties: true}}}
}

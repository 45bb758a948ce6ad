package api

import (
	"reflect"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"farebook/booking"
	"farebook/ledger"
	"farebook/money"
	"farebook/starter/view"
	"farebook/store"
)

// This file has the types of requests and answers, with their documentation.

// bookingBody documents the request; decode.go reads it.
type bookingBody struct {
	Customer    customerBody   `json:"customer"`
	Amount      amountBody     `json:"amount"`
	Flight      flightBody     `json:"flight"`
	HoldMinutes int            `json:"holdMinutes,omitempty" minimum:"1" maximum:"1440" default:"30" doc:"How many minutes the booking waits for its payment." example:"30"`
	Capture     string         `json:"capture,omitempty" enum:"automatic,manual" default:"automatic" doc:"manual only authorises the payment: POST .../capture takes it and confirms the booking." example:"automatic"`
	Breakdown   *breakdownBody `json:"breakdown,omitempty" doc:"Whose the amount is, for a seller who is the airline's agent (REVENUE_MODEL=agent); refused otherwise. The four parts add up to the amount. Without it, all of the amount is the airline's."`
	ReturnURL   string         `json:"returnUrl,omitempty" maxLength:"1000" doc:"Where the payment page leads the traveller back to. Its address without the query has to be registered with the client." example:"https://shop.example/paid"`
}

type breakdownBody struct {
	Fare       int64 `json:"fare" minimum:"0" doc:"Minor units: what the airline gets of the fare, without the commission." example:"38000"`
	Taxes      int64 `json:"taxes" minimum:"0" doc:"Minor units: taxes, which the airline gets as well." example:"4900"`
	ServiceFee int64 `json:"serviceFee" minimum:"0" doc:"Minor units: the agent's service fee." example:"1000"`
	Commission int64 `json:"commission" minimum:"0" doc:"Minor units: what the agent keeps of the fare." example:"2000"`
}

type customerBody struct {
	Name   string `json:"name" minLength:"1" maxLength:"200" doc:"The name of the payer." example:"Layla Haddad"`
	Email  string `json:"email" maxLength:"254" doc:"Receives the confirmation." example:"layla@example.com"`
	Locale string `json:"locale" enum:"en,ar" doc:"The language of emails." example:"en"`
}

type amountBody struct {
	Value    int64  `json:"value" minimum:"1" maximum:"999999999999" doc:"Minor units: 45900 and USD are $459.00. A whole number of at most eight digits, twelve for IDR." example:"45900"`
	Currency string `json:"currency" pattern:"^[A-Z]{3}$" doc:"ISO 4217 in upper case. It has to be a currency that Stripe charges in." example:"USD"`
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

// bookedBody answers POST /v1/bookings. It is stored without the client secret and the link to the payment page.
type bookedBody struct {
	Reference     string            `json:"reference" example:"FB-7K2M9QXA"`
	Status        string            `json:"status" example:"pending_payment"`
	HoldExpiresAt time.Time         `json:"holdExpiresAt" doc:"The booking can be paid until then."`
	Payment       bookedPaymentBody `json:"payment"`
}

type bookedPaymentBody struct {
	PaymentIntentID string `json:"paymentIntentId" example:"pi_3PabcDEF"`
	ClientSecret    string `json:"clientSecret,omitempty" doc:"For Stripe.js in the traveller's browser. Farebook does not store it."`
	URL             string `json:"url,omitempty" doc:"The payment page, for the traveller only; left out when this installation has none. Farebook does not store it." example:"https://pay.example.com/pay/fpl_..."`
	Status          string `json:"status" example:"pending"`
}

// bookingView answers GET /v1/bookings/{reference}.
type bookingView struct {
	Reference     string             `json:"reference" example:"FB-7K2M9QXA"`
	Status        string             `json:"status" enum:"pending_payment,confirmed,payment_failed,expired,cancelled,partially_refunded,refunded,disputed"`
	Customer      booking.Customer   `json:"customer"`
	Amount        money.Money        `json:"amount"`
	Flight        booking.Flight     `json:"flight"`
	CreatedAt     time.Time          `json:"createdAt"`
	HoldExpiresAt time.Time          `json:"holdExpiresAt"`
	RefundDue     bool               `json:"refundDue" doc:"A payment arrived after the booking was closed. It is refunded automatically."`
	CancelledAt   *time.Time         `json:"cancelledAt,omitempty" doc:"When the paid booking was cancelled."`
	CancelPercent *int               `json:"cancelPercent,omitempty" doc:"How much of the payment the policy refunded, in percent."`
	Capture       string             `json:"capture" enum:"automatic,manual"`
	Breakdown     *booking.Breakdown `json:"breakdown,omitempty" doc:"Whose the amount is, in minor units; as in the request."`
	ReturnURL     string             `json:"returnUrl,omitempty" doc:"Where the payment page leads back to; as in the request."`
	CorrelationID string             `json:"correlationId"`
	SupplementOf  *view.Supplement   `json:"supplementOf,omitempty" doc:"Left out unless it is a further payment of a booking."`
	Payments      []paymentItem      `json:"payments" nullable:"false" doc:"The booking's own, then its further payments, oldest first. refunds and disputes are the booking's own: those of a further payment are read under its reference."`
	Payment       *paymentView       `json:"payment,omitempty" doc:"Left out until the PaymentIntent exists."`
	Refunds       []RefundView       `json:"refunds" nullable:"false"`
	Disputes      []DisputeView      `json:"disputes" nullable:"false"`
	Attention     string             `json:"attention,omitempty" doc:"What an operator has to examine."`
}

type paymentView struct {
	PaymentIntentID string     `json:"paymentIntentId" example:"pi_3PabcDEF"`
	URL             string     `json:"url,omitempty" doc:"The payment page, which shows the outcome for some days after the hold; left out afterwards, and when this installation has none." example:"https://pay.example.com/pay/fpl_..."`
	Status          string     `json:"status" enum:"pending,requires_action,processing,authorized,succeeded,failed,canceled,unknown"`
	AmountCaptured  int64      `json:"amountCaptured" doc:"Minor units."`
	AmountRefunded  int64      `json:"amountRefunded" doc:"Minor units of the refunds that succeeded."`
	AmountDisputed  int64      `json:"amountDisputed" doc:"Minor units of the disputes that are open or lost."`
	ExceedsCaptured bool       `json:"exceedsCaptured" doc:"Refunds and disputes together are more than what was captured: the customer is paid twice."`
	CaptureBefore   *time.Time `json:"captureBefore,omitempty" doc:"When Stripe releases an authorised payment."`
	DeclineCode     string     `json:"declineCode,omitempty" doc:"Why the last attempt was declined." example:"insufficient_funds"`
}

// viewOf combines a booking with its further payments, refunds and disputes.
func viewOf(b store.Booking, supplements []store.Booking, refunds []store.Refund, disputes []store.Dispute) bookingView {
	view := bookingView{
		Reference: string(b.Reference), Status: string(b.Status), Customer: b.Customer, Amount: b.Amount, Flight: b.Flight,
		CreatedAt: b.CreatedAt, HoldExpiresAt: b.HoldExpiresAt, RefundDue: b.RefundDue, CorrelationID: b.CorrelationID,
		CancelledAt: b.CancelledAt, CancelPercent: b.CancelPercent, Capture: string(b.Capture), Attention: b.Attention,
		Breakdown: b.Revenue.Breakdown, ReturnURL: b.ReturnURL, SupplementOf: view.SupplementOf(b.Supplement),
		Payments: []paymentItem{paymentItemOf(b)},
		Refunds:  []RefundView{}, Disputes: []DisputeView{},
	}
	for _, supplement := range supplements {
		view.Payments = append(view.Payments, paymentItemOf(supplement))
	}
	for _, refund := range refunds {
		view.Refunds = append(view.Refunds, RefundViewOf(refund))
	}
	var disputed int64
	for _, dispute := range disputes {
		view.Disputes = append(view.Disputes, DisputeViewOf(dispute, b.Reference))
		if dispute.Status.Open() || dispute.Status == booking.DisputeLost {
			disputed += dispute.Amount.Value
		}
	}
	if p := b.Payment; p != nil {
		view.Payment = &paymentView{
			PaymentIntentID: p.PaymentIntentID, Status: string(p.Status), DeclineCode: p.DeclineCode, CaptureBefore: p.CaptureBefore,
			AmountCaptured: p.AmountCaptured, AmountRefunded: p.AmountRefunded, AmountDisputed: disputed,
			ExceedsCaptured: p.AmountRefunded+disputed > p.AmountCaptured,
		}
	}
	return view
}

// RefundView answers GET /v1/refunds/{id}, and is part of a booking.
type RefundView struct {
	ID             string      `json:"id" example:"RF-7K2M9QXA"`
	Reference      string      `json:"reference" example:"FB-7K2M9QXA"`
	Status         string      `json:"status" enum:"requested,pending,requires_action,succeeded,failed,canceled,unknown"`
	Amount         money.Money `json:"amount"`
	Origin         string      `json:"origin" enum:"api,cancellation,late_money,dashboard" doc:"What caused it."`
	Reason         string      `json:"reason" example:"requested_by_customer"`
	Note           string      `json:"note,omitempty"`
	FailureReason  string      `json:"failureReason,omitempty" example:"expired_or_canceled_card"`
	StripeRefundID string      `json:"stripeRefundId,omitempty" doc:"Left out until Stripe has created it." example:"re_3PabcDEF"`
	AbandonedAt    *time.Time  `json:"abandonedAt,omitempty" doc:"When somebody decided to stop asking Stripe for it."`
	AbandonNote    string      `json:"abandonNote,omitempty"`
	BankReference  string      `json:"bankReference,omitempty" doc:"By what the customer's bank finds the refund, such as an acquirer reference number. Stripe knows it some days after the refund." example:"74830726330000123456789"`
	CreatedAt      time.Time   `json:"createdAt"`
	UpdatedAt      time.Time   `json:"updatedAt"`
	SentBy         string      `json:"sentBy,omitempty" doc:"Who has requested it. Only for callers with operations:read; left out where nobody has, as after a cancellation." example:"Fay Finance (console ak_7K2M9QXA4T)"`
	ProposedBy     string      `json:"proposedBy,omitempty" doc:"Who has proposed it. Only for callers with operations:read." example:"Sam Support (console ak_9QXA4T7K2M)"`
	Proposal       string      `json:"proposal,omitempty" doc:"The code of the proposal. Only for callers with operations:read." example:"pr_7K2M9QXA4T"`
}

// RefundViewOf converts a refund of the store.
func RefundViewOf(r store.Refund) RefundView {
	return RefundView{
		ID: string(r.ID), Reference: string(r.Reference), Status: string(r.Status), Amount: r.Amount, Origin: string(r.Origin),
		Reason: r.Reason, Note: r.Note, FailureReason: r.FailureReason, StripeRefundID: r.StripeRefundID,
		AbandonedAt: r.AbandonedAt, AbandonNote: r.AbandonNote, BankReference: r.Bank.Reference, CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt,
	}
}

// DisputeView is part of a booking.
type DisputeView struct {
	ID        string      `json:"id" example:"dp_3PabcDEF"`
	Reference string      `json:"reference" example:"FB-7K2M9QXA"`
	Payment   string      `json:"paymentIntentId" example:"pi_3PabcDEF"`
	Status    string      `json:"status" enum:"warning_needs_response,warning_under_review,warning_closed,needs_response,under_review,won,lost,unknown"`
	Reason    string      `json:"reason" example:"fraudulent"`
	Amount    money.Money `json:"amount"`
	DueBy     *time.Time  `json:"dueBy,omitempty" doc:"The deadline for evidence, while Stripe waits for it."`
	CreatedAt time.Time   `json:"createdAt"`
	UpdatedAt time.Time   `json:"updatedAt"`
}

// DisputeViewOf converts a dispute of the store, which is about the booking with a reference.
func DisputeViewOf(d store.Dispute, reference booking.Reference) DisputeView {
	view := DisputeView{
		ID: d.ID, Reference: string(reference), Payment: d.PaymentIntentID, Status: string(d.Status), Reason: d.Reason, Amount: d.Amount,
		CreatedAt: d.CreatedAt, UpdatedAt: d.UpdatedAt,
	}
	if d.Status.NeedsResponse() {
		view.DueBy = d.DueBy
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
	PostedAt             time.Time   `json:"postedAt" doc:"When Farebook posted it."`
	EffectiveAt          *time.Time  `json:"effectiveAt,omitempty" doc:"When it took effect: at the creation of Stripe's balance transaction, or at the decision. Left out for a transaction of an older release that is not completed yet."`
	EffectiveBasis       string      `json:"effectiveBasis,omitempty" enum:"balance_transaction,stripe,person,posted" doc:"The source of effectiveAt: Stripe's balance transaction, another time from Stripe, an operator's decision (person), or postedAt because no other time is known."`
	Description          string      `json:"description,omitempty"`
	PaymentIntentID      string      `json:"paymentIntentId,omitempty"`
	ObjectID             string      `json:"objectId,omitempty" doc:"The refund, charge, dispute or balance transaction that it is about, for types with several of them."`
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
		view.Transactions = append(view.Transactions, transactionViewOf(posted))
	}
	return view
}

func transactionViewOf(posted store.LedgerTransaction) transactionView {
	t := posted.Transaction
	return transactionView{
		ID: posted.ID, Type: string(t.Type), PostedAt: posted.PostedAt,
		EffectiveAt: timeOrNil(t.Effective.At), EffectiveBasis: string(t.Effective.Basis), Description: t.Description,
		PaymentIntentID: t.PaymentIntentID, ObjectID: t.ObjectID, BalanceTransactionID: t.BalanceTransactionID,
		Entries: entriesOf(t.Entries),
	}
}

// timeOrNil leaves out an unknown time.
func timeOrNil(at time.Time) *time.Time {
	if at.IsZero() {
		return nil
	}
	return &at
}

func entriesOf(entries []ledger.Entry) []entryView {
	views := make([]entryView, 0, len(entries))
	for _, e := range entries {
		views = append(views, entryView{Account: string(e.Account), Side: string(e.Side), Amount: e.Amount, Currency: string(e.Currency)})
	}
	return views
}

// describeBodies documents the bodies that the decode files read.
func describeBodies(spec *huma.OpenAPI) {
	describe := func(path, name, description string, shape reflect.Type) {
		body := spec.Paths[path].Post.RequestBody
		body.Description = description + " Other fields are refused."
		body.Content = map[string]*huma.MediaType{"application/json": {Schema: spec.Components.Schemas.Schema(shape, true, name)}}
	}
	describe(bookingsPath, "Booking", "The booking to create.", reflect.TypeFor[bookingBody]())
	for _, path := range []string{bookingRefundsPath, cancelPath, capturePath, reconciliationsPath, paymentLinkPath} {
		spec.Paths[path].Post.RequestBody.Required = false // huma checks it as well
	}
	describe(bookingRefundsPath, "Refund", "The refund to create. Without a body, all that is left is refunded.",
		reflect.TypeFor[refundBody]())
	describe(paymentLinkPath, "Nothing", "Optional: an empty object.", reflect.TypeFor[struct{}]())
	describe(bookingPaymentsPath, "FurtherPayment", "The payment to ask for.", reflect.TypeFor[supplementBody]())
	describe(cancelPath, "Cancel", "Optional: the quoted refund.", reflect.TypeFor[cancelBody]())
	describe(capturePath, "Capture", "Optional: the amount. Without a body, all that is authorised is captured.",
		reflect.TypeFor[captureBody]())
	describe(reconciliationsPath, "Reconciliation", "Optional: which bookings and how far back.", reflect.TypeFor[reconciliationBody]())
	describe(abandonPath, "AbandonRefund", "Why the refund is abandoned.", reflect.TypeFor[abandonRefundBody]())
	describe(proposalsPath, "Proposal", "What is proposed.", reflect.TypeFor[proposalBody]())
	describe(declinePath, "Note", "Why it is declined.", reflect.TypeFor[itemNoteBody]())
	describe(withdrawPath, "Note", "Why it is withdrawn.", reflect.TypeFor[itemNoteBody]())
	spec.Paths[sendPath].Post.RequestBody.Required = false
	describe(sendPath, "Nothing", "Optional: an empty object.", reflect.TypeFor[struct{}]())
	describe(closePath, "CloseAttention", "Why the matter is closed.", reflect.TypeFor[closeAttentionBody]())
	describeAttentionBodies(spec, describe)
	describeAdminBodies(spec, describe)
	describeFinanceBodies(spec, describe)
	describeOperationBodies(spec, describe)
	describeEndpointBodies(spec, describe)
	event := spec.Paths[webhookPath].Post.RequestBody
	event.Description = "A Stripe event, byte for byte as Stripe signed it."
	event.Content = map[string]*huma.MediaType{"application/json": {Schema: &huma.Schema{Type: "object", AdditionalProperties: true}}}
}

func describeFinanceBodies(spec *huma.OpenAPI, describe func(path, name, description string, shape reflect.Type)) {
	for _, path := range []string{closeMonthPath, approveClosePath, approveReopenPath, approveJournalPath} {
		spec.Paths[path].Post.RequestBody.Required = false
	}
	describe(closeMonthPath, "CloseMonth", "Optional: whether to check only, and notes.", reflect.TypeFor[closeMonthBody]())
	describe(reopenMonthPath, "ReopenMonth", "Why the month is reopened.", reflect.TypeFor[reopenMonthBody]())
	describe(journalsPath, "ManualJournal", "The journal.", reflect.TypeFor[view.ManualJournal]())
	for _, path := range []string{approveClosePath, approveReopenPath, approveJournalPath} {
		describe(path, "Nothing", "Optional: an empty object.", reflect.TypeFor[struct{}]())
	}
}

func describeAttentionBodies(spec *huma.OpenAPI, describe func(path, name, description string, shape reflect.Type)) {
	for _, path := range []string{takePath, giveBackPath} {
		spec.Paths[path].Post.RequestBody.Required = false
	}
	describe(takePath, "TakeAttention", "Optional: whether to take it from somebody else.", reflect.TypeFor[takeAttentionBody]())
	describe(giveBackPath, "Nothing", "Optional: an empty object.", reflect.TypeFor[struct{}]())
	describe(commentPath, "Comment", "What is worth knowing about the matter.", reflect.TypeFor[commentBody]())
}

func describeOperationBodies(spec *huma.OpenAPI, describe func(path, name, description string, shape reflect.Type)) {
	for _, path := range []string{
		retryEventPath, resendPath, applyPath, pausePath, resumePath, triggerPath, removeViewPath, removeEvidencePath,
	} {
		spec.Paths[path].Post.RequestBody.Required = false
	}
	for _, path := range []string{retryEventPath, resendPath, applyPath, triggerPath, removeViewPath, removeEvidencePath} {
		describe(path, "Nothing", "Optional: an empty object.", reflect.TypeFor[struct{}]())
	}
	describe(ignorePath, "IgnoreEvent", "Why nothing has to be done about the event.", reflect.TypeFor[ignoreEventBody]())
	describe(resolvePath, "ResolveItem", "What was decided.", reflect.TypeFor[itemNoteBody]())
	describe(reopenPath, "ReopenItem", "Why it is reopened.", reflect.TypeFor[itemNoteBody]())
	describe(postPath, "PostItem", "What was decided, and where the other side is posted.", reflect.TypeFor[postItemBody]())
	describe(evidencePath, "EvidenceDraftTexts", "All texts of the draft.", reflect.TypeFor[evidenceTextsBody]())
	describe(submitEvidencePath, "SubmitEvidence", "The confirmation.", reflect.TypeFor[submitEvidenceBody]())
	describe(viewsPath, "SaveView", "The filters to save.", reflect.TypeFor[saveViewBody]())
	describe(pausePath, "PauseSchedule", "Optional: why.", reflect.TypeFor[scheduleNoteBody]())
	describe(resumePath, "ResumeSchedule", "Optional: why.", reflect.TypeFor[scheduleNoteBody]())
}

func describeAdminBodies(spec *huma.OpenAPI, describe func(path, name, description string, shape reflect.Type)) {
	for _, path := range []string{
		rotatePath, revokePath, disablePath, enablePath,
	} {
		spec.Paths[path].Post.RequestBody.Required = false
	}
	describe(clientsPath, "NewClient", "The client to create.", reflect.TypeFor[newClientBody]())
	describe(returnURLsPath, "ReturnURL", "The address to register.", reflect.TypeFor[returnURLBody]())
	describe(removeReturnURLPath, "ReturnURL", "The address to remove.", reflect.TypeFor[returnURLBody]())
	describe(mergePath, "Merge", "The client to merge into this one.", reflect.TypeFor[mergeBody]())
	describe(apiKeysPath, "NewAPIKey", "The API key to create.", reflect.TypeFor[newKeyBody]())
	describe(rotatePath, "Rotate", "Optional: overlap and lifetime.", reflect.TypeFor[rotateBody]())
	for _, path := range []string{revokePath, disablePath, enablePath} {
		describe(path, "Nothing", "Optional: an empty object.", reflect.TypeFor[struct{}]())
	}
}

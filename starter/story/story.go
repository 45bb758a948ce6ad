// Package story tells what happened to a booking, for whoever explains it to its customer: where the money is and why, what may still be
// done, what Stripe, the bank and the mail server have answered, and one timeline of all of it. The API and the console show it. It
// imports store and starter/view, internal/mail for the texts of emails, workflows for the ids of workflows, and the vocabulary. It does
// no I/O.
package story

import (
	"slices"
	"time"

	"farebook/booking"
	"farebook/ledger"
	"farebook/money"
	"farebook/notice"
	"farebook/starter/view"
	"farebook/store"
)

// Story is a booking with everything that the books have about it.
type Story struct {
	Reference     booking.Reference `json:"reference" example:"FB-7K2M9QXA"`
	Client        string            `json:"client,omitempty" doc:"The client that it belongs to." example:"cl_7K2M9QXA4T"`
	Status        booking.Status    `json:"status" example:"confirmed"`
	Customer      booking.Customer  `json:"customer"`
	Flight        booking.Flight    `json:"flight"`
	Amount        money.Money       `json:"amount"`
	CreatedAt     time.Time         `json:"createdAt"`
	HoldExpiresAt time.Time         `json:"holdExpiresAt"`
	CancelledAt   *time.Time        `json:"cancelledAt,omitempty" doc:"When the paid booking was cancelled."`
	CancelPercent *int              `json:"cancelPercent,omitempty" doc:"How much of the payment the policy refunded, in percent."`
	Capture       string            `json:"capture" enum:"automatic,manual"`
	CorrelationID string            `json:"correlationId"`
	Livemode      bool              `json:"livemode" doc:"Whether its money is real."`
	Figures       Figures           `json:"figures"`
	Payment       *PaymentPart      `json:"payment,omitempty" doc:"Left out until the PaymentIntent exists."`
	Actions       []Action          `json:"actions" nullable:"false" doc:"What may be done now, by a caller with the scope, and why not."`
	Refunds       []RefundPart      `json:"refunds" nullable:"false" doc:"Oldest first."`
	Disputes      []DisputePart     `json:"disputes" nullable:"false" doc:"Oldest first."`
	Postings      []PostingPart     `json:"postings" nullable:"false" doc:"The ledger's transactions, oldest first."`
	Emails        []EmailPart       `json:"emails" nullable:"false" doc:"Oldest first; those to finance only with operations:read."`
	Attention     []view.Matter     `json:"attention" nullable:"false" doc:"What an operator has or had to examine; only with operations:read."`
	SupplementOf  *view.Supplement  `json:"supplementOf,omitempty" doc:"Left out unless it is a further payment of a booking."`
	Supplements   []BookingPart     `json:"supplements" nullable:"false" doc:"The further payments of the booking, oldest first: each has its own story under its reference."`
	Others        []BookingPart     `json:"others" nullable:"false" doc:"The other bookings of the same email address, the newest first, at most 50."`
	MoreOthers    bool              `json:"moreOthers" doc:"There are more of them."`
	ChargedAlso   []string          `json:"chargedAlso" nullable:"false" doc:"References of other bookings of the address for the same flight, departure and amount whose payment was not returned: the traveller may have paid twice."`
	Workflows     []string          `json:"workflows" nullable:"false" doc:"Ids of the workflows in Temporal." example:"[\"BookingPayment:FB-7K2M9QXA\"]"`
	Timeline      []MomentPart      `json:"timeline" nullable:"false" doc:"Everything in the order of time."`
}

// PaymentPart is the booking's PaymentIntent.
type PaymentPart struct {
	PaymentIntentID string     `json:"paymentIntentId" example:"pi_3PabcDEF"`
	ChargeID        string     `json:"chargeId,omitempty" example:"ch_3PabcDEF"`
	Status          string     `json:"status" enum:"pending,requires_action,processing,authorized,succeeded,failed,canceled,unknown"`
	CaptureBefore   *time.Time `json:"captureBefore,omitempty" doc:"When Stripe releases an authorised payment."`
	DeclineCode     string     `json:"declineCode,omitempty" example:"insufficient_funds"`
	Advice          *Advice    `json:"advice,omitempty" doc:"What to tell the traveller about the decline."`
	Dashboard       string     `json:"dashboard" doc:"The payment in Stripe's dashboard."`
}

// Advice is what to do about a declined payment.
type Advice struct {
	ID           string `json:"id" example:"ask_bank"`
	Tell         string `json:"tell" doc:"What to tell the traveller."`
	Do           string `json:"do" doc:"What helps."`
	Confidential bool   `json:"confidential" doc:"The traveller must not learn the code."`
}

// PostingPart is a transaction of the ledger with the reason for it.
type PostingPart struct {
	ID                   uint64      `json:"id"`
	Type                 string      `json:"type" example:"payment"`
	PostedAt             time.Time   `json:"postedAt"`
	EffectiveAt          *time.Time  `json:"effectiveAt,omitempty"`
	Description          string      `json:"description"`
	ObjectID             string      `json:"objectId,omitempty"`
	BalanceTransactionID string      `json:"balanceTransactionId,omitempty" example:"txn_3PabcDEF"`
	Entries              []EntryPart `json:"entries" nullable:"false"`
	Why                  []RulePart  `json:"why" nullable:"false" doc:"The posting rules that led to it."`
}

// EntryPart is one entry of a transaction.
type EntryPart struct {
	Account string      `json:"account" example:"asset:stripe_clearing"`
	Side    string      `json:"side" enum:"debit,credit"`
	Amount  money.Money `json:"amount"`
}

// RulePart is a posting rule in plain words.
type RulePart struct {
	ID   string `json:"id" example:"payment"`
	Text string `json:"text"`
}

// Options say who reads a story.
type Options struct {
	// Operator: the caller has operations:read. A client's own key sees nothing of operators.
	Operator bool
	// Live: Stripe is in live mode.
	Live bool
}

// Of tells a story.
func Of(s store.Story, o Options) Story {
	b := s.Booking
	told := Story{
		Reference: b.Reference, Client: b.ClientCode, Status: b.Status, Customer: b.Customer, Flight: b.Flight, Amount: b.Amount,
		CreatedAt: b.CreatedAt, HoldExpiresAt: b.HoldExpiresAt, CancelledAt: b.CancelledAt, CancelPercent: b.CancelPercent,
		Capture: string(b.Capture), CorrelationID: b.CorrelationID, Livemode: o.Live, Figures: figuresOf(s),
		Payment: paymentOf(b.Payment, o.Live),
		Refunds: []RefundPart{}, Disputes: []DisputePart{}, Postings: []PostingPart{}, Emails: []EmailPart{}, Attention: []view.Matter{},
		SupplementOf: view.SupplementOf(b.Supplement), Supplements: []BookingPart{}, Others: []BookingPart{},
		MoreOthers: s.MoreOthers, ChargedAlso: []string{}, Workflows: workflowsOf(s),
	}
	told.Actions = actionsOf(s, told.Figures, o)
	for _, refund := range s.Refunds {
		told.Refunds = append(told.Refunds, refundOf(refund, o.Live, paidFromBank(s, refund)))
	}
	for _, dispute := range s.Disputes {
		told.Disputes = append(told.Disputes, disputeOf(dispute, o.Live))
	}
	for _, posted := range s.Ledger {
		told.Postings = append(told.Postings, postingOf(posted))
	}
	for _, email := range s.Emails {
		if o.Operator || email.Audience == notice.ToCustomer {
			told.Emails = append(told.Emails, emailOf(email))
		}
	}
	if o.Operator {
		for _, matter := range s.Matters {
			told.Attention = append(told.Attention, view.MatterOf(matter))
		}
	}
	for _, supplement := range s.Supplements {
		told.Supplements = append(told.Supplements, otherOf(b, supplement, o))
	}
	for _, other := range s.Others {
		part := otherOf(b, other, o)
		told.Others = append(told.Others, part)
		if part.SameTrip && part.Kept.Value > 0 {
			told.ChargedAlso = append(told.ChargedAlso, part.Reference)
		}
	}
	told.Timeline = timelineOf(s, o)
	return told
}

func paymentOf(p *store.Payment, live bool) *PaymentPart {
	if p == nil {
		return nil
	}
	return &PaymentPart{
		PaymentIntentID: p.PaymentIntentID, ChargeID: p.ChargeID, Status: string(p.Status), CaptureBefore: p.CaptureBefore,
		DeclineCode: p.DeclineCode, Advice: adviceOf(p.DeclineCode), Dashboard: dashboard(live, "payments", p.PaymentIntentID),
	}
}

// adviceOf is nil without a decline.
func adviceOf(code string) *Advice {
	if code == "" {
		return nil
	}
	advice := booking.AdviceOn(code)
	return &Advice{ID: advice.ID, Tell: advice.Tell, Do: advice.Do, Confidential: advice.Confidential}
}

func postingOf(posted store.LedgerTransaction) PostingPart {
	t := posted.Transaction
	part := PostingPart{
		ID: posted.ID, Type: string(t.Type), PostedAt: posted.PostedAt, Description: t.Description, ObjectID: t.ObjectID,
		BalanceTransactionID: t.BalanceTransactionID, Entries: make([]EntryPart, len(t.Entries)), Why: []RulePart{},
	}
	if !t.Effective.At.IsZero() {
		part.EffectiveAt = &t.Effective.At
	}
	for i, e := range t.Entries {
		part.Entries[i] = EntryPart{string(e.Account), string(e.Side), money.Money{Value: e.Amount, Currency: e.Currency}}
	}
	for _, rule := range ledger.RulesOf(t) {
		part.Why = append(part.Why, RulePart(rule))
	}
	return part
}

// dashboard is the address of an object in Stripe's dashboard.
func dashboard(live bool, kind, id string) string {
	if live {
		return "https://dashboard.stripe.com/" + kind + "/" + id
	}
	return "https://dashboard.stripe.com/test/" + kind + "/" + id
}

// late reports whether a booking was closed without payment and has money all the same.
func late(b store.Booking) bool {
	closed := []booking.Status{booking.StatusExpired, booking.StatusPaymentFailed}
	return b.Payment != nil && b.Payment.AmountCaptured > 0 &&
		(b.RefundDue || slices.Contains(closed, b.Status) || b.Status == booking.StatusCancelled && b.CancelledAt == nil)
}

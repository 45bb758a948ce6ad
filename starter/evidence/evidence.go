// Package evidence collects what the database has about a booking for the answer to a dispute: what was sold, the emails, the
// ledger with the paths to signed seals, Stripe's ids, the audit log and a timeline. It signs the bundle, and verifies one without the
// database. The API and the command line show it in the same form. It imports store, starter/view, booking, ledger, ledger/seal,
// money and notice, and reads the database only.
package evidence

import (
	"context"
	"slices"
	"strings"
	"time"

	"farebook/booking"
	"farebook/ledger/seal"
	"farebook/money"
	"farebook/notice"
	"farebook/starter/view"
	"farebook/store"
)

// Bundle is the evidence of one booking. Amounts are in minor units of their currency.
type Bundle struct {
	Reference     booking.Reference `json:"reference" example:"FB-7K2M9QXA"`
	GeneratedAt   time.Time         `json:"generatedAt"`
	Status        booking.Status    `json:"status"`
	CorrelationID string            `json:"correlationId" doc:"The same in logs, workflows, Stripe's metadata and emails."`
	Sold          Sold              `json:"sold"`
	Stripe        StripeIDs         `json:"stripe"`
	Emails        []Mail            `json:"mails" nullable:"false"`
	Ledger        []Posting         `json:"ledger" nullable:"false"`
	// Audit lists who requested what for the booking: a client's key, or an operator.
	Audit    []view.Entry `json:"audit" nullable:"false" doc:"Who requested what, oldest first."`
	Timeline []Moment     `json:"timeline" nullable:"false"`
	Sealed   Sealed       `json:"sealed" doc:"The ledger's transactions again, with what proves that they are in the sealed ledger."`
	// Signature is nil when no key is configured.
	Signature *Signature `json:"signature,omitempty" doc:"Absent when no key is configured (LEDGER_SEAL_KEY_FILE)."`
}

// Sold is what the customer bought.
type Sold struct {
	Customer      booking.Customer `json:"customer"`
	Flight        booking.Flight   `json:"flight"`
	Amount        money.Money      `json:"amount"`
	BookedAt      time.Time        `json:"bookedAt"`
	CancelledAt   *time.Time       `json:"cancelledAt,omitempty"`
	CancelPercent *int             `json:"cancelPercent,omitempty"`
	Captured      int64            `json:"captured"`
	Refunded      int64            `json:"refunded"`
	// SupplementOf and the two after it are of a further payment of a booking.
	SupplementOf booking.Reference `json:"supplementOf,omitempty" doc:"The booking that it is a further payment of: its evidence is collected apart." example:"FB-9QXA7K2M"`
	Purpose      booking.Purpose   `json:"purpose,omitempty" example:"baggage"`
	Description  string            `json:"description,omitempty" example:"one bag of 23 kg"`
	// Further are references only, since each has its own evidence.
	Further []booking.Reference `json:"furtherPayments,omitempty" doc:"References of the further payments of the booking: the evidence of each is collected apart."`
}

// StripeIDs holds the ids of the booking's objects at Stripe.
type StripeIDs struct {
	PaymentIntent string   `json:"paymentIntent,omitempty"`
	Charge        string   `json:"charge,omitempty"`
	Refunds       []string `json:"refunds" nullable:"false"`
	Disputes      []string `json:"disputes" nullable:"false"`
}

// Mail is an email to the customer.
type Mail struct {
	Kind      notice.Kind `json:"kind"`
	MessageID string      `json:"messageId"`
	Status    string      `json:"status"`
	WrittenAt time.Time   `json:"writtenAt"`
	SentAt    *time.Time  `json:"sentAt,omitempty"`
}

// Posting is one entry of the ledger.
type Posting struct {
	PostedAt time.Time `json:"postedAt"`
	// zero for an entry of an older release until starter migrate has completed it
	EffectiveAt          time.Time `json:"effectiveAt,omitzero"`
	Type                 string    `json:"type"`
	Account              string    `json:"account"`
	Side                 string    `json:"side"`
	Amount               int64     `json:"amount"`
	Currency             string    `json:"currency"`
	BalanceTransactionID string    `json:"balanceTransactionId,omitempty"`
}

// Moment is one event of the timeline.
type Moment struct {
	At   time.Time `json:"at"`
	What string    `json:"what"`
	ID   string    `json:"id,omitempty"`
}

// Collect reads the evidence of a booking, and signs it unless key is nil. Errors are those of the store.
func Collect(ctx context.Context, books *store.Store, known store.Booking, key *seal.Key) (Bundle, error) {
	b := Bundle{
		Reference: known.Reference, GeneratedAt: books.Now(), Status: known.Status, CorrelationID: known.CorrelationID,
		Sold: Sold{
			Customer: known.Customer, Flight: known.Flight, Amount: known.Amount, BookedAt: known.CreatedAt,
			CancelledAt: known.CancelledAt, CancelPercent: known.CancelPercent,
		},
		Stripe: StripeIDs{Refunds: []string{}, Disputes: []string{}},
		Emails: []Mail{}, Ledger: []Posting{}, Audit: []view.Entry{},
		Sealed: Sealed{Transactions: []SealedTransaction{}, Seals: []string{}},
	}
	b.happened(known.CreatedAt, "booking taken", string(known.Reference))
	if known.CancelledAt != nil {
		b.happened(*known.CancelledAt, "booking cancelled after payment", "")
	}
	if payment := known.Payment; payment != nil {
		b.Sold.Captured, b.Sold.Refunded = payment.AmountCaptured, payment.AmountRefunded
		b.Stripe.PaymentIntent, b.Stripe.Charge = payment.PaymentIntentID, payment.ChargeID
	}
	for _, add := range []func(context.Context, *store.Store, store.Booking) error{
		b.addSupplements, b.addRefunds, b.addDisputes, b.addEmails, b.addEvents, b.addAudit,
	} {
		if err := add(ctx, books, known); err != nil {
			return Bundle{}, err
		}
	}
	if err := b.addLedger(ctx, books, known, key); err != nil {
		return Bundle{}, err
	}
	slices.SortStableFunc(b.Timeline, func(x, y Moment) int { return x.At.Compare(y.At) })
	if key == nil {
		return b, nil
	}
	err := b.Sign(*key)
	return b, err
}

func (b *Bundle) happened(at time.Time, what, id string) {
	b.Timeline = append(b.Timeline, Moment{At: at, What: what, ID: id})
}

// addSupplements says what a further payment is for, and names those of a booking.
func (b *Bundle) addSupplements(ctx context.Context, books *store.Store, known store.Booking) error {
	if s := known.Supplement; s != nil {
		b.Sold.SupplementOf, b.Sold.Purpose, b.Sold.Description = s.Of, s.Purpose, s.Description
	}
	further, err := books.SupplementsOf(ctx, known)
	for _, one := range further {
		b.Sold.Further = append(b.Sold.Further, one.Reference)
		b.happened(one.CreatedAt, "further payment asked for", string(one.Reference))
	}
	return err
}

func (b *Bundle) addRefunds(ctx context.Context, books *store.Store, known store.Booking) error {
	refunds, err := books.RefundsOf(ctx, known)
	for _, refund := range refunds {
		if refund.StripeRefundID != "" {
			b.Stripe.Refunds = append(b.Stripe.Refunds, refund.StripeRefundID)
		}
		amount := refund.Amount.Format(money.LocaleEN)
		b.happened(refund.CreatedAt, "refund of "+amount+" requested", string(refund.ID))
		b.happened(refund.UpdatedAt, "refund of "+amount+" is "+string(refund.Status), string(refund.ID))
	}
	return err
}

func (b *Bundle) addDisputes(ctx context.Context, books *store.Store, known store.Booking) error {
	disputes, err := books.DisputesOf(ctx, known)
	for _, dispute := range disputes {
		b.Stripe.Disputes = append(b.Stripe.Disputes, dispute.ID)
		b.happened(dispute.CreatedAt, "dispute of "+dispute.Amount.Format(money.LocaleEN)+" opened: "+dispute.Reason, dispute.ID)
		b.happened(dispute.UpdatedAt, "dispute is "+string(dispute.Status), dispute.ID)
	}
	return err
}

// addEmails adds the emails to the customer, and leaves out those to finance.
func (b *Bundle) addEmails(ctx context.Context, books *store.Store, known store.Booking) error {
	emails, err := books.EmailsOf(ctx, known.ID)
	for _, email := range emails {
		if email.Audience != notice.ToCustomer {
			continue
		}
		b.Emails = append(b.Emails, Mail{
			Kind: email.Kind, MessageID: email.MessageID, Status: email.Status, WrittenAt: email.CreatedAt,
			SentAt: email.SentAt,
		})
		if email.SentAt != nil {
			b.happened(*email.SentAt, "email sent: "+strings.ReplaceAll(string(email.Kind), "_", " "), email.MessageID)
		}
	}
	return err
}

func (b *Bundle) addEvents(ctx context.Context, books *store.Store, known store.Booking) error {
	objects := append(append([]string{b.Stripe.PaymentIntent, b.Stripe.Charge}, b.Stripe.Refunds...), b.Stripe.Disputes...)
	objects = slices.DeleteFunc(objects, func(id string) bool { return id == "" })
	events, err := books.EventsOf(ctx, objects, string(known.Reference))
	for _, event := range events {
		b.happened(event.ReceivedAt, "event from Stripe: "+event.Type, event.ID)
	}
	return err
}

// maxAudited bounds the audit entries of one booking; `starter audit` lists all of them.
const maxAudited = 1000

func (b *Bundle) addAudit(ctx context.Context, books *store.Store, known store.Booking) error {
	entries, err := books.AuditLog(ctx, store.AuditFilter{BookingID: known.ID, Limit: maxAudited})
	slices.Reverse(entries)
	for _, entry := range entries {
		b.Audit = append(b.Audit, view.EntryOf(entry))
		b.happened(entry.At, "requested by "+entry.Actor.Name+": "+string(entry.Action), entry.Subject)
	}
	return err
}

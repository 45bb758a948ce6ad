package stripeapi

import (
	"context"
	"strings"
	"time"

	"github.com/stripe/stripe-go/v76"

	"farebook/booking"
	"farebook/reconciliation"
)

func created(w reconciliation.Window) *stripe.RangeQueryParams {
	return &stripe.RangeQueryParams{GreaterThanOrEqual: w.From.Unix(), LesserThan: w.To.Unix()}
}

func listParams(ctx context.Context, after string) stripe.ListParams {
	params := stripe.ListParams{Context: ctx, Single: true, Limit: stripe.Int64(reconciliation.PageSize)}
	if after != "" {
		params.StartingAfter = stripe.String(after)
	}
	return params
}

// BalanceTransactions reads one page of a window's balance transactions, the newest first. after is the last id of the page
// before, empty for the first. In full, each comes with what its source says of itself, which is many times as much to
// send and to read: PaymentIntent and reference are known only then.
func (c *Client) BalanceTransactions(ctx context.Context, w reconciliation.Window, after string, full bool) (lines []reconciliation.Line, more bool, err error) {
	const operation = "list balance transactions"
	if err := c.before(ctx, operation); err != nil {
		return nil, false, err
	}
	params := &stripe.BalanceTransactionListParams{ListParams: listParams(ctx, after), CreatedRange: created(w)}
	if full {
		params.AddExpand("data.source")
	}
	page := c.api.BalanceTransactions.List(params)
	for page.Next() {
		lines = append(lines, lineOf(page.BalanceTransaction()))
	}
	return lines, page.Meta().HasMore, failureOf(operation, page.Err())
}

func lineOf(txn *stripe.BalanceTransaction) reconciliation.Line {
	line := reconciliation.Line{
		BalanceTransaction: *balanceTransactionOf(txn), Object: booking.ObjectBalanceTransaction, ObjectID: txn.ID,
	}
	if line.IsAccountFee() {
		line.Object = booking.ObjectAccountFee
	}
	if txn.Source == nil {
		return line
	}
	switch source := txn.Source; {
	case source.Charge != nil:
		line.Object, line.ObjectID = booking.ObjectPayment, source.Charge.ID
		line.PaymentIntentID, line.Reference = intentID(source.Charge.PaymentIntent), referenceIn(source.Charge.Metadata)
		if line.PaymentIntentID != "" {
			line.ObjectID = line.PaymentIntentID
		}
	case source.Refund != nil && txn.ReportingCategory == categoryPartialCapture: // no refund of ours: posted with the payment
		line.Object, line.ObjectID = booking.ObjectPayment, source.Refund.ID
		line.PaymentIntentID, line.Reference = intentID(source.Refund.PaymentIntent), referenceIn(source.Refund.Metadata)
		if line.PaymentIntentID != "" {
			line.ObjectID = line.PaymentIntentID
		}
	case source.Refund != nil:
		line.Object, line.ObjectID = booking.ObjectRefund, source.Refund.ID
		line.PaymentIntentID, line.Reference = intentID(source.Refund.PaymentIntent), referenceIn(source.Refund.Metadata)
	case source.Dispute != nil:
		line.Object, line.ObjectID, line.PaymentIntentID = booking.ObjectDispute, source.Dispute.ID, intentID(source.Dispute.PaymentIntent)
	case source.Payout != nil:
		line.Object, line.ObjectID = booking.ObjectPayout, source.Payout.ID
	}
	return line
}

func intentID(intent *stripe.PaymentIntent) string {
	if intent == nil {
		return ""
	}
	return intent.ID
}

func referenceIn(metadata map[string]string) booking.Reference {
	reference, err := booking.ParseReference(metadata[MetadataReference])
	if err != nil {
		return ""
	}
	return reference
}

// BalanceTransaction retrieves one by its id.
func (c *Client) BalanceTransaction(ctx context.Context, id string) (*booking.BalanceTransaction, error) {
	const operation = "retrieve balance transaction"
	if err := requireID(operation, id); err != nil {
		return nil, err
	}
	if err := c.before(ctx, operation); err != nil {
		return nil, err
	}
	params := &stripe.BalanceTransactionParams{}
	params.Context = ctx
	txn, err := c.api.BalanceTransactions.Get(id, params)
	if err := failureOf(operation, err); err != nil {
		return nil, err
	}
	return balanceTransactionOf(txn), nil
}

// States reads one page of a window's refunds, disputes or payouts: their ids and states, the newest first. In full, each
// refund comes with its charge, too, and only then says whether it is one of captured money.
func (c *Client) States(ctx context.Context, object booking.Object, w reconciliation.Window, after string, full bool) (states []ObjectState, more bool, err error) {
	operation := "list " + string(object) + "s"
	if err := c.before(ctx, operation); err != nil {
		return nil, false, err
	}
	add := func(state ObjectState, currency stripe.Currency, created int64) {
		state.Currency, state.Created = booking.Currency(strings.ToUpper(string(currency))), time.Unix(created, 0).UTC()
		states = append(states, state)
	}
	list := listParams(ctx, after)
	switch object {
	case booking.ObjectRefund:
		params := &stripe.RefundListParams{ListParams: list, CreatedRange: created(w)}
		if full {
			expandRefund(params, "data.")
		}
		page := c.api.Refunds.List(params)
		for page.Next() {
			o := page.Refund()
			add(ObjectState{
				ID: o.ID, Status: string(o.Status), PaymentIntentID: intentID(o.PaymentIntent), Settled: o.BalanceTransaction != nil,
				Uncaptured: uncaptured(o),
			}, o.Currency, o.Created)
		}
		return states, page.Meta().HasMore, failureOf(operation, page.Err())
	case booking.ObjectDispute:
		page := c.api.Disputes.List(&stripe.DisputeListParams{ListParams: list, CreatedRange: created(w)})
		for page.Next() {
			o := page.Dispute()
			add(ObjectState{ID: o.ID, Status: string(o.Status), PaymentIntentID: intentID(o.PaymentIntent), Settled: len(o.BalanceTransactions) > 0}, o.Currency, o.Created)
		}
		return states, page.Meta().HasMore, failureOf(operation, page.Err())
	default:
		page := c.api.Payouts.List(&stripe.PayoutListParams{ListParams: list, CreatedRange: created(w)})
		for page.Next() {
			o := page.Payout()
			add(ObjectState{ID: o.ID, Status: string(o.Status), Settled: o.BalanceTransaction != nil}, o.Currency, o.Created)
		}
		return states, page.Meta().HasMore, failureOf(operation, page.Err())
	}
}

// ObjectState is where a refund, dispute or payout is at Stripe.
type ObjectState struct {
	ID              string
	Status          string
	Currency        booking.Currency
	Created         time.Time
	PaymentIntentID string // empty for a payout
	Settled         bool   // it has a balance transaction
	Uncaptured      bool   // a refund that only lets go of an authorisation
}

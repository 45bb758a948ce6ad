package stripeapi

import (
	"cmp"
	"context"
	"strings"
	"time"

	"github.com/stripe/stripe-go/v76"

	"farebook/booking"
	"farebook/money"
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

// BalanceTransactions reads one page of a window's balance transactions, newest first. after is the last id of the previous
// page, "" for the first. With full, the sources are expanded, which is many times as much data: PaymentIntent and reference
// are only known then.
func (c *Client) BalanceTransactions(ctx context.Context, w reconciliation.Window, after string,
	full bool,
) (lines []reconciliation.Line, more bool, err error) {
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

// lineOf routes a balance transaction by its reporting category first, then by its source: the source of a bill for a charge is
// the charge, but the bill is not a payment. Anything else is left to an operator.
func lineOf(txn *stripe.BalanceTransaction) reconciliation.Line {
	line := reconciliation.Line{
		BalanceTransaction: *balanceTransactionOf(txn), Object: reconciliation.ObjectBalanceTransaction, ObjectID: txn.ID,
	}
	source := txn.Source
	if source == nil {
		source = &stripe.BalanceTransactionSource{}
	}
	line.ChargeID = chargeOf(source)
	switch route := booking.RouteOf(line.ReportingCategory); {
	case route == booking.RouteAccountFee:
		line.Object = reconciliation.ObjectAccountFee
	case route == booking.RoutePayment && source.Charge != nil:
		ofPayment(&line, source.Charge.ID, intentID(source.Charge.PaymentIntent), source.Charge.Metadata)
	case route == booking.RoutePayment && source.Refund != nil: // not a refund to a customer: posted with the payment
		ofPayment(&line, source.Refund.ID, intentID(source.Refund.PaymentIntent), source.Refund.Metadata)
	case route == booking.RouteRefund && source.Refund != nil:
		line.Object, line.ObjectID = reconciliation.ObjectRefund, source.Refund.ID
		line.PaymentIntentID, line.Reference = intentID(source.Refund.PaymentIntent), referenceIn(source.Refund.Metadata)
	case route == booking.RouteDispute && source.Dispute != nil:
		line.Object, line.ObjectID, line.PaymentIntentID = reconciliation.ObjectDispute, source.Dispute.ID, intentID(source.Dispute.PaymentIntent)
	case route == booking.RoutePayout && source.Payout != nil:
		line.Object, line.ObjectID = reconciliation.ObjectPayout, source.Payout.ID
	}
	return line
}

// chargeOf returns the charge that a source is or belongs to; "" for any other source, and if it is not expanded.
func chargeOf(source *stripe.BalanceTransactionSource) string {
	switch {
	case source.Charge != nil:
		return source.Charge.ID
	case source.Refund != nil:
		return chargeID(source.Refund.Charge)
	case source.Dispute != nil:
		return chargeID(source.Dispute.Charge)
	default:
		return ""
	}
}

// ofPayment sets a line's payment to its PaymentIntent, or to its source if there is none.
func ofPayment(line *reconciliation.Line, source, intent string, metadata map[string]string) {
	line.Object, line.ObjectID = reconciliation.ObjectPayment, cmp.Or(intent, source)
	line.PaymentIntentID, line.Reference = intent, referenceIn(metadata)
}

func chargeID(charge *stripe.Charge) string {
	if charge == nil {
		return ""
	}
	return charge.ID
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

// BalanceTransaction reads one balance transaction.
func (c *Client) BalanceTransaction(ctx context.Context, id string) (*booking.BalanceTransaction, error) {
	txn, err := c.balanceTransaction(ctx, id)
	if err != nil {
		return nil, err
	}
	return balanceTransactionOf(txn), nil
}

// Line reads a balance transaction with its source.
func (c *Client) Line(ctx context.Context, id string) (reconciliation.Line, error) {
	txn, err := c.balanceTransaction(ctx, id, "source")
	if err != nil {
		return reconciliation.Line{}, err
	}
	return lineOf(txn), nil
}

func (c *Client) balanceTransaction(ctx context.Context, id string, expand ...string) (*stripe.BalanceTransaction, error) {
	const operation = "retrieve balance transaction"
	if err := requireID(operation, id); err != nil {
		return nil, err
	}
	if err := c.before(ctx, operation); err != nil {
		return nil, err
	}
	params := &stripe.BalanceTransactionParams{}
	params.Context = ctx
	for _, field := range expand {
		params.AddExpand(field)
	}
	txn, err := c.api.BalanceTransactions.Get(id, params)
	return txn, failureOf(operation, err)
}

// States reads one page of a window's refunds, disputes or payouts: ids and states, newest first. With full, the charge of each
// refund is expanded, which says whether the refund is one of captured money.
func (c *Client) States(ctx context.Context, object reconciliation.Object, w reconciliation.Window, after string,
	full bool,
) (states []ObjectState, more bool, err error) {
	operation := "list " + string(object) + "s"
	if err := c.before(ctx, operation); err != nil {
		return nil, false, err
	}
	add := func(state ObjectState, currency stripe.Currency, created int64) {
		state.Currency, state.Created = money.Currency(strings.ToUpper(string(currency))), time.Unix(created, 0).UTC()
		states = append(states, state)
	}
	list := listParams(ctx, after)
	switch object {
	case reconciliation.ObjectRefund:
		params := &stripe.RefundListParams{ListParams: list, CreatedRange: created(w)}
		if full {
			expandRefund(params, "data.")
		}
		page := c.api.Refunds.List(params)
		for page.Next() {
			o := page.Refund()
			add(ObjectState{
				ID: o.ID, Status: string(o.Status), PaymentIntentID: intentID(o.PaymentIntent), ChargeID: chargeID(o.Charge),
				Settled:    o.BalanceTransaction != nil,
				Uncaptured: uncaptured(o),
			}, o.Currency, o.Created)
		}
		return states, page.Meta().HasMore, failureOf(operation, page.Err())
	case reconciliation.ObjectDispute:
		page := c.api.Disputes.List(&stripe.DisputeListParams{ListParams: list, CreatedRange: created(w)})
		for page.Next() {
			o := page.Dispute()
			add(ObjectState{
				ID: o.ID, Status: string(o.Status), PaymentIntentID: intentID(o.PaymentIntent), ChargeID: chargeID(o.Charge),
				Settled: len(o.BalanceTransactions) > 0,
			}, o.Currency, o.Created)
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

// ObjectState is the state of a refund, dispute or payout at Stripe.
type ObjectState struct {
	ID              string
	Status          string
	Currency        money.Currency
	Created         time.Time
	PaymentIntentID string // empty for a payout, and for an object that names only its charge
	ChargeID        string
	Settled         bool // it has a balance transaction
	Uncaptured      bool // a refund that only releases an authorisation
}

package stripeapi

import (
	"context"
	"strings"

	"github.com/stripe/stripe-go/v76"

	"farebook/booking"
	"farebook/money"
)

// Dispute reads a dispute with its balance transactions (stripe.com/docs/api/disputes/object).
func (c *Client) Dispute(ctx context.Context, id string) (booking.DisputeSnapshot, error) {
	const operation = "retrieve dispute"
	if err := requireID(operation, id); err != nil {
		return booking.DisputeSnapshot{}, err
	}
	if err := c.before(ctx, operation); err != nil {
		return booking.DisputeSnapshot{}, err
	}
	params := &stripe.DisputeParams{}
	params.Context = ctx
	params.AddExpand("charge") // names the PaymentIntent if the dispute does not
	dispute, err := c.api.Disputes.Get(id, params)
	if err != nil {
		return booking.DisputeSnapshot{}, failureOf(operation, err)
	}
	return disputeOf(dispute), nil
}

func disputeOf(dispute *stripe.Dispute) booking.DisputeSnapshot {
	snapshot := booking.DisputeSnapshot{
		DisputeID: dispute.ID,
		Status:    booking.DisputeStatus(dispute.Status),
		Reason:    string(dispute.Reason),
		Amount:    dispute.Amount,
		Currency:  money.Currency(strings.ToUpper(string(dispute.Currency))),
	}
	snapshot.PaymentIntentID = intentOf(dispute.PaymentIntent, dispute.Charge)
	if dispute.Charge != nil {
		snapshot.ChargeID = dispute.Charge.ID
	}
	if details := dispute.EvidenceDetails; details != nil {
		snapshot.DueBy = unixOrZero(details.DueBy)
	}
	if method := dispute.PaymentMethodDetails; method != nil && method.Card != nil {
		snapshot.CardBrand = method.Card.Brand
	}
	for _, txn := range dispute.BalanceTransactions {
		if balance := expanded(txn); balance != nil {
			snapshot.Balances = append(snapshot.Balances, *balance)
		}
	}
	return snapshot
}
